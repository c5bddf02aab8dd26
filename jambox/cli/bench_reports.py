"""What `jambox bench` asks before its minutes of work: can that be measured, and is the other report of the same?"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from jambox.control.kinds import load_instrument
from jambox.control.library import find_instrument
from jambox.control.modal import ModalBundle
from jambox.errors import BadInput
from jambox.instrument.hybrid import parts_of


def check_benchable(name: str) -> None:
    """BadInput, before minutes of work, if not everything can be measured of this instrument; BadModel if there is none."""
    first, second = parts_of(name)
    if second is not None:
        raise BadInput(f"One instrument at a time is measured, not two that play as one ({name}).")
    if isinstance(load_instrument(find_instrument(first)), ModalBundle):
        raise BadInput(f"{name} is one sound without a network; only instruments with a network are measured.")


def describe_input(source: Path | None) -> dict[str, str] | None:
    """What tells one recording from another, for the report; None for the demo's melody."""
    if source is None:
        return None
    try:
        return {"name": source.name, "sha256": hashlib.sha256(source.read_bytes()).hexdigest()}
    except OSError as error:
        raise BadInput(f"{source} cannot be read: {error.strerror}.") from error


def measured_otherwise(instrument: str, sung: dict[str, str] | None, old: dict[str, Any]) -> str | None:
    """What to say of a report `old` of another instrument or another input than these; None if it is of the same."""
    before = old.get("input") if isinstance(old.get("input"), dict) else None
    unlike = []
    if old.get("instrument", instrument) != instrument:
        unlike.append(f"{old['instrument']}, not {instrument}")
    if (before or {}).get("sha256") != (sung or {}).get("sha256"):
        names = [one.get("name", "another recording") if one else "the demo's melody" for one in (before, sung)]
        same = " of other content" if names[0] == names[1] else ""
        unlike.append(f"{names[0]}{same} as its input, not {names[1]}")
    return f"it was measured with {', and with '.join(unlike)}: the costs differ by that, too." if unlike else None
