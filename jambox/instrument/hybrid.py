"""Names of instruments that are two: `flute+trumpet` is both at once, and `morph` says how much of which. [main]"""

from __future__ import annotations

from pathlib import Path

from jambox.errors import BadInput

JOINT = "+"


def parts_of(name: str | Path) -> tuple[str, str | None]:
    """The first instrument's name or path, and the second's (None: there is none); BadInput for more than two."""
    text = str(name)
    if JOINT not in text or Path(text).exists():
        return text, None
    first, _, second = text.partition(JOINT)
    if not first or not second or JOINT in second:
        raise BadInput(f"{text!r} is not one instrument nor two joined by {JOINT}, such as flute{JOINT}trumpet.")
    return first, second


def joined(first: str | None, second: str | None) -> str | None:
    """The name of both; BadInput if only the second was said."""
    if second is None:
        return first
    if first is None:
        raise BadInput("Two instruments play as one: say the first with -i, too.")
    return f"{first}{JOINT}{second}"


def absolute(name: str | Path) -> str:
    """The name as any other process finds it: a name stays one, a path becomes absolute."""
    parts = [part for part in parts_of(name) if part is not None]
    return JOINT.join(str(Path(part).resolve()) if any(mark in part for mark in "/\\") else part for part in parts)
