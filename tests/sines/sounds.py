"""Sounds whose partials are known, and the recorded bark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

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


def mosquito(seconds: float = 0.3) -> tuple[NDArray[np.float64], float]:
    """A wing beat about 520 Hz with ten harmonics that drifts in pitch and strength, and hiss, [n] at RATE; its mean pitch
    in Hz (of the logarithm, over energy)."""
    source = np.random.default_rng(0)
    t = np.arange(round(seconds * RATE)) / RATE
    knots = np.linspace(0.0, seconds, 2 + round(5 * seconds))
    f0_hz = 520.0 * 2.0 ** (np.interp(t, knots, source.uniform(-30.0, 30.0, len(knots))) / 1200.0)
    loud = np.interp(t, knots, source.uniform(0.7, 1.0, len(knots)))
    loud *= np.clip(np.minimum(t, seconds - t) / 0.03, 0.0, 1.0)
    cycles = np.cumsum(f0_hz) / RATE
    tone = sum(0.2 / k * np.cos(2.0 * np.pi * k * cycles + k * k) for k in range(1, 11))
    hiss = 0.003 * source.standard_normal(len(t))
    return np.asarray(loud * (tone + hiss)), float(np.exp(np.average(np.log(f0_hz), weights=loud**2)))


def spoken_word(seconds: float = 0.35) -> tuple[NDArray[np.float64], float]:
    """Something like "sigh": hiss, then a glottal pulse train about 120 Hz through formants that move from one vowel to the
    next, [n] at RATE; the mean pitch of the pulses in Hz."""
    source = np.random.default_rng(0)
    n, hissing = round(seconds * RATE), round(0.25 * seconds * RATE)
    t = np.arange(n) / RATE
    f0_hz = 120.0 * 2.0 ** (np.interp(t, [0.0, seconds], [50.0, -50.0]) / 1200.0)
    pulses = np.diff(np.floor(np.cumsum(f0_hz) / RATE), prepend=0.0)
    pulses[:hissing] = 0.0
    word = np.zeros(n)
    share = np.clip((t - t[hissing]) / (t[-1] - t[hissing]), 0.0, 1.0)
    for first_hz, last_hz, width_hz, gain in (
        (750.0, 350.0, 90.0, 1.0),
        (1250.0, 2000.0, 110.0, 0.5),
        (2600.0, 2800.0, 170.0, 0.2),
    ):
        # Two steady resonances, one fading into the other.
        for hz, weight in ((first_hz, 1.0 - share), (last_hz, share)):
            radius = np.exp(-np.pi * width_hz / RATE)
            word += gain * weight * lfilter([1.0], [1.0, -2.0 * radius * np.cos(2.0 * np.pi * hz / RATE), radius**2], pulses)
    word *= np.clip((seconds - t) / 0.06, 0.0, 1.0) / np.max(np.abs(word))
    hiss = np.diff(source.standard_normal(hissing + 1)) * np.hanning(hissing)
    word[:hissing] += 0.05 * hiss
    return 0.5 * word, float(np.exp(np.mean(np.log(f0_hz[hissing:]))))
