"""Which controller moves which parameter: the table's defaults, and what was learnt, kept for each keyboard in a file."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from jambox.config import data_folder
from jambox.errors import BadInput
from jambox.midi.controllers import Controller, Kind
from jambox.params import BY_ID, PARAMS, Param

_FORMAT = 1


class Mapping(BaseModel):
    """A controller and the parameter that it moves from `minimum` (its lower end) to `maximum`; a channel of None is any."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    param: str
    kind: Kind
    channel: int | None = Field(None, ge=0, le=15)
    number: int = Field(ge=0, le=16383)
    minimum: FiniteFloat
    maximum: FiniteFloat

    @model_validator(mode="after")
    def _within_the_parameter(self) -> Mapping:
        row = BY_ID.get(self.param)
        if row is None:
            raise ValueError(f"there is no parameter {self.param!r}")
        if not all(row.minimum <= end <= row.maximum for end in (self.minimum, self.maximum)):
            raise ValueError(f"{self.param} goes from {row.minimum:g} to {row.maximum:g}")
        return self

    @property
    def row(self) -> Param:
        """The parameter."""
        return BY_ID[self.param]

    def meant_by(self, controller: Controller) -> bool:
        """Whether it is this one that moved."""
        return (self.kind, self.number) == (controller.kind, controller.number) and (
            self.channel is None or self.channel == controller.channel
        )

    def value(self, place: float) -> float:
        """The parameter where the controller is at `place` (0 to 1), along the parameter's own taper."""
        if self.row.taper == "log":
            return float(self.minimum * (self.maximum / self.minimum) ** place)
        return self.minimum + (self.maximum - self.minimum) * place

    def describe(self) -> str:
        """For a person."""
        named = {"cc": "CC", "cc14": "14-bit CC", "nrpn": "NRPN"}[self.kind]
        channel = f" on channel {self.channel + 1}" if self.channel is not None else ""
        return f"{named} {self.number}{channel} moves {self.param} from {self.minimum:g} to {self.maximum:g}"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    format: int = Field(_FORMAT, ge=_FORMAT, le=_FORMAT)
    keyboard: str
    mappings: list[Mapping]


def default_mappings() -> list[Mapping]:
    """Those of the table of parameters."""
    return [
        Mapping(param=row.id, kind="cc", channel=None, number=row.cc, minimum=row.minimum, maximum=row.maximum)
        for row in PARAMS
        if row.cc is not None
    ]


def learnt(mappings: list[Mapping], new: Mapping) -> list[Mapping]:
    """With a new one in the place of whatever moved its parameter, and of what its controller moved."""
    controller = Controller(new.kind, new.channel or 0, new.number)
    return [one for one in mappings if one.param != new.param and not one.meant_by(controller)] + [new]


def load_mappings(keyboard: str) -> list[Mapping]:
    """Those of a keyboard, by the name of its port: what was saved, else the defaults. BadInput for a damaged file."""
    path = mappings_file(keyboard)
    try:
        return _File.model_validate_json(path.read_bytes()).mappings
    except FileNotFoundError:
        return default_mappings()
    except (OSError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise BadInput(f"The controllers in {path} cannot be read: {reason}.") from error


def save_mappings(keyboard: str, mappings: list[Mapping]) -> None:
    """Keep them, in one step. BadInput if they cannot be written."""
    path = mappings_file(keyboard)
    part = path.with_suffix(".part")
    content = _File(format=_FORMAT, keyboard=keyboard, mappings=mappings).model_dump_json(indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(content + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise BadInput(f"The controllers cannot be kept in {path}: {error.strerror or error}.") from error


def mappings_file(keyboard: str) -> Path:
    """Where those of a keyboard are kept, whatever its name is made of."""
    return data_folder() / "controllers" / f"{re.sub(r'[^A-Za-z0-9_-]+', '-', keyboard).strip('-') or 'unnamed'}.json"
