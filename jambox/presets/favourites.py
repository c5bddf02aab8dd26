"""Favourites: which presets somebody likes, in a file of the user's own; a preset that is passed on carries none. [main]"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from jambox.audiofile import replacing
from jambox.config import data_folder
from jambox.errors import BadInput
from jambox.presets.library import composed


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)
    names: list[str] = []


def favourites_file() -> Path:
    """Where they are kept."""
    return data_folder() / "favourites.json"


def favourites() -> frozenset[str]:
    """Names of the favourite presets; BadInput if their file is damaged."""
    file = favourites_file()
    try:
        return frozenset(map(composed, _File.model_validate_json(file.read_bytes()).names))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValidationError) as error:
        raise BadInput(f"The favourites in {file} cannot be read; without the file there are none.") from error


def set_favourite(name: str, liked: bool = True) -> None:
    """Count the preset `name` among the favourites, or no longer."""
    known, named = favourites(), frozenset([composed(name)])
    names = known | named if liked else known - named
    file = favourites_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"The folder {file.parent} cannot be made: {error.strerror or error}.") from error
    with replacing(file) as part:
        part.write_text(_File(names=sorted(names)).model_dump_json(indent=2) + "\n", encoding="utf-8")
