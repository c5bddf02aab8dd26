"""What every check of a sound block shares: ways to cut a signal into blocks, and how far apart two signals are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

BLOCK_SIZES = (1, 64, 65, 256, 1000)


def pieces(n: int, block: int, hop: int) -> Iterator[tuple[int, int]]:
    """(first, count) over n samples in device blocks of `block`, each cut again where a hop ends."""
    first = 0
    while first < n:
        count = min(block - first % block, hop - first % hop, n - first)
        yield first, count
        first += count


def error_db(heard: ArrayLike, reference: ArrayLike) -> float:
    """Energy of the difference against that of the reference, in dB."""
    heard = np.asarray(heard, dtype=np.float64)
    reference = np.asarray(reference, dtype=np.float64)
    return float(10.0 * np.log10((np.sum((heard - reference) ** 2) + 1e-300) / np.sum(reference**2)))


def peak_error_db(heard: ArrayLike, reference: ArrayLike) -> float:
    """Largest difference between two signals, in dB of full scale."""
    difference = np.asarray(heard, dtype=np.float64) - np.asarray(reference, dtype=np.float64)
    return float(20.0 * np.log10(np.max(np.abs(difference)) + 1e-300))
