"""Instruments added to the user's own: a folder or a model file, checked first, copied whole or not at all. [main]"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from jambox.config import model_folders
from jambox.control.bundle import CARD_FILE, MODAL_FILE, MODEL_FILE, model_file
from jambox.control.kinds import load_instrument
from jambox.control.library import content_hash, find_instrument, instrument_names
from jambox.errors import BadInput

# What lies beside the model and belongs to it (see instrument/opening.py).
_COMPANIONS = ("room.wav", "LICENSE", "LICENSE.txt", "README.md")


def add_instrument(source: Path) -> tuple[str, bool]:
    """Copy the instrument in a folder or model file among the user's own; its name here, and whether it is new.

    What is here already, by its content, is not copied again. Another instrument of that name keeps it, and the newcomer
    gets a number behind its own. BadModel says why something cannot be played; BadInput why it cannot be kept.
    """
    bundle, file = load_instrument(source), model_file(source)
    known = content_hash(source)
    for name in instrument_names():
        if content_hash(find_instrument(name)) == known:
            return name, False
    name, folder = _free_name(bundle.card.name), model_folders()[0]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".coming-", dir=folder))
        try:
            shutil.copyfile(file, part / (MODAL_FILE if file.suffix == Path(MODAL_FILE).suffix else MODEL_FILE))
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
    """Whether somebody who hands over `path` means an instrument: a model file, or a folder with one in it."""
    files = (MODEL_FILE, MODAL_FILE)
    if path.is_file():
        return path.suffix.lower() in {Path(file).suffix for file in files}
    return any((path / file).is_file() for file in files)


def _free_name(wanted: str) -> str:
    taken = instrument_names()
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"
