"""Presets written: saved, taken in, passed on, brought up to date; never half, over another only if told to. [main]"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jambox.audiofile import replacing
from jambox.config import preset_folders
from jambox.errors import BadInput
from jambox.presets.identity import identity
from jambox.presets.library import composed, path_in, preset_names, preset_path, read_bytes, read_preset
from jambox.presets.preset import Preset, preset_text


def with_hash(preset: Preset) -> Preset:
    """The preset with the content hash of the instrument that has its instrument's name now; BadModel if none has."""
    return replace(preset, instrument_hash=identity(preset.instrument))


def save_preset(name: str, preset: Preset, overwrite: bool = False) -> Path:
    """Keep a preset among the user's own, under `name`; the file.

    Another one of that name, shipped or not, gives way only with `overwrite`; BadInput otherwise.
    """
    return _keep(name, preset_text(preset).encode("utf-8"), overwrite)


def import_preset(source: Path, name: str, overwrite: bool = False) -> tuple[Path, Preset]:
    """Take the very content of a file among the user's own presets, under `name`, if it is a preset; where, and what."""
    preset = read_preset(source)
    return _keep(name, read_bytes(source), overwrite), preset


def export_preset(name: str, target: Path, overwrite: bool = False) -> None:
    """Write the file of the preset `name` to `target`, whatever later versions have put into it; BadInput as above."""
    source = preset_path(name)
    read_preset(source)
    if target.exists() and (target.is_dir() or not overwrite or target.samefile(source)):
        raise BadInput(f"{target} exists already; --force writes over a file that is another one.")
    _write(target, read_bytes(source))


def update_preset(path: Path) -> Preset:
    """Write a preset's file anew: in the present format, with the content hash of the instrument of today."""
    preset = with_hash(read_preset(path))
    _write(path, preset_text(preset).encode("utf-8"))
    return preset


def _keep(name: str, content: bytes, overwrite: bool) -> Path:
    path = path_in(preset_folders()[0], name)
    if composed(name) in preset_names() and not overwrite:
        raise BadInput(f"There is a preset {name!r} already; --force puts this one in its place.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"The folder {path.parent} cannot be made: {error.strerror or error}.") from error
    _write(path, content)
    return path


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as part:
        part.write_bytes(content)
