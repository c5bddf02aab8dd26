"""Two reports of `jambox bench`: what both measured, and which difference is more than their runs differ by themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jambox.errors import BadInput

NO_DIFFERENCE = "no difference that stands out"
ONE_RUN = "one run shows no spread"
TOO_SMALL = "too small to compare"
# What the machine did meanwhile differs between two reports, and no spread within one of them shows it.
LEAST_COST, LEAST_MEMORY = 0.1, 0.02


@dataclass(frozen=True)
class Figure:
    """One figure of a report: what it is told as, how it is found again, its value and those of its single runs."""

    what: str
    key: dict[str, Any]
    value: float
    runs: list[float]
    of: str = "cost"  # ... or time, or memory: what there is so many times of
    extra: float | None = None  # the callback's 99.9 % quantile, where there is one


def check_report(report: Any) -> None:
    """BadInput if that is no report of `jambox bench`, or one whose figures cannot have been measured."""
    _figures(report)


def compare(new: dict[str, Any], old: Any) -> list[dict[str, Any]]:
    """A row for each figure that both reports hold: `ratio`, new over old, and a verdict in words; BadInput as above."""
    before = _figures(old)
    rows = []
    for what, figure in _figures(new).items():
        if what not in before:
            continue
        known = before[what]
        comparable = min(figure.value, known.value) > 0.0
        row = {"what": what, **figure.key, "ratio": round(figure.value / known.value, 3) if comparable else None}
        if figure.extra is not None and known.extra is not None:
            row |= {"real_time_factor": row["ratio"], "callback_p999": round(figure.extra / known.extra, 3)}
        rows.append(row | {"of": figure.of, "verdict": _verdict(figure, known) if comparable else TOO_SMALL})
    return rows


def without_partner(new: dict[str, Any], old: Any) -> dict[str, list[str]]:
    """What only one of the two measured: `new` and `old`."""
    ours, theirs = _figures(new), _figures(old)
    return {"new": [what for what in ours if what not in theirs], "old": [what for what in theirs if what not in ours]}


def told(row: dict[str, Any]) -> str:
    """A row of the comparison as a line."""
    if row["ratio"] is None:
        return f"{row['what']}: {row['verdict']}"
    return f"{row['what']}: {row['ratio']:.2f} times the {row['of']}, {row['verdict']}"


def _verdict(new: Figure, old: Figure) -> str:
    if min(len(new.runs), len(old.runs)) < 2:
        return ONE_RUN
    gap = max(min(new.runs) - max(old.runs), min(old.runs) - max(new.runs))
    widest = max(max(figure.runs) - min(figure.runs) for figure in (new, old))
    # Three runs and three lie apart by chance in one of ten settings: further apart than either spreads is rare.
    ratio = new.value / old.value
    memory = new.of == "memory"
    least = LEAST_MEMORY if memory else LEAST_COST
    if gap <= widest or 1.0 - least <= ratio <= 1.0 + least:
        return NO_DIFFERENCE
    smaller, larger = ("smaller", "larger") if memory else ("faster", "slower")
    return smaller if ratio < 1.0 else larger


def _figures(report: Any) -> dict[str, Figure]:
    try:
        found = {figure.what: figure for figure in _read(report)}
        if not report["speed"]:
            raise ValueError
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadInput("That is no report of jambox bench, or a damaged one.") from error
    return found


def _read(report: Any) -> Iterator[Figure]:
    for row in report["speed"]:
        key = {name: row[name] for name in ("runtime", "sample_rate", "block_size")}
        what = f"{key['runtime']} {key['sample_rate']} Hz, block {key['block_size']}"
        yield Figure(what, key, *_measured(row), extra=_positive(row["callback_p999"]))
    for row in report.get("voices", {}).get("held", ()):
        key = {name: row[name] for name in ("voices", "block_size")}
        yield Figure(f"{key['voices']} held notes, block {key['block_size']}", key, *_measured(row))
    stages = dict(report.get("stages", {}))
    runs = stages.pop("runs", {})
    for stage, cost in stages.items():
        # What is saved without a stage may be less than nothing; the whole may not.
        value = _positive(cost) if stage == "whole" else _finite(cost)
        yield Figure(f"stage {stage}", {"stage": stage}, value, [_finite(one) for one in runs.get(stage, ())])
    start = dict(report.get("start", {}))
    runs = start.pop("runs", {})
    for name, what, of in (
        ("process_s", "start of the process", "time"),
        ("ready_s", "start until it plays", "time"),
        ("memory_mb", "memory", "memory"),
    ):
        if name in start:
            several = [_positive(one) for one in runs.get(name, ())]
            yield Figure(what, {"start": name}, _positive(start[name]), several, of)


def _measured(row: Any) -> tuple[float, list[float]]:
    return _positive(row["real_time_factor"]), [_positive(one) for one in row.get("real_time_factor_runs", ())]


def _positive(value: Any) -> float:
    if _finite(value) <= 0.0:
        raise ValueError
    return float(value)


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError
    return float(value)
