"""Inputs made at run time: what somebody might send into the microphone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from jambox.demo import demo_melody
from jambox.units import db_to_gain


def at_level(x: NDArray[np.float64], level_db: float) -> NDArray[np.float32]:
    """`x` with a root mean square of `level_db` dBFS."""
    return (x / np.sqrt(np.mean(x**2)) * float(db_to_gain(level_db))).astype(np.float32)


def tone(f0_hz: float, seconds: float, sample_rate: int, level_db: float = -20.0) -> NDArray[np.float32]:
    """A steady voiced sound: six harmonics, each half of the one below, none above 0.4 of the rate."""
    t = np.arange(round(seconds * sample_rate)) / sample_rate
    x = np.zeros(len(t))
    for k in range(1, 7):
        if k * f0_hz < 0.4 * sample_rate:
            x += 0.5**k * np.sin(2.0 * np.pi * k * f0_hz * t + k)
    return at_level(x, level_db)


def pink(n: int, seed: int = 0) -> NDArray[np.float64]:
    """Pink noise from 20 Hz up."""
    return shaped(n, seed, lambda f_hz: 1.0 / np.sqrt(np.maximum(f_hz, 20.0)))


def shaped(n: int, seed: int, gain: object) -> NDArray[np.float64]:
    """White noise through any gain over frequency (for 48 kHz)."""
    assert callable(gain)
    f_hz = np.fft.rfftfreq(n, 1.0 / 48_000)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    return np.fft.irfft(spectrum * gain(f_hz), n)


def breath(kind: str, seconds: float, level_db: float, seed: int = 0) -> NDArray[np.float32]:
    """Unvoiced sound at 48 kHz: "pink", "breath" (humps at 0.6, 1.8 and 3 kHz), "s" (5 to 10 kHz), "sh" (2 to 6 kHz)."""
    n = round(seconds * 48_000)
    if kind == "pink":
        return at_level(pink(n, seed), level_db)
    if kind == "breath":

        def humps(f_hz: NDArray[np.float64]) -> NDArray[np.float64]:
            return sum(
                (g * np.exp(-0.5 * (np.log2(np.maximum(f_hz, 1.0) / c) / 0.5) ** 2) for c, g in BREATH_HUMPS),
                start=np.zeros_like(f_hz),
            )

        return at_level(shaped(n, seed, humps), level_db)
    low_hz, high_hz = {"s": (5000.0, 10_000.0), "sh": (2000.0, 6000.0)}[kind]
    sections = butter(2, (low_hz, high_hz), "bandpass", fs=48_000, output="sos")
    return at_level(sosfilt(sections, np.random.default_rng(seed).standard_normal(n)), level_db)


BREATH_HUMPS = ((600.0, 1.0), (1800.0, 0.7), (3000.0, 0.4))
BREATH_KINDS = ("pink", "breath", "s", "sh")


def mixed(sample_rate: int) -> NDArray[np.float32]:
    """A second and a half in which everything happens: melody, hiss, silence, a shout, samples that are no numbers."""
    melody = demo_melody(sample_rate)[sample_rate // 4 :][: sample_rate // 2]
    hiss = (0.02 * np.random.default_rng(2).standard_normal(sample_rate // 4)).astype(np.float32)
    shout = 3.0 * tone(330.0, 0.25, sample_rate, -12.0)
    broken = tone(500.0, 0.25, sample_rate)
    broken[::997] = np.nan
    broken[5::997] = np.inf
    return np.concatenate([melody, hiss, np.zeros(sample_rate // 4, dtype=np.float32), shout, broken])


def phrase(sample_rate: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Four seconds of six voice-like notes with rests between, with vibrato, swells and a glide; and when each begins."""
    starts_s = 0.25 + 0.6 * np.arange(6)
    parts = [np.zeros(round(4.0 * sample_rate))]
    for i, start_s in enumerate(starts_s):
        t = np.arange(round(0.45 * sample_rate)) / sample_rate
        cents = 40.0 * np.sin(2.0 * np.pi * 5.5 * t) * (t > 0.1) + (700.0 * t / 0.45 if i == 4 else 0.0)
        hz = (220.0, 294.0, 392.0, 523.0, 247.0, 330.0)[i] * 2.0 ** (cents / 1200.0)
        cycles = np.cumsum(hz) / sample_rate
        gain = np.minimum(t / 0.01, 1.0) * np.minimum((0.45 - t) / 0.03, 1.0) * (0.05 + 0.1 * np.sin(np.pi * t / 0.45))
        first = round(start_s * sample_rate)
        for k in range(1, 9):
            parts[0][first : first + len(t)] += gain * 0.6**k * np.sin(2.0 * np.pi * k * cycles + k)
    return parts[0].astype(np.float32), starts_s
