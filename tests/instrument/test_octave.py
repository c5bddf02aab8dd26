"""The automatic octave: whoever sings lands in the range of the instrument, at once, and stays there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.instrument import Instrument
from jambox.instrument.layout import header_dtype
from jambox.instrument.octave import HELD_HOPS, REST_HOPS, follow_octave, reset_octave
from jambox.render import render_samples
from tests.data import shared_data
from tests.instrument.conftest import Violin
from tests.instrument.octaves import in_range_percent, sung_hops
from tests.instruments.collection import shipped
from tests.instruments.playing import RATE, rest, voiced_note

VIOLIN = (55.0, 71.0, 98.0)  # its lowest, middle and highest note


class Listener:
    """The octave alone, told a pitch hop by hop."""

    def __init__(self) -> None:
        self.octave = np.zeros(1, dtype=header_dtype.fields["octave"][0])
        reset_octave(self.octave[0], *VIOLIN)

    def sing(self, st: float, hops: int, confidence: float = 0.95) -> float:
        shift = 0.0
        for hop in range(hops):
            shift = follow_octave(self.octave[0], st, confidence, hop == 0, True)
        return shift

    def rest(self, hops: int) -> None:
        for _ in range(hops):
            follow_octave(self.octave[0], 60.0, 0.0, False, False)


@pytest.mark.parametrize(("sung_st", "shift_st"), [(30.0, 36.0), (45.0, 24.0), (57.0, 12.0), (69.0, 0.0), (88.0, -12.0)])
def test_the_first_note_takes_the_octave_nearest_to_the_middle_at_its_first_hop(sung_st: float, shift_st: float) -> None:
    assert Listener().sing(sung_st, 1) == shift_st


def test_the_octave_stays_whatever_is_sung_without_a_rest() -> None:
    singer = Listener()
    singer.sing(57.0, HELD_HOPS)
    for st in (85.0, 97.0, 40.0):
        singer.rest(REST_HOPS - 1)
        assert singer.sing(st, 10 * HELD_HOPS) == 12.0


def test_after_a_rest_the_octave_changes_if_what_was_sung_lies_outside() -> None:
    """Somebody hums low first, then sings two octaves higher."""
    singer = Listener()
    assert singer.sing(45.0, HELD_HOPS) == 24.0
    singer.rest(REST_HOPS)
    assert singer.sing(74.0, 20 * HELD_HOPS) == 24.0
    singer.rest(REST_HOPS)
    assert singer.sing(74.0, HELD_HOPS) == 0.0


def test_after_a_rest_the_octave_stays_if_the_other_is_hardly_better() -> None:
    singer = Listener()
    assert singer.sing(64.0, HELD_HOPS) == 12.0
    for _ in range(5):
        singer.sing(66.0, 5 * HELD_HOPS)
        singer.rest(2 * REST_HOPS)
    assert singer.sing(66.0, HELD_HOPS) == 12.0


def test_a_slip_before_the_first_note_does_not_choose_the_octave() -> None:
    singer = Listener()
    assert singer.sing(100.0, HELD_HOPS // 2) == -24.0
    assert singer.sing(57.0, 2 * HELD_HOPS) == 12.0
    other = Listener()
    assert other.sing(40.0, 2 * HELD_HOPS, confidence=0.55) == 36.0
    assert other.sing(69.0, 1) == 0.0


def test_the_counts_stay_finite_over_hours() -> None:
    singer = Listener()
    singer.octave["weight"] = 0.99e6
    singer.octave["sung"][0, 57] = 1e9
    singer.sing(57.0, 200)
    assert singer.octave["weight"][0] < 1e6
    assert np.isfinite(singer.octave["sung"]).all()


def scale(low_st: float) -> NDArray[np.float32]:
    """An octave up from `low_st` and a rest, sung twice."""
    hz = 440.0 * 2.0 ** ((low_st + np.array([0, 4, 7, 12]) - 69.0) / 12.0)
    once = [part for f0_hz in hz for part in (voiced_note(float(f0_hz), -30.0, 0.3), rest(0.1))]
    return np.concatenate([rest(0.1), *once, rest(0.4), *once])


@pytest.mark.parametrize("low_st", [40.0, 52.0, 60.0, 72.0])
def test_bass_to_whistle_sing_in_the_range_of_the_violin(violin: Violin, low_st: float) -> None:
    instrument = violin(RATE)
    instrument.reset({})
    rendered = render_samples(instrument, scale(low_st))
    card = instrument.card
    assert card is not None
    f0_hz = rendered.f0_hz[rendered.voiced]
    assert len(f0_hz) > 0.8 * 8 * 0.3 * 750
    assert np.mean((f0_hz >= card.f0_hz.p01) & (f0_hz <= card.f0_hz.p99)) >= 0.95


def test_a_shift_is_added_and_without_the_automatic_octave_the_pitch_is_the_sung_one(violin: Violin) -> None:
    x = np.concatenate([rest(0.1), voiced_note(220.0, -30.0, 0.4)])
    played = {}
    for auto, shift in ((0.0, 0.0), (1.0, 0.0), (1.0, 7.0)):
        instrument: Instrument = violin(RATE)
        instrument.reset({"auto_octave": auto, "pitch_shift_st": shift})
        instrument.process(x)
        played[auto, shift] = float(instrument.header["voice"]["f0_to_hz"])
    assert played[0.0, 0.0] == pytest.approx(220.0, rel=5e-3)
    assert played[1.0, 0.0] == pytest.approx(440.0, rel=5e-3)
    assert played[1.0, 7.0] == pytest.approx(440.0 * 2.0 ** (7.0 / 12.0), rel=5e-3)


@pytest.mark.parametrize("file", ["test/whistling_porrasm_1", "pitch/rs_bass"])
def test_the_highest_and_the_lowest_voice_land_in_the_range_of_every_instrument(file: str) -> None:
    data: Path = shared_data()
    sung = sung_hops(data, file, seconds=10.0)
    for name in shipped():
        assert in_range_percent(name, sung) >= 95.0, name
