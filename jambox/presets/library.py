"""Presets by name: the user's own and the shipped ones, found, numbered and read. [main]"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

from jambox.config import preset_folders
from jambox.errors import BadInput, BadModel
from jambox.presets.identity import identity, meant_by
from jambox.presets.preset import LARGEST_BYTES, Preset, parse_preset

# Bytes as well, since file systems count those: letters of some alphabets have up to four.
_MOST_LETTERS, _MOST_BYTES = 64, 240
# Windows takes these for devices, whatever stands behind a dot.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


def preset_names() -> list[str]:
    """Names of all presets that can be found, sorted."""
    return sorted({name for folder in preset_folders() for name in _names_in(folder)})


def numbered() -> list[str]:
    """Names of all presets, in the order in which MIDI programs count them from 0: the shipped ones, then the user's own,
    both sorted. One of the user's that stands for a shipped one of its name has that one's number."""
    own, shipped = preset_folders()
    factory = _names_in(shipped)
    return [*factory, *(name for name in _names_in(own) if name not in factory)]


def is_shipped(name: str) -> bool:
    """Whether what `load_preset` finds under this name came with Jambox."""
    own, shipped = preset_folders()
    return composed(name) in _names_in(shipped) and composed(name) not in _names_in(own)


def load_preset(name: str) -> Preset:
    """The preset `name`, the user's own before a shipped one; BadInput says what is wrong with it.

    Its `instrument` is the one with the very content that the preset was made with, whatever that one is called by now;
    where there is none, the one of its name, with a warning.
    """
    return read_preset(preset_path(name))


def read_preset(path: Path) -> Preset:
    """As `load_preset`, from any file."""
    return _with_instrument_found(parse_preset(read_bytes(path), path.stem, path), path.stem)


def read_bytes(path: Path) -> bytes:
    """Content of a preset's file, one byte more than it may have at the most; BadInput if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"The preset {path} cannot be read: {error.strerror or error}.") from error


def preset_path(name: str) -> Path:
    """The file of the preset `name`; BadInput if there is none, or if this is no name."""
    for folder in preset_folders():
        path = path_in(folder, name)
        if path.is_file():
            return path
    raise BadInput(f"There is no preset {name!r}; the presets are: {', '.join(preset_names()) or 'none'}.")


def path_in(folder: Path, name: str) -> Path:
    """The file of the preset `name` in a folder, or where it would be; BadInput if this is no name."""
    path = folder / f"{check_name(name)}.json"
    # macOS takes names apart, and a file of its may have come here as it is.
    taken_apart = folder / unicodedata.normalize("NFD", path.name)
    return taken_apart if taken_apart.is_file() and not path.is_file() else path


def composed(name: str) -> str:
    """A name in the one spelling that counts (NFC, Unicode Standard Annex 15): an umlaut may be one letter, or two."""
    return unicodedata.normalize("NFC", name)


def check_name(name: str) -> str:
    """`name`, composed, if it can be a preset's, so that none leads out of the folders: letters (of any alphabet, with their
    marks), digits, spaces, `-` and `_`, a letter or a digit first."""
    name = composed(name)
    if not _is_name(name):
        raise BadInput(
            f"{name!r} is not a preset name: it takes letters, digits, spaces, - and _, at most {_MOST_LETTERS}, "
            "begins with a letter or a digit, and is none that Windows keeps for itself."
        )
    return name


def _is_name(name: str) -> bool:
    kinds = [unicodedata.category(letter)[0] for letter in name]
    return (
        0 < len(name) <= _MOST_LETTERS
        and kinds[0] in "LN"
        and all(kind in "LNM" or letter in " _-" for kind, letter in zip(kinds, name, strict=True))
        and len(name.encode("utf-8")) <= _MOST_BYTES
        and name.rstrip().lower() not in _DEVICES
    )


def _names_in(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted({name for path in folder.glob("*.json") if _is_name(name := composed(path.stem))})


def _with_instrument_found(preset: Preset, key: str) -> Preset:
    if not preset.instrument_hash:
        return preset
    found = meant_by(preset.instrument, preset.instrument_hash)
    if found is not None:
        return replace(preset, instrument=found)
    try:
        identity(preset.instrument)
    except (BadModel, OSError):
        warning = f"The preset {key} is for {preset.instrument}, which is not here: it cannot be played."
    else:
        warning = f"The preset {key} was made with another {preset.instrument} than the one that is here."
    return replace(preset, warnings=(*preset.warnings, warning))
