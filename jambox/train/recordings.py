"""Which recordings a recipe means, on which side of the validation split each lies, and what is known of its pitch."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from jambox.errors import BadInput
from jambox.train.recipe import Recipe, RecipeSource
from jambox.units import NOTE_NAMES

MANIFEST = "manifest.csv"
SCORE_ENDING = ".notes.csv"
# Everything is prepared at one rate: control hops of exactly 4 ms, and no source is of a higher bandwidth.
TRAINING_RATE = 48_000
_NOTE = re.compile(r"([A-G]#?)(-?\d+)(?: \(measured\))?")


@dataclass(frozen=True)
class Note:
    """A note that is known to sound from start_s to end_s."""

    start_s: float
    end_s: float
    midi: float


@dataclass(frozen=True)
class Recording:
    """A file of a source; `notes` is empty when nothing is known of its pitch, `gain_db` brings it to the level of others.

    `drawn`: its side of the split was drawn by the hash of its name, nobody asked for it.
    """

    path: Path
    name: str
    source: RecipeSource
    validation: bool
    notes: tuple[Note, ...] = field(default=())
    drawn: bool = False
    gain_db: float = 0.0

    @property
    def single_note(self) -> bool:
        """Whether it is known to be one note from end to end."""
        return len(self.notes) == 1 and math.isinf(self.notes[0].end_s)

    @property
    def weight(self) -> float:
        """How often training draws from it, against others of the same length."""
        return self.source.weight * (1.0 if self.single_note else self.source.phrase_weight)


def find_recordings(recipe: Recipe, root: Path) -> list[Recording]:
    """All recordings of a recipe under `root`, sorted; files that the manifest keeps for testing are left out.

    Split: the manifest's, else the source's `validation` globs, else every tenth file by the hash of its name (one at
    least when there are two).
    """
    manifest = _read_manifest(root)
    found: list[Recording] = []
    for source in recipe.sources:
        files = sorted({path for pattern in source.files for path in root.glob(pattern) if _is_recording(path)})
        if not files:
            patterns = re.sub(r"\[(.).\]", r"\1", ", ".join(source.files))  # of either case: said once
            raise BadInput(f"{root} holds no file that matches {patterns}.")
        named = {path for pattern in source.validation for path in root.glob(pattern)}
        by_hash = sorted(files, key=lambda path: hashlib.sha256(path.name.encode()).hexdigest())
        chosen = named or set(by_hash[: max(1, len(files) // 10)] if len(files) > 1 else [])
        for path in files:
            name = path.relative_to(root).as_posix()
            row = manifest.get(name)
            if row is not None and row["split"] == "test":
                continue
            validation = path in chosen if row is None else row["split"] == "val"
            drawn = row is None and not named
            gain_db = source.gain_db + source.dynamics_db.get("" if row is None else row["dynamic"], 0.0)
            found.append(Recording(path, name, source, validation, _known_notes(path, source, row), drawn, gain_db))
    return found


def check_patterns(recipe: Recipe, root: Path) -> None:
    """BadInput for the first pattern of a recipe that matches nothing: a part of a source would be missing unseen."""
    if not root.is_dir():
        raise BadInput(f"There is no folder {root}.")
    for source in recipe.sources:
        for pattern in (*source.files, *source.validation):
            if not any(_is_recording(path) for path in root.glob(pattern)):
                raise BadInput(f"{root} holds no file that matches {pattern}, of the source {source.name!r}.")


def _is_recording(path: Path) -> bool:
    """A file, and not what macOS leaves beside one."""
    return path.is_file() and not path.name.startswith("._")


def note_number(name: str) -> int:
    """MIDI number of a note name such as A4 (69) or D#3."""
    match = _NOTE.fullmatch(name)
    if match is None:
        raise BadInput(f"{name!r} is no note name.")
    return NOTE_NAMES.index(match.group(1)) + 12 * (int(match.group(2)) + 1)


def _read_manifest(root: Path) -> dict[str, dict[str, str]]:
    path = root / MANIFEST
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as lines:
        return {row["file"]: row for row in csv.DictReader(lines)}


def _known_notes(path: Path, source: RecipeSource, row: dict[str, str] | None) -> tuple[Note, ...]:
    if source.pitch == "manifest":
        if row is None:
            raise BadInput(f"{path} is not named in {MANIFEST}.")
        if not row["note"]:
            return ()
        return (Note(0.0, float("inf"), note_number(row["note"])),)
    if source.pitch == "score":
        score = path.with_name(path.stem + SCORE_ENDING)
        if not score.is_file():
            raise BadInput(f"{path} has no score {score.name} beside it.")
        with score.open(newline="", encoding="utf-8") as lines:
            rows = [Note(float(r["start"]), float(r["end"]), float(r["midi"])) for r in csv.DictReader(lines)]
        return tuple(rows)
    return ()
