"""Limiter: the output never leaves full scale, without look-ahead and so without delay.

A peak follower with instant attack drives a smooth curve: unity below the threshold, then bending towards the ceiling,
which no sample passes. Because the gain follows the peak, not the sample, a long loud tone is turned down rather than
bent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.kernels import kernel

THRESHOLD = 0.7
CEILING = 0.98
RELEASE_S = 0.08

limiter_dtype = np.dtype([("peak", np.float64), ("release", np.float64)], align=True)


def design_limiter(state: Any, sample_rate: int) -> None:
    """[main] Set the release (a peak falls by 60 dB in about 0.55 s) and clear the follower."""
    state["release"] = np.exp(-1.0 / (RELEASE_S * sample_rate))
    reset_limiter(state)


def reset_limiter(state: Any) -> None:
    """[main] Forget every peak."""
    state["peak"] = 0.0


@kernel
def process_limiter(state: Any, x: NDArray[np.float32], side: NDArray[np.float32], first: int, count: int) -> None:
    """[audio] Limit x + side and x - side to at most CEILING in magnitude; exact below THRESHOLD.

    Samples first..first+count, in place, both by one gain: the sound stays where it is between left and right.
    """
    peak = state.peak
    for i in range(first, first + count):
        magnitude = abs(float(x[i])) + abs(float(side[i]))
        peak = max(magnitude, peak * state.release)
        if peak > THRESHOLD:
            room = CEILING - THRESHOLD
            limited = THRESHOLD + room * (1.0 - np.exp((THRESHOLD - peak) / room))
            turned_down = limited / peak
            x[i] = np.float32(x[i] * turned_down)
            side[i] = np.float32(side[i] * turned_down)
    state.peak = peak if peak > 1e-15 else 0.0
