"""Which instrument a preset means: by the hash of its content, whatever it is called by now. [main]

Two instruments that play as one are joined by `+`, in name and in hash.
"""

from __future__ import annotations

from pathlib import Path

from jambox.control.library import content_hash, find_instrument, instrument_names
from jambox.errors import BadModel

JOINT = "+"


def identity(instrument: str) -> str:
    """SHA-256 of the content of the instrument that has this name (or path) now; BadModel if there is none."""
    return JOINT.join(content_hash(find_instrument(part)) for part in _parts(instrument))


def meant_by(instrument: str, known: str) -> str | None:
    """The instrument of this identity, the one of the name `instrument` first; None if it is not here."""
    names, hashes = _parts(instrument), known.split(JOINT)
    if len(names) != len(hashes):
        return None
    found = [_part_meant_by(name, wanted) for name, wanted in zip(names, hashes, strict=True)]
    return JOINT.join(name for name in found if name is not None) if None not in found else None


def _parts(instrument: str) -> list[str]:
    # A path may hold the mark too.
    return [instrument] if Path(instrument).exists() else instrument.split(JOINT)


def _part_meant_by(name: str, wanted: str) -> str | None:
    return next((other for other in (name, *instrument_names()) if _is(other, wanted)), None)


def _is(name: str, wanted: str) -> bool:
    try:
        return identity(name) == wanted
    except (BadModel, OSError):
        return False
