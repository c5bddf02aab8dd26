"""Notes through the engine: exactly one block after their stamp, whoever plays, and again from the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jambox.engine.client import EngineClient
from jambox.engine.stage import Stage
from jambox.errors import BadInput
from jambox.instrument import Design
from jambox.instrument.note_events import note_off, note_on
from jambox.instrument.opening import open_instrument
from jambox.render import replay_take
from jambox.take import Take
from tests.engine.engine_process import started, until
from tests.engine.jack_server import JackServer
from tests.engine.test_stage import BLOCK, RATE, play

Start = Callable[..., JackServer]


def test_a_note_is_heard_at_its_sample_of_the_stream_by_a_newcomer_too() -> None:
    stage = Stage(RATE)
    stage.enter(open_instrument("violin", Design(RATE)))
    silence = np.zeros(40 * BLOCK, dtype=np.float32)
    play(stage, silence[:BLOCK])
    stage.play(note_on(69, 0.9, time=5000))
    stage.play(note_off(69, time=6000))
    y = play(stage, silence)
    assert BLOCK + int(np.flatnonzero(np.abs(y) > 0.0)[0]) == 5000
    stage.enter(open_instrument("cello", Design(RATE)))
    play(stage, silence)
    play(stage, np.zeros(RATE * 3, dtype=np.float32))
    assert not stage.changing
    at = stage.position + 777
    stage.play(note_on(50, 0.9, time=at))
    start = stage.position
    y = play(stage, silence)
    assert start + int(np.flatnonzero(np.abs(y) > 1e-7)[0]) in (at, at + 1)


def test_a_command_plays_a_note_one_block_after_its_stamp_and_its_log_repeats_it(jack_server: Start, tmp_path: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin", log=str(tmp_path / "take"))
    stamp = engine.meters()["position"] + 24_001
    told = engine.request("note", key=69, velocity=110, seconds=0.2, stamp=stamp)
    assert told["stamp"] == stamp
    assert told["starts"] == stamp + 256
    until(lambda: engine.meters()["notes"] == 1)
    until(lambda: engine.meters()["notes"] == 0)
    now = engine.request("note", key=60)
    assert 0 <= now["starts"] - now["stamp"] <= 256
    engine.request("set", values={"reverb_mix": 0.5})
    until(lambda: engine.meters()["notes"] == 1)
    engine.request("note", key=60, velocity=0)
    until(lambda: engine.meters()["notes"] == 0)
    assert engine.request("stop")["log_problem"] is None
    take = Take(tmp_path / "take")
    assert not take.input.any()
    assert int(np.flatnonzero(take.output)[0]) == stamp + 256
    assert np.max(np.abs(replay_take(tmp_path / "take").samples - take.output)) == 0.0


def test_without_a_stream_a_note_is_refused(runtime_folder: Path) -> None:
    engine = EngineClient.join_or_start(folder=runtime_folder)
    with pytest.raises(BadInput, match="Nothing plays"):
        engine.request("note", key=60)
    with pytest.raises(BadInput, match="key"):
        engine.request("note", key=128)
