"""Instruments by name: what lies in the model folders, and nothing outside of them. [main]"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from jambox.config import model_folders
from jambox.control.bundle import MODAL_FILE, MODEL_FILE, model_file
from jambox.errors import BadModel

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def instrument_names() -> list[str]:
    """Names of all instruments in the model folders, sorted."""
    found: set[str] = set()
    for folder in model_folders():
        if folder.is_dir():
            found.update(entry.name for entry in folder.iterdir() if _NAME.fullmatch(entry.name) and _holds_model(entry))
    return sorted(found)


def find_instrument(name_or_folder: str | Path) -> Path:
    """Folder of an instrument: a name is looked up in the model folders, the user's own first; a path is taken as it is.

    A path is a Path, or text with a separator. A name is letters, digits, `-` and `_`, so that no name leads out of the
    model folders. BadModel says which instruments there are.
    """
    if isinstance(name_or_folder, Path) or any(mark in name_or_folder for mark in "/\\"):
        path = Path(name_or_folder)
        if path.is_file() or _holds_model(path):
            return path
        raise BadModel(f"{path} is no instrument: there is no {MODEL_FILE} in it.")
    if _NAME.fullmatch(name_or_folder):
        for folder in model_folders():
            if _holds_model(folder / name_or_folder):
                return folder / name_or_folder
    if _holds_model(Path(name_or_folder)):
        raise BadModel(f"There is no instrument named {name_or_folder!r}, but a folder here: say ./{name_or_folder}.")
    known = ", ".join(instrument_names()) or "none"
    raise BadModel(f"There is no instrument named {name_or_folder!r}; the instruments are: {known}.")


def content_hash(path: Path) -> str:
    """SHA-256 of the model file in a folder (or of that path): the instrument's identity, whatever it is called."""
    file = model_file(path)
    known = file.stat()
    return _hash_of(file, known.st_mtime_ns, known.st_size)


@lru_cache(maxsize=256)
def _hash_of(file: Path, mtime_ns: int, size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _holds_model(folder: Path) -> bool:
    return (folder / MODEL_FILE).is_file() or (folder / MODAL_FILE).is_file()
