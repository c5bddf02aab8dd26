"""Quantiles of a feature over any amount of data, in the memory of one histogram."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import safe_open

from jambox.control.card import Quantiles
from jambox.train.dataset import Entry

_SHARES = (0.01, 0.05, 0.50, 0.95, 0.99)


class Spread:
    """Counts values between lowest and highest in steps of `step`; quantiles are right to half a step.

    Values beyond the ends count as the ends.
    """

    def __init__(self, lowest: float, highest: float, step: float) -> None:
        self._lowest, self._step = lowest, step
        self._counts = np.zeros(round((highest - lowest) / step) + 1, dtype=np.int64)

    def add(self, values: ArrayLike) -> None:
        """Count some values."""
        at = np.rint((np.asarray(values, dtype=np.float64) - self._lowest) / self._step)
        at = np.clip(at, 0, len(self._counts) - 1).astype(np.int64)
        self._counts += np.bincount(at, minlength=len(self._counts))

    def quantiles(self) -> NDArray[np.float64]:
        """The values below which 1, 5, 50, 95 and 99 % lie, [5]; at least one value must have been added."""
        total = np.cumsum(self._counts)
        at = np.searchsorted(total, np.array(_SHARES) * (total[-1] - 1), side="right")
        return np.asarray(self._lowest + at * self._step)


def spread_of(folder: Path, entries: Iterable[Entry]) -> tuple[Quantiles, Quantiles]:
    """Spread of pitch (Hz) and loudness (dB) over the frames of the training side that teach."""
    cents, loudness = Spread(0.0, 18_000.0, 0.1), Spread(-150.0, 50.0, 0.01)
    for entry in entries:
        if not entry.validation:
            with safe_open(folder / entry.file, framework="numpy") as file:
                taught = file.get_tensor("weight") > 0.0
                cents.add(1200.0 * np.log2(file.get_tensor("f0_hz")[taught].astype(np.float64)))
                loudness.add(file.get_tensor("loudness_db")[taught])
    return _as_card(np.exp2(cents.quantiles() / 1200.0)), _as_card(loudness.quantiles())


def _as_card(quantiles: NDArray[np.float64]) -> Quantiles:
    p01, p05, p50, p95, p99 = (round(float(q), 2) for q in quantiles)
    return Quantiles(p01=p01, p05=p05, p50=p50, p95=p95, p99=p99)
