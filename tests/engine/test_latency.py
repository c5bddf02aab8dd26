"""How long the instrument itself takes, beyond the device, as a player would feel it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from jambox.instrument.own_voice import ANALYSIS_LATENCY_S

RATE = 48_000
CONTROL_HOP = 192
ONSET_F0_HZ = (110.0, 220.0, 440.0, 880.0)


@pytest.fixture(scope="module")
def violin() -> Instrument:
    return open_instrument("violin", Design(RATE), {"reverb_mix": 0.0})


def _level_db(y: NDArray[np.float32], f0_hz: float) -> NDArray[np.float64]:
    """Level over the newest whole period at every sample, shape as y."""
    period = round(RATE / f0_hz)
    power = np.convolve(y.astype(np.float64) ** 2, np.ones(period) / period)[: len(y)]
    return 10.0 * np.log10(power + 1e-14)


def step_delays_s(violin: Instrument, from_db: float, to_db: float, offsets: range) -> NDArray[np.float64]:
    """For every offset of a level step on a 220 Hz tone: output at half of the step, less input at half, in seconds."""
    t = np.arange(RATE) / RATE
    delays = []
    for offset in offsets:
        at = RATE // 2 + offset
        gain = np.where(np.arange(RATE) < at, 10 ** (from_db / 20), 10 ** (to_db / 20))
        x = (gain * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
        violin.reset()
        halves = []
        for signal in (x, violin.process(x)):
            level = _level_db(signal, 220.0)
            half = 0.5 * (np.median(level[at - 4000 : at - 500]) + np.median(level[-4000:]))
            after = level[at - 500 :] if to_db > from_db else -level[at - 500 :]
            halves.append(int(np.argmax(after > (half if to_db > from_db else -half))))
        delays.append((halves[1] - halves[0]) / RATE)
    return np.array(delays)


def test_the_latency_that_is_told_is_the_one_that_is_measured(violin: Instrument) -> None:
    offsets = range(0, CONTROL_HOP, 16)
    up = step_delays_s(violin, -40.0, -20.0, offsets)
    down = step_delays_s(violin, -20.0, -40.0, offsets)
    measured = 0.5 * (np.median(up) + np.median(down))
    assert abs(measured - ANALYSIS_LATENCY_S) < 0.0015
    assert np.median(up) < 0.009
    assert up.max() < 0.012
    assert np.ptp(up) <= 0.005


def onset_delays_s(violin: Instrument, f0_hz: float, offsets: range) -> list[float]:
    """For every offset of a note that begins in silence: until it is within 50 cents and -12 dB of its steady state."""
    delays = []
    for offset in offsets:
        at = RATE // 4 + offset
        n = np.arange(RATE // 2) - at
        x = np.where(n < 0, 0.0, 0.2 * np.sin(2 * np.pi * f0_hz * n / RATE)).astype(np.float32)
        violin.reset()
        y, cents = np.empty_like(x), np.full(len(x), np.inf)
        for first in range(0, len(x), violin.hop):
            hop = slice(first, first + violin.hop)
            y[hop] = violin.process(x[hop])
            played_hz = float(violin.header["voice"]["f0_to_hz"])
            if played_hz > 0.0:
                cents[hop] = abs(1200.0 * np.log2(played_hz / f0_hz))
        level = _level_db(y, f0_hz)
        arrived = (level[at:] > np.median(level[-4000:]) - 12.0) & (cents[at:] < 50.0)
        delays.append(float(np.argmax(arrived)) / RATE)
    return delays


@pytest.mark.parametrize("f0_hz", ONSET_F0_HZ)
def test_a_note_from_silence_sounds_within_two_periods_and_six_milliseconds(violin: Instrument, f0_hz: float) -> None:
    assert max(onset_delays_s(violin, f0_hz, range(0, CONTROL_HOP, 24))) <= 2.0 / f0_hz + 0.006
