"""What else a microphone hears: hum, breath, keyboards, plosives, applause, hiss. Made here, with fixed seeds, at 48 kHz."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from jambox.instrument import Instrument
from tests.instrument.breathing import RATE, level_db
from tests.instrument.sounds import at_level, breath, pink

Wave = NDArray[np.float64]
SECONDS = 3.0
# What is asked of noise is asked of each of these.
SEEDS = (0, 1, 2, 3)
# Samples of one keystroke, puff or clap.
HIT = RATE // 4


def hum(n: int, seed: int) -> Wave:
    """Mains at 50 Hz with its harmonics, odd ones stronger, up to 1 kHz."""
    t = np.arange(n) / RATE
    phases = 2.0 * np.pi * np.random.default_rng(seed).random(20)
    levels = [(1.0 if k % 2 else 0.4) / k for k in range(1, 21)]
    return sum((g * np.sin(2.0 * np.pi * 50.0 * k * t + phases[k - 1]) for k, g in enumerate(levels, 1)), np.zeros(n))


def clatter(n: int, seed: int) -> Wave:
    """Some eight keystrokes a second: a click of 1 to 8 kHz and the thud of the table."""
    return _hits(n, seed, 8.0, lambda random: _click(random, 1000.0, 8000.0, 0.006) + 0.3 * _thud(random, 180.0, 0.02))


def plosives(n: int, seed: int) -> Wave:
    """Some three a second: a puff of wind on the microphone, and the breath behind it."""
    return _hits(n, seed, 3.0, lambda random: _thud(random, 60.0, 0.03) + 0.2 * _click(random, 300.0, 4000.0, 0.03))


def applause(n: int, seed: int) -> Wave:
    """Some two hundred claps a second."""
    return _hits(n, seed, 200.0, lambda random: random.random() * _click(random, 700.0, 4000.0, 0.008))


def _hits(n: int, seed: int, per_s: float, hit: Callable[[np.random.Generator], Wave]) -> Wave:
    random = np.random.default_rng(seed)
    y = np.zeros(n + RATE)
    at = 0.0
    while at < n / RATE:
        sound = hit(random)
        y[round(at * RATE) : round(at * RATE) + len(sound)] += sound
        at += random.exponential(1.0 / per_s)
    return y[:n]


def _click(random: np.random.Generator, low_hz: float, high_hz: float, decay_s: float) -> Wave:
    sections = butter(2, (low_hz, high_hz), "bandpass", fs=RATE, output="sos")
    return np.asarray(sosfilt(sections, random.standard_normal(HIT)) * np.exp(-np.arange(HIT) / (decay_s * RATE)))


def _thud(random: np.random.Generator, f0_hz: float, decay_s: float) -> Wave:
    t = np.arange(HIT) / RATE
    return np.asarray(np.sin(2.0 * np.pi * f0_hz * (0.8 + 0.4 * random.random()) * t) * np.exp(-t / decay_s))


def noises(seconds: float = SECONDS, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Each at -40 dBFS, hiss at -50."""
    n = round(seconds * RATE)
    return {
        "hum": at_level(hum(n, seed), -40.0),
        "breath": breath("breath", seconds, -40.0, seed),
        "clatter": at_level(clatter(n, seed), -40.0),
        "plosives": at_level(plosives(n, seed), -40.0),
        "applause": at_level(applause(n, seed), -40.0),
        "hiss": at_level(pink(n, seed), -50.0),
    }


def heard_db(instrument: Instrument, x: NDArray[np.float32]) -> tuple[float, float]:
    """Level in dBFS of the harmonics alone, and of all that comes out, with default settings."""
    instrument.reset({"noise_level_db": -60.0})
    harmonics = level_db(instrument.process(x))
    instrument.reset({})
    return harmonics, level_db(instrument.process(x))
