"""A preset, and the JSON text that it is kept as. [main]"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from jambox.config import DEFAULT_INSTRUMENT
from jambox.errors import BadInput
from jambox.params import BY_ID, checked
from jambox.presets.migration import PRESET_FORMAT, migrated

# What a preset holds fits into a hundredth of this.
LARGEST_BYTES = 1 << 20


@dataclass(frozen=True)
class Preset:
    """A named sound; parameters that it does not name keep their defaults.

    `instrument_hash` says which instrument that is (see identity), "" where nobody wrote it down; `warnings` are sentences
    about what was passed over while it was read.
    """

    name: str
    instrument: str
    params: dict[str, float]
    description: str = ""
    tags: tuple[str, ...] = ()
    author: str = ""
    instrument_hash: str = ""
    warnings: tuple[str, ...] = ()


def _one_line(text: str) -> str:
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())


_Line = Annotated[str, AfterValidator(_one_line)]


class _InstrumentEntry(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, defer_build=True)
    name: str = Field(default=DEFAULT_INSTRUMENT, min_length=1)
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64}(\+[0-9a-f]{64})?)?$")


class _File(BaseModel):
    """The file of the present format; what it does not know is kept aside and told."""

    model_config = ConfigDict(extra="allow", strict=True, defer_build=True)
    format: int
    name: _Line = ""
    author: _Line = ""
    description: _Line = ""
    tags: list[_Line] = []
    instrument: _InstrumentEntry = Field(default_factory=_InstrumentEntry)
    params: dict[str, Any] = {}


def parse_preset(content: bytes, key: str, where: object) -> Preset:
    """The preset in the bytes of a file; `key` names it where it has no name, `where` is what a refusal calls the file.

    A key or parameter that this version does not know is left out with a warning; one that is missing has its default.
    BadInput says what is wrong: no JSON, another kind of file, a later format, a value of the wrong kind or out of range.
    """
    fields = migrated(_object(content, where), where)
    try:
        file = _File.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"The preset {where} cannot be read: {place}: {first['msg']}.") from error
    unknown = [*(file.model_extra or {}), *(f"instrument.{name}" for name in file.instrument.model_extra or {})]
    warnings = [f"The preset {key} has a key {name!r} that this version does not know." for name in unknown]
    params: dict[str, float] = {}
    for id, value in file.params.items():
        if id not in BY_ID:
            warnings.append(f"The preset {key} has a parameter {id!r} that this version does not know.")
        else:
            params[id] = _value(id, value, where)
    return Preset(
        name=file.name or key,
        instrument=file.instrument.name,
        params=params,
        description=file.description,
        tags=tuple(file.tags),
        author=file.author,
        instrument_hash=file.instrument.sha256,
        warnings=tuple(warnings),
    )


def preset_text(preset: Preset) -> str:
    """The preset as its file holds it."""
    fields = {
        "format": PRESET_FORMAT,
        "name": preset.name,
        "author": preset.author,
        "description": preset.description,
        "tags": list(preset.tags),
        "instrument": {"name": preset.instrument, "sha256": preset.instrument_hash},
        "params": {id: int(value) if value.is_integer() else value for id, value in preset.params.items()},
    }
    return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


def _object(content: bytes, where: object) -> dict[str, Any]:
    if len(content) > LARGEST_BYTES:
        raise BadInput(f"The preset {where} is larger than {LARGEST_BYTES >> 20} MB; that is no preset.")
    try:
        # A lone surrogate, which JSON can spell, is no text that could be shown or written again.
        fields: Any = json.loads(content.decode("utf-8"))
        json.dumps(fields, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise BadInput(f"The preset {where} cannot be read as JSON: {_reason(error)}.") from error
    if not isinstance(fields, dict):
        raise BadInput(f"{where} is not a preset: it holds no JSON object.")
    return fields


def _value(id: str, value: Any, where: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadInput(f"The preset {where} gives {id} a value that is no number.")
    try:
        return checked(id, float(value))
    except (BadInput, OverflowError) as error:
        raise BadInput(f"The preset {where} cannot be used: {str(error).rstrip('.')}.") from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
