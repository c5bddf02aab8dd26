"""The player's own voice beside the instrument: how far apart they sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import correlate

from jambox.instrument import Instrument
from tests.instrument.breathing import RATE
from tests.instrument.sounds import at_level

MOST_S = 0.03


def swelling(seconds: float = 4.0, seed: int = 0) -> NDArray[np.float32]:
    """A 440 Hz voice whose level wanders by some 10 dB, several times a second."""
    n = round(seconds * RATE)
    t = np.arange(n) / RATE
    f_hz = np.fft.rfftfreq(n, 1.0 / RATE)
    wander = np.fft.irfft(np.fft.rfft(np.random.default_rng(seed).standard_normal(n)) * (f_hz < 12.0), n)
    gain = 10.0 ** (10.0 * wander / (2.0 * np.std(wander)) / 20.0)
    return at_level(gain * sum(0.5**k * np.sin(2.0 * np.pi * 440.0 * k * t) for k in range(1, 6)), -24.0)


def apart_ms(instrument: Instrument) -> float:
    """By how much the instrument sounds later than the own voice in its output, from the cross-correlation of levels."""
    x = swelling()
    instrument.reset({"auto_octave": 0.0, "reverb_mix": 0.0})
    played = instrument.process(x)
    instrument.reset({"harmonics_level_db": -60.0, "noise_level_db": -60.0, "reverb_mix": 0.0, "voice_level_db": 0.0})
    own = instrument.process(x)
    levels = [_level_db(y)[RATE // 2 :] for y in (played, own)]
    levels = [level - level.mean() for level in levels]
    most = round(MOST_S * RATE)
    lags = correlate(levels[0], levels[1], "full", "fft")[len(levels[0]) - 1 - most : len(levels[0]) + most]
    return 1e3 * (int(np.argmax(lags)) - most) / RATE


def _level_db(y: NDArray[np.float32]) -> NDArray[np.float64]:
    """Over windows of five periods, centred."""
    window = np.hanning(round(5 * RATE / 440.0))
    return np.asarray(10.0 * np.log10(np.convolve(y.astype(np.float64) ** 2, window / window.sum(), "same") + 1e-10))
