"""The best look of a stage, and whether waiting for a better one still makes sense."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from jambox.train.curves import Stage


@dataclass
class Best:
    """Score, step and averaged weights of the best look of a stage, and the looks since that were no better."""

    stage: Stage
    score: float = math.inf
    step: int = 0
    stale: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)

    def told(self, step: int, score: float, weights: dict[str, Tensor], least_improvement: float) -> None:
        """Take note of a look. A slightly better one is kept too, but only a clearly better one renews the patience."""
        clearly = not score > self.score * (1.0 - least_improvement)
        self.stale = 0 if clearly else self.stale + 1
        if score < self.score or not self.weights:
            self.score, self.step = score, step
            self.weights = {name: value.detach().clone() for name, value in weights.items()}

    def state(self) -> dict[str, Any]:
        """Tensors, words and numbers for a checkpoint."""
        return {**vars(self)}
