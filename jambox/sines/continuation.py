"""Range continuation: look at short stretches first, where any frequency is near enough, then at ever longer ones.

The stretches of W samples are all W-long windows of the signal at once: their summed periodogram depends on the signal's
autocorrelation up to lag W alone. It has one hump of width 1/W; on it Newton's method climbs, and W doubles.
"""

from __future__ import annotations

import numpy as np
from scipy import fft, special

from jambox.sines.exponentials import Real

FIRST_WINDOW = 2
STEPS_PER_WINDOW = 8
_SHORT = 4


def continue_range(x: Real, omega: Real, steps_per_window: int = STEPS_PER_WINDOW) -> tuple[Real, int]:
    """The frequency [B] of the one sinusoid in x [B, N] that is found from omega [B], and the steps taken.

    The last window is the whole signal, whose highest hump is the maximum-likelihood estimate in white noise.
    """
    n_samples = x.shape[1]
    lagged = autocorrelation(x)
    window, taken = FIRST_WINDOW, 0
    while True:
        window = min(window, n_samples)
        lag = np.arange(1, window)
        weighted = lagged[:, 1:window] * _weights(window, n_samples) * lag / window
        reach = 0.5 * np.pi / window
        for _ in range(steps_per_window):
            angle = omega[:, None] * lag
            slope = -np.sum(weighted * np.sin(angle), axis=1)
            curvature = -np.sum(weighted * lag * np.cos(angle), axis=1)
            step = slope / (np.abs(curvature) + 1e-30)
            # A sinusoid and its mirror image below 0 are one hump to a short window: off the axis between them.
            omega = np.clip(omega + np.clip(step, -reach, reach), reach, np.pi - reach)
            taken += 1
        if window == n_samples:
            return omega, taken
        window *= 2


def _weights(window: int, n_samples: int) -> Real:
    """How the lags 1 to window - 1 count.

    Those of short windows are binomial: their hump cos(d / 2)^(2 window - 2) falls all the way round the circle, so that it
    is climbed from anywhere. Longer ones are Hann windows, narrower, with side humps 31 dB down; the whole signal needs
    none, its own triangle is in the autocorrelation.
    """
    lag = np.arange(1, window)
    if window <= _SHORT:
        return np.asarray(special.comb(2 * window - 2, window - 1 + lag) / special.comb(2 * window - 2, window - 1))
    return np.ones(window - 1) if window == n_samples else 0.5 + 0.5 * np.cos(np.pi * lag / window)


def autocorrelation(x: Real) -> Real:
    """Sum over n of x[n] x[n + lag], [B, N], of x [B, N]."""
    size = fft.next_fast_len(2 * x.shape[1], real=True)
    return np.asarray(fft.irfft(np.abs(fft.rfft(x, size)) ** 2, size)[:, : x.shape[1]])
