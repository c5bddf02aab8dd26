"""Instruments added to the user's own: a folder or a `.ts` file, checked first, copied whole or not at all. [main]"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from jambox.config import model_folders
from jambox.control.bundle import CARD_FILE, MODEL_FILE, load_bundle, model_file
from jambox.control.library import content_hash, find_instrument, instrument_names
from jambox.errors import BadInput

# What lies beside the model and belongs to it (see instrument/opening.py).
_COMPANIONS = ("room.wav", "LICENSE", "LICENSE.txt", "README.md")


def add_instrument(source: Path) -> tuple[str, bool]:
    """Copy the instrument in a folder or `.ts` file among the user's own; its name here, and whether it is new.

    What is here already, by its content, is not copied again. Another instrument of that name keeps it, and the newcomer
    gets a number behind its own. BadModel says why something cannot be played; BadInput why it cannot be kept.
    """
    bundle = load_bundle(source)
    known = content_hash(source)
    for name in instrument_names():
        if content_hash(find_instrument(name)) == known:
            return name, False
    name, folder = _free_name(bundle.card.name), model_folders()[0]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".coming-", dir=folder))
        try:
            shutil.copyfile(model_file(source), part / MODEL_FILE)
            (part / CARD_FILE).write_text(bundle.card.as_json(), encoding="utf-8")
            for companion in _COMPANIONS if source.is_dir() else ():
                if (source / companion).is_file():
                    shutil.copyfile(source / companion, part / companion)
            part.chmod(0o755)
            part.rename(folder / name)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise BadInput(f"{source} could not be copied to {folder}: {error.strerror or error}.") from error
    return name, True


def looks_like_instrument(path: Path) -> bool:
    """Whether somebody who hands over `path` means an instrument: a `.ts` file, or a folder with a model in it."""
    return path.suffix.lower() == ".ts" if path.is_file() else (path / MODEL_FILE).is_file()


def _free_name(wanted: str) -> str:
    taken = instrument_names()
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"
