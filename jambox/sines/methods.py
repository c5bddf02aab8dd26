"""The ways to find frequencies, behind one call: `METHODS[name](x, n_sines, rng)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jambox.sines.continuation import continue_range
from jambox.sines.descent import Descent, SignalGradient, descend, squared_error
from jambox.sines.exponentials import Complex, Real, render
from jambox.sines.gauss_newton import refine
from jambox.sines.mixtures import Mixtures
from jambox.sines.peaks import peel, spectrum_peaks

DIRECT = Descent(disc=False, steps=1000, rate=3e-3)
SURROGATE = Descent(disc=True, steps=3000, rate=1.5e-3)
_POLISH_STEPS = 30
TOLERANCE_BINS = 0.25
"""How far from its frequency an estimate may lie to count as success, in bins of 2 pi / N."""


@dataclass(frozen=True)
class Estimate:
    """Frequencies in radians per sample, ascending, and complex amplitudes, [B, K] each; steps: descents taken in a row."""

    omega: Real
    c: Complex
    steps: int


Method = Callable[[Real, int, np.random.Generator], Estimate]


def direct(x: Real, n_sines: int, rng: np.random.Generator, how: Descent = DIRECT) -> Estimate:
    """Adam on the frequencies themselves, from anywhere."""
    start = np.exp(1j * rng.uniform(0.0, np.pi, (len(x), n_sines)))
    ended = descend(x, start, how)
    return _sorted(ended.z, ended.c, how.steps)


def surrogate(
    x: Real,
    n_sines: int,
    rng: np.random.Generator,
    how: Descent = SURROGATE,
    gradient: SignalGradient = squared_error,
) -> Estimate:
    """Adam on z in the unit disc, from anywhere in it with |z| > 0.1; its angle is the frequency."""
    radius = rng.uniform(0.1, 1.0, (len(x), n_sines))
    start = radius * np.exp(1j * rng.uniform(0.0, np.pi, (len(x), n_sines)))
    ended = descend(x, start, how, gradient)
    return _sorted(ended.z, ended.c, how.steps)


def continuation(x: Real, n_sines: int, rng: np.random.Generator) -> Estimate:
    """From anywhere over ever longer stretches; further sinusoids in what is left over; all refined jointly."""
    z = np.zeros((len(x), 0), dtype=np.complex128)
    left, steps = x, 0
    for _ in range(n_sines):
        omega, taken = continue_range(left, rng.uniform(0.0, np.pi, len(x)))
        z, c, polishing = refine(x, np.concatenate([z, np.exp(1j * omega)[:, None]], axis=1), _POLISH_STEPS)
        left = x - render(z, c, x.shape[1])
        steps += taken + polishing
    return _sorted(z, c, steps)


def classical(x: Real, n_sines: int, rng: np.random.Generator) -> Estimate:
    """Peaks of the spectrum, least squares for amplitudes, Gauss-Newton for all. Nothing in it is random."""
    z, c, steps = refine(x, np.exp(1j * spectrum_peaks(x, n_sines)), _POLISH_STEPS)
    return _sorted(z, c, steps)


def hybrid(x: Real, n_sines: int, rng: np.random.Generator) -> Estimate:
    """Peaks one after another, refined by Gauss-Newton on the surrogate (|z| is free), then on the unit circle."""
    z, taken = peel(x, n_sines)
    z, c, steps = refine(x, z / np.maximum(np.abs(z), 1e-3), _POLISH_STEPS)
    return _sorted(z, c, taken + steps)


METHODS: dict[str, Method] = {
    "direct": direct,
    "surrogate": surrogate,
    "continuation": continuation,
    "classical": classical,
    "hybrid": hybrid,
}


@dataclass(frozen=True)
class Outcome:
    """What an estimate is worth: success [B] (all within TOLERANCE_BINS), found [B, K] of the true ones, squared error of
    the frequencies [B, K] where both are sorted, residual [B] in dB: what the estimate leaves of x over x."""

    success: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    found: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    squared_error: Real
    residual_db: Real


def assess(estimate: Estimate, mixtures: Mixtures) -> Outcome:
    """Compare an estimate with the frequencies that are in the mixtures."""
    n_samples = mixtures.x.shape[1]
    tolerance = TOLERANCE_BINS * 2.0 * np.pi / n_samples
    error = estimate.omega - mixtures.omega
    apart = np.abs(estimate.omega[:, None, :] - mixtures.omega[:, :, None])
    left = mixtures.x - render(np.exp(1j * estimate.omega), estimate.c, n_samples)
    residual = np.sum(left**2, axis=1) / np.sum(mixtures.x**2, axis=1)
    return Outcome(
        success=np.all(np.abs(error) < tolerance, axis=1),
        found=np.any(apart < tolerance, axis=2),
        squared_error=error**2,
        residual_db=10.0 * np.log10(residual + 1e-30),
    )


def _sorted(z: Complex, c: Complex, steps: int) -> Estimate:
    """z and its mirror image are the same sinusoid: the upper one counts."""
    omega = np.abs(np.angle(z))
    upper = np.where(np.angle(z) < 0.0, np.conj(c), c)
    order = np.argsort(omega, axis=1)
    return Estimate(np.take_along_axis(omega, order, axis=1), np.take_along_axis(upper, order, axis=1), steps)
