"""Damped complex exponentials c z^n, the terms that every method here fits: a sinusoid is one with |z| = 1.

Times count from the first sample; frequencies are angles of z in radians per sample.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]
_RIDGE = 1e-11  # of each column's own energy: two equal columns share an amplitude and stay finite


def powers(z: Complex, n_samples: int) -> Complex:
    """z^n as |z|^n exp(i n angle(z)), [..., n_samples] of z [...], |z| <= 1 so that nothing overflows.

    From two tables of about sqrt(n_samples) entries, whose products are all powers. Error below 1e-12 for 4096 samples:
    tests/sines/test_exponentials.py.
    """
    block = math.isqrt(n_samples - 1) + 1
    n = np.arange(block)
    radius, angle = np.abs(z)[..., None], np.angle(z)[..., None]
    fine = radius**n * np.exp(1j * angle * n)
    coarse = radius ** (n * block) * np.exp(1j * angle * (n * block))
    product = coarse[..., :, None] * fine[..., None, :]
    return np.asarray(product.reshape(*z.shape, block * block)[..., :n_samples])


def columns(z: Complex, n_samples: int) -> Real:
    """The real design matrix [B, 2K, N] of z [B, K]: Re z^n of each, then -Im z^n; Re(c z^n) is linear in them."""
    basis = powers(z, n_samples)
    return np.concatenate([basis.real, -basis.imag], axis=1)


def solve_amplitudes(design: Real, x: Real) -> Real:
    """Least squares: the amplitudes [B, 2K] of `columns` [B, 2K, N] that come nearest to x [B, N]."""
    gram = design @ design.transpose(0, 2, 1)
    diagonal = np.einsum("bkk->bk", gram)
    diagonal *= 1.0 + _RIDGE
    diagonal += 1e-30
    return np.asarray(np.linalg.solve(gram, design @ x[..., None])[..., 0])


def as_complex(parts: Real) -> Complex:
    """Real then imaginary parts [B, 2K] as complex numbers [B, K]."""
    half = parts.shape[-1] // 2
    return np.asarray(parts[..., :half] + 1j * parts[..., half:])


def render(z: Complex, c: Complex, n_samples: int) -> Real:
    """The sum over K of Re(c z^n), [B, N], of z and c [B, K]."""
    parts = np.concatenate([c.real, c.imag], axis=-1)
    return np.asarray((parts[:, None, :] @ columns(z, n_samples))[:, 0])


def correlation(x: Real, omega: Real) -> Complex:
    """Sum over n of x[n] exp(-i omega n), [B], of x [B, N] and omega [B]: with omega right, its angle is the phase of the
    sinusoid and 2/N of its modulus the amplitude; with omega off by d, the phase is off by d (N - 1) / 2."""
    basis = powers(np.exp(1j * omega), x.shape[-1])
    return np.asarray(np.sum(x * np.conj(basis), axis=-1))
