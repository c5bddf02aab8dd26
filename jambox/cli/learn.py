"""`jambox train` and `jambox diagnose`: from a dataset to an instrument, and what ails a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from jambox.cli import options
from jambox.errors import BadInput, JamboxError
from jambox.train.config import TrainConfig
from jambox.train.curves import read_curves, run_folder
from jambox.train.diagnose import diagnose as verdict_on
from jambox.train.settings import config_as_toml, layered_config, write_settings

_HINT = "Training needs torch, scipy, matplotlib and more: pip install 'jambox[train]'"


def train(
    dataset: Annotated[Path | None, typer.Argument(metavar="DATASET", help="What jambox prepare wrote.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the instrument; the run lies beside it, in OUT.run.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (.toml) over those of the recipe.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting over all others; repeatable.")
    ] = None,
    probe: Annotated[
        Path | None, typer.Option(help="Recording of singing for the previews [default: a synthesised voice].")
    ] = None,
    write_config: Annotated[
        Path | None, typer.Option("--write-config", help="Write all settings with their defaults and meaning, and stop.")
    ] = None,
    evaluate: Annotated[bool, typer.Option(help="Judge the instrument on held-out recordings at the end.")] = True,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but the verdict.")] = False,
) -> None:
    """Train an instrument on a dataset; run the same command again to go on after an interruption.

    Several processes or machines: torchrun --nproc-per-node N -m jambox train DATASET --out DIR
    """
    if write_config is not None:
        write_settings(write_config, config_as_toml(TrainConfig()))
        typer.echo(f"{write_config}: all settings with their defaults")
        return
    if dataset is None or out is None:
        raise BadInput("jambox train takes DATASET --out DIR, or --write-config FILE.")
    try:
        from jambox.train.dataset import Dataset
        from jambox.train.train import train as run
    except ImportError as error:
        raise JamboxError(f"{_HINT} ({error.name} is missing).") from error
    chosen = layered_config(Dataset(dataset).index.training, config, settings or [])
    run(dataset, out, chosen, probe=probe, quiet=quiet, evaluate=evaluate)
    if int(os.environ.get("RANK", "0")) == 0:
        typer.echo(verdict_on(read_curves(run_folder(out))).in_words())


def diagnose(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run (DIR.run), or of its instrument (DIR).")],
    as_json: options.JsonOption = False,
) -> None:
    """Say what ails a training run, and what to do: overfit, underfit, silent, noisy, reverberant, or healthy."""
    verdict = verdict_on(read_curves(run_folder(run)))
    typer.echo(verdict.model_dump_json(indent=2) if as_json else verdict.in_words())
