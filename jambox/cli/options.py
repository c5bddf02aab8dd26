"""Options that several commands share, each described once."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jambox.config import DEFAULT_INSTRUMENT as DEFAULT_INSTRUMENT
from jambox.errors import BadInput, JamboxError
from jambox.frames import check_sample_rate
from jambox.instrument.hybrid import absolute, parts_of
from jambox.params import BY_ID, parse_settings

if TYPE_CHECKING:
    from jambox.presets import Preset

InstrumentOption = Annotated[
    str | None,
    typer.Option(
        "--instrument", "-i", help=f"Name of an instrument, or path of its folder [default: {DEFAULT_INSTRUMENT}]."
    ),
]
PresetOption = Annotated[str | None, typer.Option("--preset", help="Name of a preset (see: jambox presets).")]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="Your input profile: level, octave and gate that fit you (see: jambox calibrate)."),
]
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
ScaleOption = Annotated[
    Path | None,
    typer.Option("--scale", help="Tuning of keys and scale: a Scala file (.scl; a .kbm of the same name beside it counts)."),
]
MorphOption = Annotated[
    str | None,
    typer.Option("--morph", help="A second instrument that plays as one with the first; the parameter morph says how much."),
]
InputDeviceOption = Annotated[str | None, typer.Option(help="Name, part of a name, or number of the input.")]
OutputDeviceOption = Annotated[str | None, typer.Option(help="Name, part of a name, or number of the output.")]
HostApiOption = Annotated[str | None, typer.Option(help="Name or part of the name of a host API, such as JACK.")]
InputChannelOption = Annotated[
    int | None, typer.Option(help="Channel of the input to sing into, from 1; 0: all of them mixed [default: 1].", min=0)
]
OutputChannelsOption = Annotated[
    str | None, typer.Option(help="Channels of the output that sound, from 1: 3, or 3-4 [default: 1-2].")
]
MidiPortOption = Annotated[
    list[str] | None,
    typer.Option(
        "--midi-port",
        help="A MIDI port to play from: its name or part of it, or all; may be repeated (see: jambox midi).",
    ),
]
MelodyPortOption = Annotated[
    list[str] | None,
    typer.Option("--melody-port", help="A MIDI port that what you sing is sent to, as notes with bends; may be repeated."),
]
SampleRateOption = Annotated[int | None, typer.Option(help="Hz [default: the device's own].")]
BlockSizeOption = Annotated[
    int | None, typer.Option(help="Frames a block; 0: as the device likes it [default].", min=0, max=8192)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write a machine-readable report to stdout.")]


def chosen_sound(
    instrument: str | None, preset: str | None, settings: list[str] | None, profile: str | None = None
) -> tuple[str, dict[str, float]]:
    """Instrument and parameters meant by the options: the preset, the player's profile, what is said beside it."""
    params: dict[str, float] = {}
    if preset is not None:
        loaded = named_preset(preset)
        instrument = loaded.instrument if instrument is None else instrument
        params |= loaded.params
    name = DEFAULT_INSTRUMENT if instrument is None else instrument
    if profile is not None:
        params = with_profile(params, profile, name)
    changes = parse_settings(settings or [])
    _tell_unheard(name, changes)
    return name, params | changes


def _tell_unheard(instrument: str, changes: dict[str, float]) -> None:
    """What was set and changes nothing is told."""
    if not changes:
        return
    # Only who sets something waits for the reader of instruments.
    from jambox.instrument.unheard import unheard

    for id in sorted(changes.keys() & unheard(instrument)):
        typer.echo(f"jambox: {id} has no effect on {instrument} (see: jambox params -i {instrument}).", err=True)


def named_preset(name: str) -> Preset:
    """The preset of that name; what was passed over in it is told."""
    # Only who plays one waits for the reader of presets and of instruments.
    from jambox.presets import load_preset

    preset = load_preset(name)
    for warning in preset.warnings:
        typer.echo(f"jambox: {warning}", err=True)
    return preset


def with_profile(params: dict[str, float], profile: str, instrument: str) -> dict[str, float]:
    """`params` for the player of a profile: shifts of pitch and loudness are added to what they are, the gate is the
    player's own."""
    # Only who has a profile waits for these.
    from jambox.control.kinds import load_instrument
    from jambox.control.library import find_instrument
    from jambox.profile import load_profile

    fitting = load_profile(profile).settings_for(load_instrument(find_instrument(parts_of(instrument)[0])).card)
    for id in ("pitch_shift_st", "loudness_shift_db"):
        row = BY_ID[id]
        fitting[id] = min(max(fitting[id] + params.get(id, row.default), row.minimum), row.maximum)
    return params | fitting


def plain(instrument: str | None) -> str | None:
    """An instrument as another process finds it: a name stays one, a path becomes absolute."""
    return None if instrument is None else absolute(instrument)


def chosen_device(
    input_device: str | None,
    output_device: str | None,
    host_api: str | None,
    input_channel: int | None,
    output_channels: str | None,
    sample_rate: int | None,
    block_size: int | None,
) -> dict[str, Any]:
    """The options of a device as the engine's commands name them; None where nothing was said. BadInput."""
    if sample_rate is not None:
        check_sample_rate(sample_rate)
    return {
        "input_device": input_device,
        "output_device": output_device,
        "host_api": host_api,
        "channel_in": None if input_channel is None else input_channel - 1,
        "sample_rate": sample_rate,
        "block_size": block_size,
        **_chosen_channels(output_channels),
    }


def _chosen_channels(text: str | None) -> dict[str, int]:
    """`3` or `3-4`, counted from 1, as the engine counts output channels; BadInput for anything else."""
    if text is None:
        return {}
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()) or not 1 <= int(first) <= int(last or first):
        raise BadInput(f"Output channels are a number or two with a dash, such as 3-4, not {text!r}.")
    return {"first_out": int(first) - 1, "n_out": int(last or first) - int(first) + 1}


def refuse_beside_engine() -> None:
    """JamboxError where an engine runs: on its device a measurement would take its place, or its cables."""
    # Only who measures a device waits for it.
    from jambox.engine.client import EngineClient, EngineGone

    with contextlib.suppress(EngineGone):
        EngineClient.join().close()
        raise JamboxError("An engine runs already; end it first, so that the device is free (jambox engine stop).")


def tell_progress(sentence: str) -> None:
    """What takes its time before anything sounds, to whoever waits."""
    typer.echo(sentence, err=True)
