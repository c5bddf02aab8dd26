"""What sounds, as the window keeps it, compares it and brings it back: who plays, in which room and tuning, how turned."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, FiniteFloat

from jambox.config import DEFAULT_INSTRUMENT
from jambox.params import BY_ID, defaults


class Sounding(BaseModel):
    """An instrument (or two, joined by +), the preset that it came from, files of room and tuning, every parameter."""

    model_config = ConfigDict(frozen=True)
    instrument: str = DEFAULT_INSTRUMENT
    preset: str | None = None
    room: str | None = None
    scale: str | None = None
    params: dict[str, FiniteFloat] = {}

    def command(self) -> dict[str, Any]:
        """Content of a `start` or `load` after which exactly this sounds, whatever did before."""
        preset = {"preset": self.preset} if self.preset is not None else {}
        params = dict(zip(BY_ID, defaults().tolist(), strict=True)) | self.known_params()
        return {
            "instrument": self.instrument,
            **preset,
            "room": self.room or "",
            "scale": self.scale or "",
            "params": params,
        }

    def known_params(self) -> dict[str, float]:
        """Parameters of this version, within their ranges: what was kept may be of another one."""
        rows = ((BY_ID[id], value) for id, value in self.params.items() if id in BY_ID)
        return {row.id: min(max(value, row.minimum), row.maximum) for row, value in rows}

    @property
    def has_files(self) -> bool:
        """Whether a room or a tuning of a file belongs to it."""
        return self.room is not None or self.scale is not None

    def without_files(self) -> Sounding:
        """The same in one of our rooms, in the usual tuning."""
        return self.model_copy(update={"room": None, "scale": None})

    def differs_only_in_params(self, other: Sounding) -> bool:
        """Whether to get from one to the other it is enough to turn knobs."""
        return self.model_copy(update={"params": other.params}) == other


def sounding_of(plan: dict[str, Any], params: dict[str, float]) -> Sounding:
    """What the plan in an engine's `status` says, with the parameters as they are now."""
    kept = {name: plan.get(name) or None for name in ("preset", "room", "scale")}
    return Sounding(instrument=str(plan["instrument"]), params=params, **kept)
