"""The howl guard: a loop is cut within 300 ms and does not come back; whoever sings with headphones is never turned down."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.engine.callback import play_device_block
from jambox.engine.howl import find_echo
from jambox.engine.stage import Stage
from jambox.engine.watch import Watch
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from tests.data import shared_data
from tests.engine.feedback import BLOCK, DELAY_S, RATE, SAME_PITCH, began, peak_db, play_round, struck
from tests.instruments.playing import voiced_note

WITHIN = round(0.3 * RATE)


def test_an_echo_is_found_with_its_delay_and_a_stranger_is_none() -> None:
    random = np.random.default_rng(0)
    y = random.standard_normal(12_000).astype(np.float32)
    found = find_echo(2.0 * y[6000 - 960 : 12_000 - 960], y)
    assert found.delay == 960
    assert abs(found.share - 1.0) < 1e-3
    assert found.phases > 0.5
    stranger = find_echo(random.standard_normal(6000).astype(np.float32), y)
    assert stranger.phases < 0.1


@pytest.mark.parametrize("loop_gain_db", [6.0, 12.0])
def test_a_loop_is_cut_within_300_ms_and_never_passes_6_db_under_full_scale(loop_gain_db: float) -> None:
    x = struck(3.0)
    assert peak_db(play_round("violin", x[:RATE], loop_gain_db, guarded=False, **SAME_PITCH).y[RATE // 2 :]) > -3.0
    guarded = play_round("violin", x, loop_gain_db, **SAME_PITCH)
    assert guarded.changes[0][0] - began(guarded.y) <= WITHIN
    assert peak_db(guarded.y) < -6.0


def test_a_loop_is_cut_while_somebody_sings_on() -> None:
    x = voiced_note(440.0, -40.0, 2.0)
    assert peak_db(play_round("violin", x, 6.0, guarded=False, **SAME_PITCH).y) > -3.0
    guarded = play_round("violin", x, 6.0, **SAME_PITCH)
    assert peak_db(guarded.y) < -6.0
    assert peak_db(guarded.y[round(1.6 * RATE) : round(1.9 * RATE)]) > -60.0


def test_a_held_note_is_never_turned_down() -> None:
    """With vibrato and without, through instruments that sound much like it."""
    t = np.arange(2 * RATE) / RATE
    whistle = (0.2 * np.sin(2.0 * np.pi * 660.0 * t + 3.0 * np.sin(2.0 * np.pi * 5.0 * t))).astype(np.float32)
    for name, x in (("flute", whistle), ("violin", voiced_note(440.0, -18.0, 2.0))):
        assert play_round(name, x, None).changes == []


@pytest.mark.parametrize("file", ["singing_vocadito_10", "voice_singing_sms_singing-female", "whistling_porrasm_1"])
def test_real_singing_is_never_turned_down(file: str) -> None:
    x: NDArray[np.float32] = read_sound(shared_data("test", f"{file}.flac"), RATE).samples[: 5 * RATE]
    assert play_round("flute", x, None).changes == []


def test_the_watch_ducks_counts_and_says_it_once() -> None:
    """As the control thread looks at an engine whose output comes back."""
    instrument = open_instrument("violin", Design(RATE), SAME_PITCH)
    stage = Stage(RATE)
    stage.enter(instrument)
    engine: Any = SimpleNamespace(stage=stage, instrument=instrument, duck=instrument.duck)
    watch, sentences = Watch(), []
    delay, n = round(DELAY_S * RATE), RATE // BLOCK * BLOCK
    x, fed = struck(1.0), np.zeros(n + delay, dtype=np.float32)
    for first in range(0, n, BLOCK):
        said = fed[delay + first : delay + first + BLOCK]
        heard = (x[first : first + BLOCK] + 2.0 * fed[first : first + BLOCK]).astype(np.float32)
        play_device_block(stage.record, stage.f32, heard, said, BLOCK, 0, 0.0)
        sentences += watch.howls(engine)
    assert sentences == ["The loudspeaker feeds back into the microphone; it is turned down by 12 dB."]
    assert int(stage.record["howls"]) == 1
    assert instrument.meters()["ducked_db"] < -11.0


def test_ducking_is_quick_makes_no_click_and_can_be_switched_off() -> None:
    x = voiced_note(440.0, -20.0, 1.0)
    played = {}
    for guard in (0.0, 1.0):
        instrument = open_instrument("violin", Design(RATE), {"howl_guard": guard, "reverb_mix": 0.0})
        before = instrument.process(x[: RATE // 2])
        instrument.duck(-60.0)
        played[guard] = np.concatenate([before, instrument.process(x[RATE // 2 :])])
    late = slice(round(0.54 * RATE), None)
    assert np.max(np.abs(played[1.0][late])) < 2e-3 * np.max(np.abs(played[0.0][late]))
    assert np.array_equal(played[0.0][: RATE // 2], played[1.0][: RATE // 2])
    bends = [np.max(np.abs(np.diff(played[guard].astype(np.float64), 2))) for guard in (0.0, 1.0)]
    assert bends[1] <= 1.05 * bends[0]
