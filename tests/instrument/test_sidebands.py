"""A steady note through the live tracker is steady, and a moving one is followed."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.analysis import analyse
from tests.dsp.bank import phase_of
from tests.dsp.sidebands import vibrato_hz
from tests.instrument.conftest import Violin
from tests.instrument.sidebands import DRY, tracker_sideband_db

RATE = 48_000


@pytest.mark.parametrize("f0_hz", [220.0, 659.3])
def test_a_steady_tone_at_30_db_snr_has_no_side_bands_at_the_hop_rates(violin: Violin, f0_hz: float) -> None:
    assert tracker_sideband_db(violin(RATE), f0_hz)["of_hops"] <= -60.0


def test_a_steady_tone_without_noise_has_none_either(violin: Violin) -> None:
    assert tracker_sideband_db(violin(RATE), 146.8, snr_db=150.0)["of_hops"] <= -65.0


def test_steadying_keeps_within_5_cents_and_a_fifth_of_a_db_of_what_is_heard(violin: Violin) -> None:
    """A vibrato of 50 cents with a swell: what is played leaves what is heard by no more than the jitter that is ignored."""
    n = 2 * RATE
    phase = phase_of(vibrato_hz, n, RATE)
    swell = 0.1 * 10.0 ** (0.3 * np.sin(2.0 * np.pi * np.arange(n) / RATE))
    x = (swell * sum(0.5**k * np.sin(k * phase) for k in range(1, 6))).astype(np.float32)
    heard = analyse(x, RATE)
    instrument = violin(RATE)
    instrument.reset(DRY)
    y = np.empty_like(x)
    played_hz, played_db = [], []
    for first in range(0, n - 64, 64):
        instrument.process_into(x[first : first + 64], y[first : first + 64])
        played_hz.append(float(instrument.header["voice"]["steady_hz"]))
        played_db.append(float(instrument.header["voice"]["steady_db"]))
    # A hop is analysed when the next one begins.
    after = RATE // 4 // 64
    cents = 1200.0 * np.log2(np.array(played_hz[after + 1 :]) / heard.f0_hz[after : len(played_hz) - 1])
    level_db = np.array(played_db[after + 1 :]) - heard.loudness_db[after : len(played_db) - 1]
    assert np.max(np.abs(cents)) <= 5.0
    assert np.max(np.abs(level_db)) <= 0.2
