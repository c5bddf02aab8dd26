"""Options that several commands share, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jambox.errors import BadInput
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


def plain(instrument: str | None) -> str | None:
    """An instrument as another process finds it: a name stays one, a path becomes absolute."""
    if instrument is None or not any(mark in instrument for mark in "/\\"):
        return instrument
    return str(Path(instrument).resolve())


def chosen_channels(text: str | None) -> dict[str, int]:
    """`3` or `3-4`, counted from 1, as the engine counts output channels; BadInput for anything else."""
    if text is None:
        return {}
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()) or not 1 <= int(first) <= int(last or first):
        raise BadInput(f"Output channels are a number or two with a dash, such as 3-4, not {text!r}.")
    return {"first_out": int(first) - 1, "n_out": int(last or first) - int(first) + 1}


def tell_progress(sentence: str) -> None:
    """What takes its time before anything sounds, to whoever waits."""
    typer.echo(sentence, err=True)
