"""Stereo width: wider between left and right, and the very same sound where both are heard as one."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.instrument import Design, Instrument
from jambox.instrument.events import EVENT_PANIC
from jambox.instrument.instrument import left_and_right
from jambox.instrument.opening import open_instrument
from tests.instrument.singing_in_scale import AS_SUNG
from tests.instrument.sounds import tone

RATE = 48_000
PLAYED = {**AS_SUNG, "output_gain_db": -6.0}


@pytest.fixture(scope="module")
def player() -> Instrument:
    return open_instrument("violin", Design(RATE))


def likeness(player: Instrument, width: float) -> float:
    """Correlation of left and right in a held note."""
    player.reset({**PLAYED, "stereo_width": width})
    left, right = player.process_stereo(tone(330.0, 1.0, RATE))[RATE // 4 :].astype(np.float64).T
    return float(np.corrcoef(left, right)[0, 1])


def test_without_width_left_is_right_and_with_it_they_part_more_and_more(player: Instrument) -> None:
    found = [likeness(player, width) for width in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert found[0] == pytest.approx(1.0, abs=1e-12)
    assert np.all(np.diff(found) < -0.01)
    assert found[-1] <= 0.8


def test_left_and_right_together_are_the_mono_sound(player: Instrument) -> None:
    x = tone(330.0, 1.0, RATE)
    player.reset(PLAYED)
    mono = player.process(x).astype(np.float64)
    player.reset({**PLAYED, "stereo_width": 1.0})
    frames = player.process_stereo(x).astype(np.float64)
    assert np.max(np.abs(frames.mean(axis=1) - mono)) <= 1e-6


def test_over_a_scale_left_and_right_are_equally_loud(player: Instrument) -> None:
    """A single note leans to one side, as its strongest partials do; none leans far, and they balance."""
    leans_db = []
    for key in range(50, 86):
        player.reset({**PLAYED, "stereo_width": 1.0})
        frames = player.process_stereo(tone(440.0 * 2.0 ** ((key - 69) / 12.0), 0.35, RATE)).astype(np.float64)
        left_db, right_db = 20.0 * np.log10(np.std(frames[RATE // 4 :], axis=0))
        leans_db.append(left_db - right_db)
    assert np.max(np.abs(leans_db)) <= 6.0
    assert abs(np.mean(leans_db)) <= 1.0


def test_the_own_voice_stays_in_the_middle(player: Instrument) -> None:
    alone = {"harmonics_level_db": -60.0, "noise_level_db": -60.0, "reverb_mix": 0.0, "voice_level_db": 0.0}
    player.reset({**PLAYED, **alone, "stereo_width": 1.0})
    frames = player.process_stereo(tone(330.0, 0.3, RATE))
    assert np.max(np.abs(frames)) > 0.01
    assert np.array_equal(frames[:, 0], frames[:, 1])


def test_no_ear_hears_a_click_when_it_is_swept_and_none_passes_full_scale(player: Instrument) -> None:
    x = tone(330.0, 0.5, RATE)
    steps = []
    for swept in (False, True):
        for width in (1.0,) if swept else (0.0, 0.5, 1.0):
            player.reset({**PLAYED, "stereo_width": 0.0 if swept else width})
            for i in range(38 if swept else 0):
                player.set("stereo_width", (i + 1) / 38, RATE // 4 + i * 64)
            frames = player.process_stereo(x).astype(np.float64)[RATE // 8 :]
            steps.append(np.max(np.abs(np.diff(frames, axis=0))))
    assert steps[-1] <= 1.1 * max(steps[:-1])
    player.reset({**AS_SUNG, "stereo_width": 1.0, "output_gain_db": 24.0})
    assert np.max(np.abs(player.process_stereo(x))) < 1.0


def test_a_panic_ends_the_side_too_and_nothing_of_it_comes_back(player: Instrument) -> None:
    player.reset({**PLAYED, "stereo_width": 1.0})
    x = np.concatenate([tone(330.0, 0.5, RATE), np.zeros(RATE, dtype=np.float32)])
    player.process(x[: RATE // 2])
    player.panic()
    frames = player.process_stereo(x[RATE // 2 :])
    assert EVENT_PANIC in player.header["applied"]["kind"]
    assert np.max(np.abs(frames[3 * player.hop :])) <= 1e-6


def test_turned_off_and_on_again_it_begins_anew(player: Instrument) -> None:
    """What rang in the lines when it was turned off is not heard when it is turned on."""
    player.reset({**PLAYED, "stereo_width": 1.0})
    player.process(tone(330.0, 0.3, RATE))
    player.set("stereo_width", 0.0)
    player.process(np.zeros(RATE, dtype=np.float32))
    assert not np.any(player.memory.region("width_lines"))
    side = np.empty(480, dtype=np.float32)
    silence = np.zeros(480, dtype=np.float32)
    player.process_into(silence, silence.copy(), side)
    assert not np.any(side)


def test_left_has_more_where_the_side_is_positive() -> None:
    frames = left_and_right(np.array([0.5, 0.5], dtype=np.float32), np.array([0.25, -0.25], dtype=np.float32))
    assert frames.tolist() == [[0.75, 0.25], [0.25, 0.75]]
