"""`jambox prepare`: from recordings to a dataset, and what was found in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from jambox.errors import JamboxError

_HINT = "Preparing needs scipy and matplotlib: pip install 'jambox[train]'"


def prepare(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of recordings, or a recipe (.toml).")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the dataset.")],
    data: Annotated[Path, typer.Option(help="Folder that the paths of a recipe are relative to.")] = Path(),
    processes: Annotated[
        int | None, typer.Option(help="Processes on this machine (default: one a core).", min=1, show_default=False)
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Work on the Dask cluster whose scheduler is at ADDRESS (tcp://host:8786). Its workers need the same "
            "Jambox, and must see DIR and DATASET under the same paths (a shared file system).",
        ),
    ] = None,
    keep_doubtful: Annotated[
        bool, typer.Option("--keep-doubtful", help="Also use what sounds like speech or several notes at once.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the survey as JSON, and nothing else.")] = False,
) -> None:
    """Measure recordings as the live analysis hears them, into a dataset to train on, and tell whether they will do.

    The dataset holds the survey too: survey.json and survey.png.
    """
    try:
        from jambox.train.prepare import prepare as run
        from jambox.train.survey.report import read_survey
    except ImportError as error:
        raise JamboxError(f"{_HINT} ({error.name} is missing).") from error
    run(source, out, data=data, processes=processes or _cores(), cluster=dask, keep_doubtful=keep_doubtful, quiet=as_json)
    survey = read_survey(out)
    if as_json:
        typer.echo(survey.model_dump_json(indent=1))
        return
    from rich.console import Console

    from jambox.train.survey.text import render_survey

    console = Console(highlight=False)
    console.print(render_survey(survey))
    console.print(f"{out}: dataset, survey.json, survey.png", style="dim", soft_wrap=True)


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
