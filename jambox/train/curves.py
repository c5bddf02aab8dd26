"""The curves of a run: what was heard at each look, one JSON line each. Read without torch."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from jambox.errors import BadInput

CURVES_FILE = "curves.jsonl"
Stage = Literal["levels", "sound"]
Terms = dict[str, float]


class Point(BaseModel):
    """One look at a run.

    training: mean terms of the steps since the last look, augmented as they are; fit and validation: terms of the averaged
    network on fixed windows of the training side and of held-out recordings; output: how it sounds (`sounding.Sounding`);
    score: what the stage tries to make small, on the held-out side where there is one.
    """

    model_config = ConfigDict(extra="ignore")
    step: int
    stage: Stage
    planned_steps: int
    seconds: float
    training: Terms = {}
    fit: Terms = {}
    validation: Terms = {}
    output: Terms = {}
    score: float


def run_folder(out: Path) -> Path:
    """The run whose instrument lies in `out`: beside it; `out` itself if that is the run."""
    beside = out.with_name(out.name + ".run")
    return out if (out / CURVES_FILE).is_file() or not beside.is_dir() else beside


def read_curves(run: Path) -> list[Point]:
    """The points of the run in a folder; BadInput if there are none."""
    path = run / CURVES_FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInput(f"{run} is no run of jambox train: it has no {CURVES_FILE}.") from error
    points = []
    for number, line in enumerate(lines, start=1):
        try:
            points.append(Point.model_validate_json(line))
        except ValidationError as error:
            if number == len(lines):
                break  # torn by a kill: the next start writes it again
            raise BadInput(f"{path} is damaged in line {number}.") from error
    if not points:
        raise BadInput(f"{run} has not come to its first look yet: there is nothing to tell.")
    return points


def append_point(run: Path, point: Point) -> None:
    """Add a point to the curves on disk."""
    with (run / CURVES_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(point.model_dump()) + "\n")


def write_curves(run: Path, points: list[Point]) -> None:
    """Make the curves on disk those of a checkpoint: what was looked at after it comes again."""
    temporary = run / f".{CURVES_FILE}.part"
    temporary.write_text("".join(json.dumps(point.model_dump()) + "\n" for point in points), encoding="utf-8")
    os.replace(temporary, run / CURVES_FILE)
