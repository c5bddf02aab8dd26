"""The best look of a stage, and whether waiting for a better one still makes sense."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from jambox.train.curves import Stage

# Held-out recordings are few: looks whose scores differ by no more than this share are equally good.
_AS_GOOD = 0.005


@dataclass
class Best:
    """Score, step and averaged weights of the best look of a stage, the latest of equally good ones, and the looks since
    the best that were no better."""

    stage: Stage
    lowest: float = math.inf
    score: float = math.inf
    step: int = 0
    stale: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)

    def told(self, step: int, score: float, weights: dict[str, Tensor], least_improvement: float) -> None:
        """Take note of a look. One as good as the best is kept, but only a clearly better one renews the patience."""
        clearly = not score > self.lowest * (1.0 - least_improvement)
        self.stale = 0 if clearly else self.stale + 1
        self.lowest = min(self.lowest, score)
        if score <= self.lowest * (1.0 + _AS_GOOD) or not self.weights:
            self.score, self.step = score, step
            self.weights = {name: value.detach().clone() for name, value in weights.items()}

    def state(self) -> dict[str, Any]:
        """Tensors, words and numbers for a checkpoint."""
        return {**vars(self)}
