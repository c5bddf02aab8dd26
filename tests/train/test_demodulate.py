"""The fast sums over blocks are the plain sums over samples."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.train.demodulate import demodulate, integrate_phase, subtract_harmonics, window_lengths
from jambox.train.measure import frame_centres

RATE = 48_000


def noisy_glide(seconds: float, first_hz: float, last_hz: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Audio, frame centres, and the phase of a glide with ten harmonics in noise."""
    random = np.random.default_rng(0)
    centres = frame_centres(int(seconds * 250))
    n = int(seconds * RATE) + 57
    f0_hz = np.geomspace(first_hz, last_hz, len(centres))
    phase = integrate_phase(f0_hz, centres, n, RATE)
    audio = sum(0.1 / k * np.cos(k * phase + k) for k in range(1, 11)) + 0.01 * random.standard_normal(n)
    return audio.astype(np.float32), f0_hz, phase


@pytest.mark.parametrize(("first_hz", "last_hz"), [(60.0, 90.0), (200.0, 500.0), (900.0, 1500.0)])
def test_the_amplitudes_are_those_of_a_plain_sum_to_minus_90_db(first_hz: float, last_hz: float) -> None:
    audio, f0_hz, phase = noisy_glide(0.4, first_hz, last_hz)
    centres, lengths = frame_centres(len(f0_hz)), window_lengths(f0_hz, RATE)
    n_wanted = np.arange(len(f0_hz)) % 14 + 1
    real, imaginary = np.ones((len(f0_hz), 12)), np.ones((len(f0_hz), 12))
    demodulate(audio, phase, centres, lengths, n_wanted, real, imaginary)
    for j in range(len(f0_hz)):
        n = centres[j] - lengths[j] // 2 + np.arange(lengths[j])
        window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(lengths[j]) / lengths[j])
        there = (n >= 0) & (n < len(audio))
        k = np.arange(1, 13)
        rows = np.exp(-1j * k[:, None] * phase[n[there]])
        plain = 4.0 / lengths[j] * (rows @ (window[there] * audio[n[there]]))
        plain[k > n_wanted[j]] = 0.0
        assert np.max(np.abs(real[j] + 1j * imaginary[j] - plain)) < 0.1 * 10.0 ** (-90.0 / 20.0)


def test_what_is_subtracted_is_the_sum_of_the_harmonics_between_frames() -> None:
    random = np.random.default_rng(1)
    n = 2000
    centres = frame_centres(10)
    phase = np.cumsum(np.full(n, 0.03))
    real, imaginary = random.standard_normal((2, 10, 6))
    real[4:6, 3:] = imaginary[4:6, 3:] = 0.0
    residual = np.zeros(n)
    subtract_harmonics(residual, phase, centres, real, imaginary)
    at = np.arange(n)
    expected = np.zeros(n)
    for k in range(6):
        z = np.interp(at, centres, real[:, k]) + 1j * np.interp(at, centres, imaginary[:, k])
        expected -= np.real(z * np.exp(1j * (k + 1) * phase))
    inside = (at >= centres[0]) & (at < centres[-1])
    assert np.max(np.abs(residual[inside] - expected[inside])) < 1e-10
    assert not residual[~inside].any()
