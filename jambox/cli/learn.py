"""`jambox train`: from a dataset to an instrument."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jambox.errors import JamboxError

_HINT = "Training needs torch, scipy and matplotlib: pip install 'jambox[train]'"


def train(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="What jambox prepare wrote.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the instrument; checkpoints lie beside it.")],
) -> None:
    """Train an instrument on a dataset; run the same command again to go on after an interruption."""
    try:
        from jambox.train.train import train as run
    except ImportError as error:
        raise JamboxError(f"{_HINT} ({error.name} is missing).") from error
    run(dataset, out)
