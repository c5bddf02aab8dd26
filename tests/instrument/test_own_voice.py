"""The own voice in the output: as it was sung, and in time with the instrument."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.instrument.own_voice import ANALYSIS_LATENCY_S
from tests.instrument.breathing import RATE
from tests.instrument.conftest import Violin
from tests.instrument.own_voice import apart_ms
from tests.instrument.sounds import mixed, tone


@pytest.mark.parametrize("sample_rate", [44_100, 48_000])
def test_the_own_voice_is_the_input_held_back_by_the_latency_of_the_instrument(violin: Violin, sample_rate: int) -> None:
    x = tone(220.0, 0.5, sample_rate)
    instrument = violin(sample_rate)
    instrument.reset(
        {"harmonics_level_db": -60.0, "noise_level_db": -60.0, "reverb_mix": 0.0, "voice_level_db": 0.0, "auto_level": 0.0}
    )
    y = instrument.process(x)
    delay = round(ANALYSIS_LATENCY_S * sample_rate)
    assert not y[:delay].any()
    assert np.max(np.abs(y[delay:] - x[:-delay])) < 1e-6


def test_voice_and_instrument_rise_and_fall_together(violin: Violin) -> None:
    assert abs(apart_ms(violin(RATE))) <= 2.0


def test_blocks_cannot_be_heard_in_it(violin: Violin) -> None:
    instrument = violin(RATE)
    params = {"voice_level_db": 0.0}
    x = mixed(RATE)[: RATE // 2]
    instrument.reset(params)
    whole = instrument.process(x)
    instrument.reset(params)
    cut = np.concatenate([instrument.process(x[first : first + 77]) for first in range(0, len(x), 77)])
    assert np.array_equal(whole, cut)
