"""The automatic level: a soft singer plays over the instrument's range, and nothing pumps."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.instrument.layout import header_dtype
from jambox.instrument.level import (
    DB_PER_S,
    HIGHEST_SHIFT_DB,
    LEAST_SUNG_HOPS,
    LOWEST_SHIFT_DB,
    REST_HOPS,
    follow_level,
    reset_level,
)
from tests.instrument.conftest import Violin
from tests.instruments.playing import RATE, rest, voiced_note

MIDDLE_DB, LOUD_DB = -26.0, -16.0
LONG_REST = REST_HOPS + 750


class Listener:
    """The level alone, told a loudness hop by hop."""

    def __init__(self) -> None:
        self.level = np.zeros(1, dtype=header_dtype.fields["level_match"][0])
        reset_level(self.level[0], MIDDLE_DB, LOUD_DB)

    def sing(self, middle_db: float, seconds: float, spread_db: float = 10.0) -> np.ndarray:
        """Loudness at random below and above, its 95th percentile `spread_db` above its median; the shift of every hop."""
        source = np.random.default_rng(0)
        levels = middle_db + spread_db / 1.645 * source.standard_normal(round(750 * seconds))
        return np.array([follow_level(self.level[0], float(level), True) for level in levels])

    def rest(self, hops: int) -> np.ndarray:
        return np.array([follow_level(self.level[0], -90.0, False) for _ in range(hops)])


@pytest.mark.parametrize("middle_db", [-44.0, -36.0, -30.0])
def test_after_a_phrase_and_a_rest_a_soft_singer_is_matched_by_quantiles(middle_db: float) -> None:
    singer = Listener()
    singer.sing(middle_db, 4.0)
    assert singer.rest(LONG_REST)[-1] == pytest.approx(MIDDLE_DB - middle_db, abs=1.2)


def test_within_a_phrase_the_level_stands_still_and_in_a_rest_it_moves_slowly() -> None:
    singer = Listener()
    singer.sing(-40.0, 4.0)
    singer.rest(REST_HOPS + 100)
    phrase = singer.sing(-25.0, 20.0)
    assert np.ptp(phrase) == 0.0
    assert np.max(np.abs(np.diff(singer.rest(LONG_REST)))) <= 1.001 * DB_PER_S / 750


def test_a_pause_for_a_consonant_and_too_little_singing_move_nothing() -> None:
    singer = Listener()
    singer.sing(-40.0, 4.0)
    assert singer.rest(REST_HOPS - 1)[-1] == 0.0
    other = Listener()
    other.sing(-40.0, 0.9 * LEAST_SUNG_HOPS / 750)
    assert other.rest(LONG_REST)[-1] == 0.0


def test_the_shift_is_bounded_and_room_noise_that_has_a_pitch_is_not_singing() -> None:
    for middle_db, bound_db in ((-54.0, HIGHEST_SHIFT_DB), (0.0, LOWEST_SHIFT_DB)):
        singer = Listener()
        singer.sing(middle_db, 10.0, spread_db=1.0)
        assert singer.rest(3 * LONG_REST)[-1] == pytest.approx(bound_db)
    hum = Listener()
    hum.sing(-70.0, 10.0, spread_db=1.0)
    assert hum.rest(LONG_REST)[-1] == 0.0


def test_a_soft_singer_becomes_louder_in_the_violin_unless_it_is_off(violin: Violin) -> None:
    phrase = [part for _ in range(2) for part in (voiced_note(330.0, -46.0, 1.4), rest(0.9))]
    x = np.concatenate([*phrase, voiced_note(330.0, -46.0, 0.5)])
    levels = {}
    for auto in (0.0, 1.0):
        instrument = violin(RATE)
        instrument.reset({"auto_level": auto, "auto_octave": 0.0, "reverb_mix": 0.0})
        y = instrument.process(x).astype(np.float64)
        notes = [y[round(at * RATE) : round((at + 0.4) * RATE)] for at in (0.2, 4.7)]
        levels[auto] = [10.0 * np.log10(np.mean(note**2)) for note in notes]
    assert levels[1.0][0] == pytest.approx(levels[0.0][0], abs=1e-6)
    assert levels[1.0][1] - levels[0.0][1] > 12.0
    assert abs(levels[0.0][1] - levels[0.0][0]) < 1.0
