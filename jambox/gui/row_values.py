"""Values of a parameter's row as places on a way, from 0 to 1, and as what somebody types."""

from __future__ import annotations

import math

from jambox.errors import BadInput
from jambox.params import Param


def share_of(row: Param, value: float) -> float:
    """Where a value lies on the way of its knob, 0 to 1."""
    if row.taper == "log":
        return float(math.log(value / row.minimum) / math.log(row.maximum / row.minimum))
    return (value - row.minimum) / (row.maximum - row.minimum)


def value_at(row: Param, share: float) -> float:
    """The value at a share of the way, a whole number where only those mean something."""
    share = min(max(share, 0.0), 1.0)
    if row.taper == "log":
        value = float(row.minimum * (row.maximum / row.minimum) ** share)
    else:
        value = row.minimum + share * (row.maximum - row.minimum)
    if row.choices or row.whole:
        value = float(round(value))
    return min(max(value, row.minimum), row.maximum)


def value_of(row: Param, text: str) -> float:
    """What somebody typed: a number with or without its unit, or the name of a choice; BadInput for anything else."""
    named = row.named(text)
    if named is not None:
        return named
    wanted, scale = text.strip().lower(), 1.0
    own = row.unit.lower()
    for unit, factor in (("ms", 1e-3), ("khz", 1e3), (own, 1.0)):  # the longer ones first: each ends like another
        if own and unit.endswith(own) and wanted.endswith(unit):
            wanted, scale = wanted[: -len(unit)].strip(), factor
            break
    try:
        value = scale * float(wanted.replace(",", "."))
    except ValueError:
        value = math.nan
    if not row.minimum <= value <= row.maximum:
        unit = f" {row.unit}" if row.unit else ""
        raise BadInput(f"{row.name} lies between {row.minimum:g} and {row.maximum:g}{unit}; {text.strip()!r} does not.")
    return float(round(value)) if row.choices or row.whole else value
