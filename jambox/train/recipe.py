"""What an instrument is made of, as data: `models/recipes/NAME.toml` names the recordings, their terms and their quirks."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jambox.control.card import Source
from jambox.errors import BadInput


class RecipeSource(BaseModel):
    """One set of recordings made alike. Globs are relative to the data root."""

    model_config = ConfigDict(extra="forbid")
    name: str
    url: str = ""
    licence: str
    credit: str
    changes: str = ""
    files: list[str]
    validation: list[str] = []
    # Whence the true pitch comes: note names in the manifest (for files without one, the tracker), a score beside the
    # recording, or the tracker alone.
    pitch: Literal["manifest", "score", "tracker"] = "tracker"
    # Above this frequency the recordings hold nothing (lossy coding): left out of every loss and extrapolated.
    highest_hz: float = Field(default=20_000.0, gt=1000.0)
    gain_db: float = 0.0
    # Further gain by the manifest's dynamic. A library that brings every note to one level has lost what tells a soft note
    # from a loud one: this gives it back.
    dynamics_db: dict[str, float] = {}
    # Reverberation time of the room; 0 for dry recordings. Late reverberation is kept out of the noise bands.
    reverberation_s: float = Field(default=0.0, ge=0.0)
    # Below this frequency, and below half the note's pitch, the room sounds and not the instrument. (A bow does, to 150 Hz.)
    rumble_hz: float = Field(default=20_000.0, gt=0.0)
    weight: float = Field(default=1.0, gt=0.0)
    # Further weight of recordings that are no single note: only phrases show how one note becomes the next.
    phrase_weight: float = Field(default=1.0, gt=0.0)

    def as_card(self) -> Source:
        """The part of the source that a card repeats."""
        return Source(name=self.name, url=self.url, licence=self.licence, credit=self.credit, changes=self.changes)


class Recipe(BaseModel):
    """An instrument to be trained."""

    model_config = ConfigDict(extra="forbid")
    name: str
    description: str
    licence: str
    sources: list[RecipeSource] = Field(alias="source", min_length=1)
    # Settings of training that this material wants otherwise than the defaults (names of TrainConfig).
    training: dict[str, int | float] = {}


def load_recipe(path: Path | str) -> Recipe:
    """The recipe in a TOML file; BadInput naming the first wrong entry, or saying that this is no recipe at all."""
    path = Path(path)
    if path.suffix.lower() != ".toml":
        raise BadInput(f"{path} is neither a folder nor a recipe (.toml).")
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadInput(f"{path} cannot be read.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is neither a folder nor a recipe: it is no text.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path} is no TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{path} has a wrong entry: {where}: {first['msg']}.") from error


def recipe_for_folder(folder: Path) -> Recipe:
    """The recipe of somebody's own folder of recordings: everything in it, terms unstated, a tenth for validation."""
    name = "".join(c if c.isalnum() else "-" for c in folder.resolve().name.lower()).strip("-") or "instrument"
    endings = ("wav", "flac", "mp3", "ogg", "aif", "aiff")
    patterns = [f"**/*.{''.join(f'[{c}{c.upper()}]' for c in ending)}" for ending in endings]
    source = RecipeSource(name=folder.resolve().name, licence="unstated", credit="unstated", files=patterns)
    return Recipe(name=name, description=f"Trained on the recordings in {folder.name}.", licence="unstated", source=[source])
