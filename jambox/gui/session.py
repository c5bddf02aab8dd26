"""What the window keeps from one start to the next, in a file of the user's own."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jambox.audiofile import replacing
from jambox.config import data_folder
from jambox.errors import JamboxError
from jambox.gui.sounding import Sounding

ZOOMS = (75, 100, 125, 150, 175, 200)
SMALLEST = (1024, 700)  # of the window, in points: pixels at a zoom of 100 %


class Session(BaseModel):
    """Look, place, device and sound. `safe`: nothing that was kept is used, and nothing is kept."""

    model_config = ConfigDict(validate_assignment=True, extra="ignore")
    format: Literal[1] = 1
    theme: Literal["dark", "light"] = "dark"
    zoom_percent: int = Field(default=100, ge=75, le=200)
    page: str = "Stage"
    size: tuple[int, int] = (1280, 800)
    maximised: bool = False
    sounding: Sounding | None = None
    # What the user chose, as the engine's command `device` names it.
    device: dict[str, Any] = {}
    takes_folder: str = ""  # "": in the music folder
    midi_ports: list[str] = []
    melody_ports: list[str] = []
    welcomed: bool = False
    safe: bool = Field(default=False, exclude=True)

    @classmethod
    def restored(cls, *, safe: bool = False) -> Session:
        """The one that was kept; a fresh one if there is none, if it cannot be read, or if `safe`."""
        if not safe:
            with contextlib.suppress(OSError, ValidationError):
                return cls.model_validate_json(session_file().read_bytes())
        return cls(safe=safe)

    def save(self) -> None:
        """Keep it; a full disk costs the session, not the music."""
        if self.safe:
            return
        with contextlib.suppress(OSError, JamboxError):
            session_file().parent.mkdir(parents=True, exist_ok=True)
            with replacing(session_file()) as part:
                part.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")


def session_file() -> Path:
    """Where it is kept."""
    return data_folder() / "window.json"
