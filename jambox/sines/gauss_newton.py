"""Joint refinement: Gauss-Newton steps on all frequencies, dampings and amplitudes at once, each trial as far as it helps.

Its step for a frequency is the gradient over alpha^2 N^3 / 24: what is quiet moves as far as what is loud.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from jambox.sines.exponentials import Complex, Real, as_complex, columns, solve_amplitudes

Free = Literal["frequency", "frequency and damping"]
_SMALLEST_DAMPING = 1e-9  # of the normalised equations' diagonal of ones
_MOST_FAILURES = 8


def refine(x: Real, z: Complex, steps: int, free: Free = "frequency") -> tuple[Complex, Complex, int]:
    """z and amplitudes c, [B, K] each, after at most `steps` Levenberg-Marquardt steps from z on x [B, N]; steps taken.

    `frequency` keeps each |z|; the other also moves it, up to 1. A step that does not bring its trial nearer to x is taken
    back and damped more; a trial whose steps have become smaller than rounding is left alone.
    """
    n_samples = x.shape[1]
    n_sines = z.shape[1]
    n = np.arange(n_samples) / n_samples
    design = columns(z, n_samples)
    parts = solve_amplitudes(design, x)
    error = x - (parts[:, None] @ design)[:, 0]
    loss = np.sum(error**2, axis=1)
    damping = np.full(len(x), 1e-4)
    failures = np.zeros(len(x), dtype=int)
    taken = 0
    for _ in range(steps):
        active = np.flatnonzero((failures < _MOST_FAILURES) & (loss > 1e-26 * np.sum(x**2, axis=1)))
        if len(active) == 0:
            break
        taken += 1
        c = as_complex(parts[active])
        re, im = design[active, :n_sines], -design[active, n_sines:]
        turned = n * (-c.imag[..., None] * re - c.real[..., None] * im)  # Re(i n c z^n)
        jacobian = [design[active], turned]
        if free != "frequency":
            jacobian.append(n * (c.real[..., None] * re - c.imag[..., None] * im))  # Re(n c z^n)
        step = _solve(np.concatenate(jacobian, axis=1), error[active], damping[active]) / n_samples
        log_z = np.log(np.maximum(np.abs(z[active]), 1e-300)) + 1j * np.angle(z[active])
        log_z += 1j * step[:, 2 * n_sines : 3 * n_sines]
        if free != "frequency":
            log_z += step[:, 3 * n_sines :]
        trial = np.exp(np.minimum(log_z.real, 0.0) + 1j * log_z.imag)
        new_design = columns(trial, n_samples)
        new_parts = solve_amplitudes(new_design, x[active])
        new_error = x[active] - (new_parts[:, None] @ new_design)[:, 0]
        new_loss = np.sum(new_error**2, axis=1)
        better = new_loss < loss[active]
        worth = new_loss < loss[active] * (1.0 - 1e-9)
        kept = active[better]
        z = z.copy()
        z[kept], parts[kept], design[kept] = trial[better], new_parts[better], new_design[better]
        error[kept], loss[kept] = new_error[better], new_loss[better]
        damping[active] = np.where(better, np.maximum(0.1 * damping[active], _SMALLEST_DAMPING), 10.0 * damping[active])
        failures[active] = np.where(worth, 0, failures[active] + 1)
    return z, as_complex(parts), taken


def _solve(jacobian: Real, error: Real, damping: Real) -> Real:
    """The damped step [B, P] that the linear model jacobian [B, P, N] takes to remove error [B, N]."""
    scale = np.sqrt(np.sum(jacobian**2, axis=2)) + 1e-30
    normalised = jacobian / scale[..., None]
    gram = normalised @ normalised.transpose(0, 2, 1)
    np.einsum("bkk->bk", gram)[...] += damping[:, None]
    return np.asarray(np.linalg.solve(gram, normalised @ error[..., None])[..., 0] / scale)
