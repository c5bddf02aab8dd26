"""What `jambox bench` asks before its minutes of work: can that be measured, and is the other report of the same?"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from jambox.bench_compare import check_report
from jambox.control.kinds import load_instrument
from jambox.control.library import find_instrument
from jambox.control.modal import ModalBundle
from jambox.errors import BadInput
from jambox.instrument import Design
from jambox.instrument.hybrid import parts_of
from jambox.instrument.opening import open_instrument


def check_benchable(name: str) -> None:
    """BadInput, before minutes of work, if not everything can be measured of this instrument; BadModel if there is none."""
    first, second = parts_of(name)
    if second is not None:
        raise BadInput(f"One instrument at a time is measured, not two that play as one ({name}).")
    if isinstance(load_instrument(find_instrument(first)), ModalBundle):
        raise BadInput(f"{name} is one sound without a network; only instruments with a network are measured.")


def check_torchscript(name: str) -> None:
    """JamboxError, before minutes of work, if torch is not there or may not step this instrument's network."""
    open_instrument(name, Design(48_000), runtime="torchscript")


def read_report(path: Path) -> dict[str, Any]:
    """The report in that file; BadInput, before minutes of work, if it is none or its figures make no sense."""
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path} cannot be read as a report of jambox bench.") from error
    try:
        check_report(report)
    except BadInput as error:
        raise BadInput(f"{path} is no report of jambox bench, or a damaged one.") from error
    return report


def describe_input(source: Path | None) -> dict[str, str] | None:
    """What tells one recording from another, for the report; None for the demo's melody."""
    if source is None:
        return None
    try:
        return {"name": source.name, "sha256": hashlib.sha256(source.read_bytes()).hexdigest()}
    except OSError as error:
        raise BadInput(f"{source} cannot be read: {error.strerror}.") from error


def measured_otherwise(
    instrument: str, sung: dict[str, str] | None, old: dict[str, Any], machine: dict[str, Any] | None = None
) -> str | None:
    """What to say of a report `old` of another instrument, input or machine than these; None if it is of the same."""
    before = old.get("input") if isinstance(old.get("input"), dict) else None
    unlike = []
    if old.get("instrument", instrument) != instrument:
        unlike.append(f"{old['instrument']}, not {instrument}")
    if (before or {}).get("sha256") != (sung or {}).get("sha256"):
        names = [one.get("name", "another recording") if one else "the demo's melody" for one in (before, sung)]
        same = " of other content" if names[0] == names[1] else ""
        unlike.append(f"{names[0]}{same} as its input, not {names[1]}")
    theirs = old.get("machine") if isinstance(old.get("machine"), dict) else None
    for key, role in (("processor", "as its processor"), ("cores", "cores"), ("system", "as its system")):
        ours, other = (machine or {}).get(key), (theirs or {}).get(key)
        if ours is not None and other is not None and ours != other:
            unlike.append(f"{other} {role}, not {ours}")
    return f"it was measured with {', and with '.join(unlike)}: the costs differ by that, too." if unlike else None
