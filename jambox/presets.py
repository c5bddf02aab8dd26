"""Presets: an instrument and some parameters, as plain values in a JSON file that outlives versions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jambox.config import preset_folders
from jambox.errors import BadInput
from jambox.params import BY_ID, checked

PRESET_FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,63}")


@dataclass(frozen=True)
class Preset:
    """A named sound; parameters that it does not name keep their defaults."""

    name: str
    instrument: str
    params: dict[str, float]
    description: str = ""
    tags: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def preset_names() -> list[str]:
    """Names of all presets that can be found, sorted."""
    return sorted({path.stem for folder in preset_folders() if folder.is_dir() for path in folder.glob("*.json")})


def load_preset(name: str) -> Preset:
    """The preset `name`, the user's own before a shipped one; BadInput says what is wrong with it.

    A parameter that this version does not know is left out with a warning; one outside its range is refused.
    """
    if not _NAME.fullmatch(name):
        raise BadInput(f"{name!r} is not a preset name.")
    for folder in preset_folders():
        path = folder / f"{name}.json"
        if path.is_file():
            return _read(path)
    raise BadInput(f"There is no preset {name!r}; the presets are: {', '.join(preset_names()) or 'none'}.")


def _read(path: Path) -> Preset:
    try:
        fields: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"The preset {path} cannot be read: {error}.") from error
    if not isinstance(fields, dict) or fields.get("format") != PRESET_FORMAT:
        raise BadInput(f"The preset {path} is not of format {PRESET_FORMAT}.")
    instrument, values = fields.get("instrument"), fields.get("params", {})
    if not isinstance(instrument, str) or not isinstance(values, dict):
        raise BadInput(f"The preset {path} lacks its instrument or its params.")
    tags = fields.get("tags", [])
    if not isinstance(tags, list):
        raise BadInput(f"The preset {path} has tags that are no list.")
    known: dict[str, float] = {}
    warnings = []
    for id, value in values.items():
        if id not in BY_ID:
            warnings.append(f"The preset {path.stem} has a parameter {id!r} that this version does not know.")
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            raise BadInput(f"The preset {path} gives {id} a value that is no number.")
        else:
            try:
                known[id] = checked(id, float(value))
            except (BadInput, OverflowError) as error:
                raise BadInput(f"The preset {path} cannot be used: {error}") from error
    return Preset(
        name=str(fields.get("name", path.stem)),
        instrument=instrument,
        params=known,
        description=str(fields.get("description", "")),
        tags=tuple(str(tag) for tag in tags),
        warnings=tuple(warnings),
    )
