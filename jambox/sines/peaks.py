"""Where the spectrum says the sinusoids are: peaks, all at once or one after another in what is left over."""

from __future__ import annotations

import numpy as np
from scipy import fft

from jambox.sines.exponentials import Complex, Real, render
from jambox.sines.gauss_newton import refine

_PADDING = 4
_EXCHANGES = 6


def spectrum_peaks(x: Real, n_peaks: int) -> Real:
    """Frequencies [B, n_peaks] of the highest peaks of x [B, N] under a Hann window, by a parabola through each in dB."""
    n_samples = x.shape[1]
    level = np.log(np.abs(fft.rfft(x * np.hanning(n_samples), _PADDING * n_samples)) + 1e-30)
    middle = level[:, 1:-1]
    summit = (middle > level[:, :-2]) & (middle >= level[:, 2:])
    # Where there are too few summits, any place does.
    order = np.argsort(np.where(summit, middle, middle - 1e6), axis=1)[:, -n_peaks:] + 1
    below, at, above = (np.take_along_axis(level, order + side, axis=1) for side in (-1, 0, 1))
    bend = below - 2.0 * at + above
    offset = np.clip(0.5 * (below - above) / np.where(np.abs(bend) > 1e-9, bend, 1e9), -0.5, 0.5)
    return np.asarray((order + offset) * 2.0 * np.pi / (_PADDING * n_samples))


def strongest(x: Real) -> Real:
    """The frequency [B] of the highest point of the plain periodogram of x [B, N], to a quarter of a bin."""
    size = _PADDING * x.shape[1]
    magnitudes = np.abs(fft.rfft(x, size))
    return np.asarray((np.argmax(magnitudes[:, 1:-1], axis=1) + 1) * 2.0 * np.pi / size)


def peel(x: Real, n_sines: int, steps: int = 6) -> tuple[Complex, int]:
    """z [B, n_sines]: the strongest peak of what is left over, then all so far refined jointly; and the steps taken.

    |z| is free meanwhile: between two sinusoids that one peak stands for, the term shrinks to a wide one that both pull at.
    In the end one more than wanted is taken and the weakest dropped, as long as that helps some trial.
    """
    z = np.zeros((len(x), 0), dtype=np.complex128)
    left, taken = x, 0
    for _ in range(n_sines):
        z, left, more = _with_another(x, z, left, steps)
        taken += more
    energy = np.sum(left**2, axis=1)
    for _ in range(_EXCHANGES):
        extended, _, more = _with_another(x, z, left, steps)
        taken += more
        _, c, _ = refine(x, extended, 0)
        strength = np.sum(np.abs(c[..., None] * np.abs(extended)[..., None] ** np.arange(x.shape[1])) ** 2, axis=2)
        keep = np.sort(np.argsort(strength, axis=1)[:, 1:], axis=1)
        other, c, more = refine(x, np.take_along_axis(extended, keep, axis=1), steps, "frequency and damping")
        taken += more
        other_left = x - render(other, c, x.shape[1])
        other_energy = np.sum(other_left**2, axis=1)
        better = other_energy < 0.9 * energy
        if not better.any():
            break
        z[better], left[better], energy[better] = other[better], other_left[better], other_energy[better]
    return z, taken


def _with_another(x: Real, z: Complex, left: Real, steps: int) -> tuple[Complex, Real, int]:
    """z with the strongest peak of `left` added, refined; what is then left of x; steps taken."""
    added = np.exp(1j * strongest(left))[:, None] * (1.0 - 1e-3 / x.shape[1])
    z, c, taken = refine(x, np.concatenate([z, added], axis=1), steps, "frequency and damping")
    return z, x - render(z, c, x.shape[1]), taken
