"""`jambox prepare` and `jambox train`: from recordings to an instrument."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jambox.errors import JamboxError

_HINT = "Training needs torch, scipy and matplotlib: pip install 'jambox[train]'"


def prepare(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of recordings, or a recipe (.toml).")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the dataset.")],
    data: Annotated[Path, typer.Option(help="Folder that the paths of a recipe are relative to.")] = Path(),
    processes: Annotated[int, typer.Option(help="Recordings measured at a time.", min=1)] = 1,
) -> None:
    """Measure recordings as the live analysis hears them, into a dataset to train on."""
    try:
        from jambox.train.prepare import prepare as run
    except ImportError as error:
        raise JamboxError(f"{_HINT} ({error.name} is missing).") from error
    index = run(source, out, data=data, processes=processes)
    for name, reason in index.dropped.items():
        typer.echo(f"left out {name}: {reason}", err=True)
    kept = len(index.entries)
    typer.echo(f"{out}: {kept} recordings, {len(index.dropped)} left out")


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
