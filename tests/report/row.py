"""A promised figure, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Row:
    """A figure: where it is measured, what it says to a reader, and the limit it is held to (None: reported only)."""

    id: str
    group: str
    text: str
    unit: str
    limit: float | None
    better: Literal["low", "high"]
    aim: float | None = None
    decimals: int = 1

    def met(self, value: float) -> bool:
        """Whether `value` keeps the limit."""
        if self.limit is None:
            return True
        return value <= self.limit if self.better == "low" else value >= self.limit


def number(value: float, row: Row) -> str:
    """A value with the decimals and the unit of its row."""
    return f"{value:.{row.decimals}f}{' ' + row.unit if row.unit and row.unit != '%' else row.unit and ' %'}"
