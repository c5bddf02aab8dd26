"""Long lives of instrument and engine: `make soak`. `JAMBOX_SOAK_S` shortens the live part for a try."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from jambox.bench import measure_silence
from jambox.demo import demo_melody
from jambox.engine.callback import play_device_block
from jambox.engine.stage import CROSSFADE_S, LISTEN_S, Stage
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from tests.engine.burden import burdened, painter
from tests.engine.engine_process import started
from tests.engine.jack_server import JackServer

RATE = 48_000
Start = Callable[..., JackServer]
LIVE_S = float(os.environ.get("JAMBOX_SOAK_S") or 600.0)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_an_hour_of_playing_takes_no_more_memory_than_a_minute() -> None:
    instrument = open_instrument("violin", Design(RATE))
    melody = demo_melody(RATE)
    out = np.empty_like(melody)
    process = psutil.Process()
    repeats = 3600 * RATE // len(melody)
    after_a_minute = 0
    for turn in range(repeats):
        instrument.set("reverb_mix", (turn % 10) / 10)
        instrument.process_into(melody, out)
        assert np.all(np.isfinite(out))
        assert np.max(np.abs(out)) < 1.0
        if turn == repeats // 60:
            after_a_minute = process.memory_info().rss
    assert process.memory_info().rss - after_a_minute < 2**20


def _swap(stage: Stage, x: NDArray[np.float32], name: str) -> None:
    assert stage.enter(open_instrument(name, Design(RATE)))
    for first in range(0, len(x), 256):
        part = x[first : first + 256]
        play_device_block(stage.record, stage.f32, part, part.copy(), len(part), 0, 0.0)
    assert not stage.changing
    stage.free_retired()


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_five_hundred_swaps_leak_neither_files_nor_memory() -> None:
    stage = Stage(RATE)
    x = demo_melody(RATE)[RATE : RATE + round((LISTEN_S + CROSSFADE_S) * RATE) + 512]
    process = psutil.Process()
    for turn in range(20):
        _swap(stage, x, ("violin", "cello")[turn % 2])
    files, memory = process.num_fds(), process.memory_info().rss
    for turn in range(500):
        _swap(stage, x, ("violin", "cello")[turn % 2])
    assert process.num_fds() == files
    assert len(stage.instruments) == 1
    assert process.memory_info().rss - memory < 4 * 2**20


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_silence_costs_no_more_than_a_note() -> None:
    assert measure_silence("violin") <= 1.1


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_under_load_no_callback_is_long_and_no_more_is_lost_than_by_an_empty_one(
    jack_server: Start, voice: NDArray[np.float32]
) -> None:
    jack_server(128, here=False)
    result = burdened(voice, LIVE_S, run_s=min(30.0, LIVE_S))
    print(result.describe())
    assert result.worst_callback <= 0.8
    assert result.open_files == result.open_files[:1] * len(result.open_files)
    assert max(result.memory_mb[1:], default=0.0) - result.memory_mb[min(1, len(result.memory_mb) - 1)] < 2.0
    assert sum(result.ours) <= 1.5 * sum(result.empty)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_front_end_that_freezes_and_then_dies_costs_no_sound(jack_server: Start) -> None:
    jack_server(128, here=False)
    engine = started(instrument="violin")
    clock = threading.Event()
    with painter() as front:
        front.send_signal(signal.SIGSTOP)
        before = engine.meters()
        clock.wait(5.0)
        frozen = engine.meters()
        front.kill()
        clock.wait(2.0)
        after = engine.meters()
    for earlier, later, seconds in ((before, frozen, 5.0), (frozen, after, 2.0)):
        assert later["position"] - earlier["position"] >= 0.98 * seconds * RATE
        assert later["dropouts_ours"] == earlier["dropouts_ours"]
