"""Where a dataset may be written: never over anything that Jambox did not write, and whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jambox.errors import BadInput
from jambox.train.dataset import INDEX_FILE
from jambox.train.survey.picture import PICTURE_FILE
from jambox.train.survey.survey import SURVEY_FILE

RECORDINGS_FOLDER = "recordings"
_PARTS = (RECORDINGS_FOLDER, SURVEY_FILE, PICTURE_FILE, INDEX_FILE)


def check_out(out: Path, root: Path, *, inside: bool) -> None:
    """BadInput unless a dataset made of what lies in `root` may be written to `out`; `inside`: within `root` is fine.

    `out` must be missing, empty, or a dataset that Jambox wrote; and it must not be where the recordings are.
    """
    here, there = out.resolve(), root.resolve()
    if here == there or here in there.parents or (there in here.parents and not inside):
        raise BadInput(f"{out} and the recordings in {root} would lie in each other: name a folder beside them.")
    if not out.exists():
        return
    if not out.is_dir():
        raise BadInput(f"{out} is a file: name a folder for the dataset.")
    if any(out.iterdir()) and not _is_ours(out):
        raise BadInput(f"{out} is not empty and no dataset: name another folder.")


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A new folder to write a dataset into, which takes its place in `out` at the end.

    If anything fails before that, `out` stays as it was and nothing else is left behind.
    """
    out = out.resolve()
    beside = next(folder for folder in out.parents if folder.is_dir())
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=beside) as temporary:
        new, old = Path(temporary) / "new", Path(temporary) / "old"
        new.mkdir()
        old.mkdir()
        yield new
        out.mkdir(parents=True, exist_ok=True)
        _swap(out, new, old)


def _is_ours(folder: Path) -> bool:
    """Whether the index is one of ours (of any version) and the folder of recordings holds nothing but what we write."""
    try:
        index = json.loads((folder / INDEX_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(index, dict) or not {"format", "entries", "feature_hash"} <= index.keys():
        return False
    recordings = folder / RECORDINGS_FOLDER
    if not recordings.exists():
        return True
    return recordings.is_dir() and all(path.suffix == ".safetensors" for path in recordings.iterdir())


def _swap(out: Path, new: Path, old: Path) -> None:
    """Put the parts of `new` in `out` and what they replace in `old`; all back if that fails.

    The parts are moved and not the folder, which may be somebody's current one and may hold other things besides.
    """
    # The index is there last: a folder without it is no dataset.
    parts = [(out / name, old / name) for name in reversed(_PARTS)] + [(new / name, out / name) for name in _PARTS]
    try:
        for source, target in parts:
            if source.exists():
                shutil.move(source, target)
    except BaseException:
        # Told from the disk: Ctrl+C may come between a move and a note of it.
        for source, target in reversed(parts):
            if target.exists() and not source.exists():
                shutil.move(target, source)
        raise
