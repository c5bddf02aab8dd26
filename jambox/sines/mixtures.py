"""Sums of random sinusoids in white noise, whose frequencies are known: what every method is measured on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jambox.sines.exponentials import Complex, Real, render

_EDGE = 0.02 * np.pi  # no frequency lies nearer to 0 or to Nyquist


@dataclass(frozen=True)
class Mixtures:
    """Trials of one kind: x [B, N], the frequencies in it in radians per sample, ascending, [B, K], their complex amplitudes
    c [B, K] (the sinusoid is Re(c exp(i omega n))), and the standard deviation of the noise [B]."""

    x: Real
    omega: Real
    c: Complex
    noise: Real

    @property
    def clean(self) -> Real:
        """The sinusoids without the noise, [B, N]."""
        return render(np.exp(1j * self.omega), self.c, self.x.shape[1])


def draw_mixtures(
    rng: np.random.Generator,
    n_trials: int,
    n_samples: int,
    n_sines: int,
    snr_db: float = np.inf,
    apart_bins: float = 2.0,
    range_db: float = 20.0,
) -> Mixtures:
    """Frequencies at random, at least `apart_bins` of 2 pi / N apart; amplitudes at random within range_db below 1 (a single
    sinusoid has amplitude 1); phases at random; snr_db is the power of all sinusoids over that of the noise."""
    gap = apart_bins * 2.0 * np.pi / n_samples
    room = np.pi - 2.0 * _EDGE - gap * (n_sines - 1)
    if room <= 0.0:
        raise ValueError(f"{n_sines} sinusoids {apart_bins} bins apart have no room in {n_samples} samples")
    # Points that lie uniformly among those with that gap: sort, then push apart.
    omega = _EDGE + np.sort(rng.uniform(0.0, room, (n_trials, n_sines)), axis=1) + gap * np.arange(n_sines)
    level_db = rng.uniform(-range_db if n_sines > 1 else 0.0, 0.0, (n_trials, n_sines))
    c = 10.0 ** (level_db / 20.0) * np.exp(1j * rng.uniform(-np.pi, np.pi, (n_trials, n_sines)))
    power = 0.5 * np.sum(np.abs(c) ** 2, axis=1)
    noise = np.sqrt(power * 10.0 ** (-snr_db / 10.0))
    return _in_noise(rng, omega, c, noise, n_samples)


def draw_pairs(rng: np.random.Generator, n_trials: int, n_samples: int, gap_bins: float, snr_db: float) -> Mixtures:
    """Two sinusoids exactly gap_bins apart; amplitudes at random within 20 dB, phases at random."""
    gap = gap_bins * 2.0 * np.pi / n_samples
    lower = rng.uniform(_EDGE, np.pi - _EDGE - gap, (n_trials, 1))
    c = 10.0 ** rng.uniform(-1.0, 0.0, (n_trials, 2)) * np.exp(1j * rng.uniform(-np.pi, np.pi, (n_trials, 2)))
    noise = np.sqrt(0.5 * np.sum(np.abs(c) ** 2, axis=1) * 10.0 ** (-snr_db / 10.0))
    return _in_noise(rng, lower + np.array([0.0, gap]), c, noise, n_samples)


def _in_noise(rng: np.random.Generator, omega: Real, c: Complex, noise: Real, n_samples: int) -> Mixtures:
    clean = render(np.exp(1j * omega), c, n_samples)
    return Mixtures(clean + noise[:, None] * rng.standard_normal(clean.shape), omega, c, noise)


def frequency_bound(amplitude: Real, noise: Real, n_samples: int) -> Real:
    """The Cramer-Rao bound: no unbiased estimate of a frequency has less variance than this, in (radians per sample)^2.

    24 sigma^2 / (alpha^2 N (N^2 - 1)) for a real sinusoid of amplitude alpha with unknown phase and amplitude, far from its
    neighbours (Kay, Fundamentals of Statistical Signal Processing I, example 3.14, whose A^2 / (2 sigma^2) is the SNR).
    """
    return np.asarray(24.0 * noise**2 / (amplitude**2 * n_samples * (n_samples**2 - 1.0)))
