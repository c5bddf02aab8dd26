"""`jambox`: the commands put together."""

from __future__ import annotations

import logging
import sys
from importlib import metadata
from typing import Annotated

import typer

from jambox.cli import analyze, bench, demo, learn, listing, play, prepare, render

app = typer.Typer(
    name="jambox",
    help="Sing, hum, whistle or play, and a trained instrument plays what you played. "
    "Exit codes: 0 done, 1 failed, 2 bad input, 3 bad instrument, 4 audio device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jambox {metadata.version('jambox')}")
        raise typer.Exit


@app.callback()
def _options(
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error: how much is told on stderr.")] = "warning",
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    if log_level not in _LEVELS:
        raise typer.BadParameter(f"the log level is one of {', '.join(_LEVELS)}")
    logging.basicConfig(level=_LEVELS[log_level], format="%(name)s: %(message)s", stream=sys.stderr)


app.command("play")(play.play)
app.command("render")(render.render)
app.command("demo")(demo.demo)
app.command("start")(play.start)
app.command("analyze")(analyze.analyze)
app.command("devices")(listing.devices)
app.command("instruments")(listing.instruments)
app.command("presets")(listing.presets)
app.command("params")(listing.params)
app.command("prepare")(prepare.prepare)
app.command("train")(learn.train)
app.command("diagnose")(learn.diagnose)
app.command("bench")(bench.bench)
app.command("compile")(play.compile_kernels)
