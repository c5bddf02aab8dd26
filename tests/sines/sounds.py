"""Sounds whose partials are known, and the recorded bark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.sines.excerpt import active_part
from tests.data import shared_data

RATE = 44_100
BARK = "dog_bark_esc10_4-199261-A.flac"


def bell(seed: int = 0, n_partials: int = 12, seconds: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A struck bell, [n] at RATE, and its partials: frequency (Hz), decay (1/s), amplitude, phase (radians), [K, 4]."""
    source = np.random.default_rng(seed)
    f_hz = 220.0 * np.array([0.5, 1.0, 1.19, 1.5, 2.0, 2.51, 2.66, 3.01, 4.1, 5.43, 6.79, 8.21])[:n_partials]
    decay = 2.0 + 1.5 * np.arange(n_partials)
    amplitude, phase = 0.2 * source.uniform(0.3, 1.0, n_partials), source.uniform(-np.pi, np.pi, n_partials)
    t = np.arange(round(seconds * RATE))[:, None] / RATE
    sound = np.sum(amplitude * np.exp(-decay * t) * np.cos(2.0 * np.pi * f_hz * t + phase), axis=1)
    return sound, np.stack([f_hz, decay, amplitude, phase], axis=1)


def yelp(seconds: float = 0.2) -> NDArray[np.float64]:
    """Something like a bark: a pitch that rises and falls with six harmonics, and some hiss, [n] at RATE."""
    t = np.arange(round(seconds * RATE)) / RATE
    f0_hz = 500.0 + 150.0 * np.sin(np.pi * t / seconds)
    cycles = np.cumsum(f0_hz) / RATE
    loud = np.sin(np.pi * np.clip(t / seconds, 0.0, 1.0)) ** 2
    tone = sum(0.2 / k * np.sin(2.0 * np.pi * k * cycles + k) for k in range(1, 7))
    return np.asarray(loud * (tone + 0.003 * np.random.default_rng(1).standard_normal(len(t))))


def bark() -> NDArray[np.float64]:
    """One bark of the recorded dog, [n] at RATE; skips where the recording is missing."""
    samples = read_sound(shared_data("test", BARK)).samples.astype(np.float64)
    return samples[active_part(samples, RATE)]
