"""Gradient descent on frequencies: directly on the unit circle, or through the inside of the disc (the surrogate).

Amplitude and phase are never descended on: for any z the best complex amplitudes are a linear least-squares problem
(variable projection), so that every start has its best chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from jambox.sines.exponentials import Complex, Real, as_complex, columns, solve_amplitudes

SignalGradient = Callable[[Real, Real], Real]
"""How a loss falls with the signal: d loss / d y [B, N] of the model's y [B, N] and the target x [B, N]."""
Rule = Literal["adam", "none", "biggest and longest first", "gauss-newton"]

_SMALLEST_RADIUS = 1e-3  # where a step through the middle of the disc ends: there is no angle at 0


@dataclass(frozen=True)
class Descent:
    """How to descend. `disc` lets |z| fall below 1 (the surrogate); without it frequencies alone move."""

    disc: bool
    steps: int
    rate: float
    """Adam's step in units of z (or radians per sample) at the beginning; it falls to 1 % along half a cosine."""
    rule: Rule = "adam"


@dataclass
class Descended:
    """Where the descent ended, z and c [B, K], and, where asked for, every z on the way [steps + 1, B, K]."""

    z: Complex
    c: Complex
    path: list[Complex] = field(default_factory=list)


def squared_error(y: Real, x: Real) -> Real:
    """The gradient of the mean squared error."""
    return np.asarray(2.0 * (y - x) / x.shape[-1])


def descend(
    x: Real, z: Complex, how: Descent, gradient: SignalGradient = squared_error, keep_path: bool = False
) -> Descended:
    """Descend from z [B, K] towards x [B, N]; trials do not know each other.

    Rules other than Adam take the plain gradient times a factor for each sinusoid (see `_scaled`), on the unit circle.
    Surrogate: Hayes, Saitis, Fazekas 2023, with the amplitude made complex and solved for.
    """
    n_samples, n_sines = x.shape[1], z.shape[1]
    n = np.arange(float(n_samples))
    first, second = np.zeros(z.shape, dtype=np.complex128), np.zeros((*z.shape, 2))
    path = [z]
    for step in range(how.steps):
        design = columns(z, n_samples)
        parts = solve_amplitudes(design, x)
        y = (parts[:, None] @ design)[:, 0]
        c, uphill = as_complex(parts), gradient(y, x)
        slope_z = _slope(design, n, uphill, c, n_sines)
        if gradient is not squared_error:
            # The amplitudes move with z too; where they are the loss's own best, as with squared error, that counts nothing.
            moved = solve_amplitudes(design, uphill)
            slope_z -= _slope(design, n, (moved[:, None] @ design)[:, 0], c, n_sines)
            slope_z += _slope(design, n, x - y, as_complex(moved), n_sines)
        if how.rule != "adam":
            z = z * np.exp(-1j * _scaled(how.rule, -slope_z.imag, c, z, n_samples))
        else:
            rate = how.rate * (0.505 + 0.495 * np.cos(np.pi * step / how.steps))
            slope = np.conj(slope_z / z) if how.disc else -slope_z.imag.astype(np.complex128)
            move = rate * _adam(slope, first, second, step)
            if how.disc:
                z = z - move
                z = np.clip(np.abs(z), _SMALLEST_RADIUS, 1.0) * np.exp(1j * np.angle(z))
            else:
                z = z * np.exp(-1j * move.real)
        if keep_path:
            path.append(z)
    return Descended(z, as_complex(solve_amplitudes(columns(z, n_samples), x)), path if keep_path else [])


def _slope(design: Real, n: Real, signal: Real, c: Complex, n_sines: int) -> Complex:
    """Sum over n of signal n c z^n, [B, K]: how the product of signal [B, N] with the model grows with log z."""
    weighted = (design @ (n * signal)[..., None])[..., 0]
    return np.asarray(c * (weighted[:, :n_sines] - 1j * weighted[:, n_sines:]))


def _adam(slope: Complex, first: Complex, second: Real, step: int) -> Complex:
    """Adam's unit step for the real and the imaginary part (Kingma and Ba 2015); moments are updated in place."""
    first += 0.1 * (slope - first)
    second += 0.001 * (np.stack([slope.real, slope.imag], axis=-1) ** 2 - second)
    mean = first / (1.0 - 0.9 ** (step + 1))
    spread = np.sqrt(second / (1.0 - 0.999 ** (step + 1))) + 1e-300
    return np.asarray(mean.real / spread[..., 0] + 1j * mean.imag / spread[..., 1])


def _scaled(rule: Rule, slope: Real, c: Complex, z: Complex, n_samples: int) -> Real:
    """The step of each frequency under a rule.

    The squared error curves by alpha^2 N^2 / 12 along a frequency: `gauss-newton` divides each slope by its own curvature.
    The others have one rate for a whole trial, the largest that its steepest sinusoid bears: `none` takes slopes as they
    are, `biggest and longest first` times alpha / omega.
    """
    amplitude = np.abs(c) + 1e-30
    curvature = amplitude**2 * n_samples**2 / 12.0
    if rule == "gauss-newton":
        return np.asarray(slope / curvature)
    weight = np.ones_like(amplitude) if rule == "none" else amplitude / np.maximum(np.abs(np.angle(z)), 1e-3)
    return np.asarray(slope * weight / np.max(curvature * weight, axis=1, keepdims=True))
