"""What chance could do: a paired bootstrap over files (Efron and Tibshirani 1993, chapter 13)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

N_RESAMPLES = 4000


def paired_interval(first: ArrayLike, second: ArrayLike, weights: ArrayLike, seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of the weighted mean of first - second over files, all [n]; files are drawn anew with what belongs
    to them, so that a hard recording is hard for both. Above 0: the second is clearly lower."""
    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    weight = np.asarray(weights, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(difference), (N_RESAMPLES, len(difference)))
    means = np.sum(difference[drawn] * weight[drawn], axis=1) / np.sum(weight[drawn], axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
