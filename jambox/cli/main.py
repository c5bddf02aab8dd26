"""`jambox`: the commands put together."""

from __future__ import annotations

import importlib
import logging
import sys
from importlib import metadata
from typing import Annotated

import typer

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jambox {metadata.version('jambox')}")
        raise typer.Exit


def _options(
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error: how much is told on stderr.")] = "warning",
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    if log_level not in _LEVELS:
        raise typer.BadParameter(f"the log level is one of {', '.join(_LEVELS)}")
    logging.basicConfig(level=_LEVELS[log_level], format="%(name)s: %(message)s", stream=sys.stderr)


# Command, module in jambox.cli, function or group of commands.
_COMMANDS = {
    "play": ("play", "play"),
    "window": ("window", "window"),
    "engine": ("engine", "app"),
    "latency": ("latency", "latency"),
    "render": ("render", "render"),
    "demo": ("demo", "demo"),
    "start": ("play", "start"),
    "analyze": ("analyze", "analyze"),
    "calibrate": ("calibrate", "calibrate"),
    "melody": ("melody", "melody"),
    "devices": ("listing", "devices"),
    "midi": ("midi", "ports"),
    "instruments": ("listing", "instruments"),
    "presets": ("preset", "presets"),
    "preset": ("preset", "app"),
    "params": ("listing", "params"),
    "prepare": ("prepare", "prepare"),
    "train": ("learn", "train"),
    "diagnose": ("learn", "diagnose"),
    "sines": ("sines", "app"),
    "bench": ("bench", "bench"),
    "compile": ("compiling", "compile_kernels"),
}


def build_app(arguments: list[str]) -> typer.Typer:
    """The command line; where the first argument names a command, that alone: `play` need not load what others need."""
    app = typer.Typer(
        name="jambox",
        help="Sing, hum, whistle or play, and a trained instrument plays what you played. "
        "Exit codes: 0 done, 1 failed, 2 bad input, 3 bad instrument, 4 audio device.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        callback=_options,
    )
    for name in arguments[:1] if arguments and arguments[0] in _COMMANDS else _COMMANDS:
        module, function = _COMMANDS[name]
        command = getattr(importlib.import_module(f"jambox.cli.{module}"), function)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app
