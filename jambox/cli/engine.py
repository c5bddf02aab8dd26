"""`jambox engine ...`: look at the engine that plays, and change what it does, from any other terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from jambox.cli import options
from jambox.engine.client import EngineClient
from jambox.errors import JamboxError
from jambox.instrument.hybrid import joined
from jambox.params import parse_settings

app = typer.Typer(help="Look at the engine that plays, or change what it does.", no_args_is_help=True)


def _joined() -> EngineClient:
    return EngineClient.join()


@app.command()
def status(as_json: options.JsonOption = False) -> None:
    """Say what plays, where, and how well."""
    engine = _joined()
    told, meters = engine.request("status"), engine.meters()
    if as_json:
        typer.echo(json.dumps({key: told[key] for key in told if key not in ("id", "ok")} | {"meters": meters}))
        return
    typer.echo(f"Process {engine.pid}: {told['state']}.")
    if told["state"] == "playing":
        typer.echo(
            f"{told['instrument']} on {told['device']} at {told['sample_rate']} Hz, latency "
            f"{1e3 * told['latency_s']['total']:.1f} ms, {meters['dropouts']} dropouts: {meters['dropouts_ours']} ours, "
            f"{meters['dropouts_machine']} the machine's, {meters['dropouts_device']} the device's."
        )


@app.command("set")
def set_params(settings: Annotated[list[str], typer.Argument(help="Parameters, as id=value.")]) -> None:
    """Change parameters."""
    _joined().request("set", values=parse_settings(settings))


@app.command()
def note(
    key: Annotated[int, typer.Argument(help="MIDI key: 60 is the middle C.", min=0, max=127)],
    velocity: Annotated[int, typer.Option(help="How hard the key is struck; 0 lets it go.", min=0, max=127)] = 100,
    seconds: Annotated[float | None, typer.Option(help="How long it is held [default: until it is let go].")] = None,
    channel: Annotated[int, typer.Option(help="MIDI channel.", min=1, max=16)] = 1,
) -> None:
    """Press a key, or let it go."""
    content = {"key": key, "velocity": velocity, "channel": channel, "seconds": seconds}
    _joined().request("note", **{name: value for name, value in content.items() if value is not None})


@app.command()
def load(
    instrument: options.InstrumentOption = None,
    preset: options.PresetOption = None,
    room: options.RoomOption = None,
    scale: options.ScaleOption = None,
    morph: options.MorphOption = None,
    trust: options.TrustOption = False,
) -> None:
    """Let another instrument, preset or room take over while it plays, by crossfade."""
    content = {
        "instrument": options.plain(joined(instrument, morph)),
        "preset": preset,
        "room": str(room.resolve()) if room else None,
        "scale": str(scale.resolve()) if scale else None,
    }
    content = {key: value for key, value in content.items() if value is not None}
    if not content:
        raise JamboxError("Say what to load: --instrument, --preset, --room or --scale.")
    _joined().request("load", **content, trusted=trust)


@app.command()
def device(
    input_device: options.InputDeviceOption = None,
    output_device: options.OutputDeviceOption = None,
    host_api: options.HostApiOption = None,
    input_channel: options.InputChannelOption = None,
    output_channels: options.OutputChannelsOption = None,
    sample_rate: options.SampleRateOption = None,
    block_size: options.BlockSizeOption = None,
) -> None:
    """Play through another device, rate or block size; instrument and parameters stay."""
    content = options.chosen_device(
        input_device, output_device, host_api, input_channel, output_channels, sample_rate, block_size
    )
    _joined().request("device", **{key: value for key, value in content.items() if value is not None})


@app.command()
def record(
    path: Annotated[Path, typer.Argument(help="New wav or flac file for the output; the input goes beside it.")],
) -> None:
    """Record from now on, until `jambox engine finish`."""
    _joined().request("record", path=str(path.resolve()))


@app.command()
def finish() -> None:
    """Finish the recording."""
    ended = _joined().request("record_stop")
    if ended["problem"]:
        raise JamboxError(ended["problem"])
    typer.echo(f"Recorded {ended['seconds']:.1f} s: {ended['path']}")


@app.command()
def panic() -> None:
    """End all sound at once; what is sung next sounds again."""
    _joined().request("panic")


@app.command()
def stop() -> None:
    """Fade out, and end the engine."""
    _joined().request("quit")
    typer.echo("The engine has ended.")
