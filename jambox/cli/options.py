"""Options that several commands share, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jambox.engine.warm import compile_all, is_compiled
from jambox.params import parse_settings
from jambox.presets import load_preset

DEFAULT_INSTRUMENT = "violin"

InstrumentOption = Annotated[
    str | None,
    typer.Option(
        "--instrument", "-i", help=f"Name of an instrument, or path of its folder [default: {DEFAULT_INSTRUMENT}]."
    ),
]
PresetOption = Annotated[str | None, typer.Option("--preset", help="Name of a preset (see: jambox presets).")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="A parameter, as id=value; may be repeated (see: jambox params).")
]
RuntimeOption = Annotated[str, typer.Option("--runtime", help="compiled or torchscript: who steps the network.")]
TrustOption = Annotated[
    bool,
    typer.Option("--trust", help="Run a TorchScript file that did not come with Jambox; it is code, so know its maker."),
]
RoomOption = Annotated[
    Path | None, typer.Option("--room", help="Impulse response of a room (a sound file of at most 4 s) for the reverb.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write a machine-readable report to stdout.")]


def chosen_sound(instrument: str | None, preset: str | None, settings: list[str] | None) -> tuple[str, dict[str, float]]:
    """Instrument and parameters meant by the options: the preset first, then what is said beside it."""
    params: dict[str, float] = {}
    if preset is not None:
        loaded = load_preset(preset)
        for warning in loaded.warnings:
            typer.echo(f"jambox: {warning}", err=True)
        instrument = loaded.instrument if instrument is None else instrument
        params |= loaded.params
    params |= parse_settings(settings or [])
    return DEFAULT_INSTRUMENT if instrument is None else instrument, params


def compile_with_progress() -> None:
    """Compile the kernels for this machine, a line a step on stderr."""
    for number, (count, what) in enumerate(compile_all()):
        typer.echo(f"Compiling for this machine ({number + 1}/{count}): {what} ...", err=True)


def compile_if_new() -> None:
    """The first start of a version compiles, and says so; every other start reads a cache."""
    if not is_compiled():
        compile_with_progress()
