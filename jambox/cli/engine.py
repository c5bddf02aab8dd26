"""`jambox engine ...`: look at the engine that plays, and change what it does, from any other terminal."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from jambox.cli import options
from jambox.cli.midi import tell_ports
from jambox.cli.telling import broken_inputs
from jambox.engine.client import EngineClient
from jambox.errors import BadInput, JamboxError
from jambox.instrument.hybrid import joined
from jambox.params import parse_settings

app = typer.Typer(help="Look at the engine that plays, or change what it does.", no_args_is_help=True)


def _joined() -> EngineClient:
    return EngineClient.join()


@contextlib.contextmanager
def _reopening(*, reading: bool = True) -> Iterator[EngineClient]:
    """The engine, for what may end its stream; whoever ends a recording by that is told, and where it is."""
    engine = EngineClient.join(reading=reading)
    try:
        yield engine
    finally:
        # What a command brings about is told before its answer.
        for event in engine.events:
            if "files" in event:
                where = f"The recording ended with the stream; it is in {' and '.join(event['files'])}."
                typer.echo(f"jambox: {where if event['files'] else event['text']}", err=True)


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
            f"{_what_plays(told)}, {meters['dropouts']} dropouts: {meters['dropouts_ours']} ours, "
            f"{meters['dropouts_machine']} the machine's, {meters['dropouts_device']} the device's."
        )
        if meters["howls"]:
            typer.echo(
                f"The loudspeaker fed back {meters['howls']} time{'s'[: meters['howls'] > 1]}; "
                f"the output is turned down by {-meters['ducked_db']:.0f} dB now."
            )
        if meters["broken_inputs"]:
            typer.echo(broken_inputs(meters["broken_inputs"]))
        if meters["recorded_s"]:
            typer.echo(f"A recording runs, {meters['recorded_s']:.1f} s long by now.")


def _what_plays(told: dict[str, Any]) -> str:
    return (
        f"{told['instrument']} on {told['device']} at {told['sample_rate']} Hz, latency "
        f"{1e3 * told['latency_s']['total']:.1f} ms"
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
def midi(
    ports: Annotated[list[str] | None, typer.Argument(help="Names of ports or parts of them, or all.")] = None,
    melody: options.MelodyPortOption = None,
    off: Annotated[bool, typer.Option("--off", help="Play from no port and to none any more.")] = False,
    as_json: options.JsonOption = False,
) -> None:
    """Say which MIDI ports are played from, or play from others."""
    engine = _joined()
    found = engine.request("midi", ports=[] if off else ports or None, melody=[] if off else melody or None)
    if as_json:
        meters = engine.meters()
        counts = {name: meters[name] for name in ("midi_messages", "midi_notes", "midi_late")}
        typer.echo(json.dumps({key: found[key] for key in ("wishes", "ports", "open", "melody", "missing")} | counts))
        return
    tell_ports(found["ports"], [port["name"] for port in found["open"]])
    for wish in found["missing"]:
        typer.echo(f"There is no port {wish!r} yet; it is waited for.")
    meters = engine.meters()
    typer.echo(f"{meters['midi_messages']} messages, {meters['midi_notes']} notes, {meters['midi_late']} events late.")


@app.command()
def song(
    path: Annotated[Path | None, typer.Argument(help="A MIDI file.")] = None,
    end: Annotated[bool, typer.Option("--end", help="Play no more of the one that plays.")] = False,
) -> None:
    """Play a MIDI file from now on."""
    if (path is None) != end:
        raise BadInput("Say which MIDI file to play, or --end.")
    told = _joined().request("song", path=str(path.resolve()) if path is not None else None)
    for sentence in told.get("passed_over", []):
        typer.echo(f"jambox: {sentence}", err=True)


@app.command()
def learn(
    param: Annotated[str, typer.Argument(help="The parameter that is to be moved (see: jambox params).")],
    minimum: Annotated[float | None, typer.Option(help="Where it is at the lower end [default: its own].")] = None,
    maximum: Annotated[float | None, typer.Option(help="Where it is at the upper end [default: its own].")] = None,
    seconds: Annotated[float, typer.Option(help="How long to wait for a controller.", min=0)] = 30.0,
) -> None:
    """Let the MIDI controller that is moved next move a parameter; it is remembered for this keyboard."""
    engine = _joined()
    if not engine.request("learn", param=param, minimum=minimum, maximum=maximum)["keyboards"]:
        engine.request("learn", param=None)
        raise JamboxError("No MIDI port is open: jambox engine midi all.")
    typer.echo("Move a knob, fader, wheel or pedal.")
    for event in engine.happenings(seconds, lambda: False):
        if event["event"] == "learnt":
            typer.echo(f"{event['keyboard']}: {event['text']}")
            return
    engine.request("learn", param=None)
    raise JamboxError("No controller was moved.")


@app.command()
def mappings(
    forget: Annotated[str | None, typer.Option(help="Let nothing move this parameter any more.")] = None,
    as_json: options.JsonOption = False,
) -> None:
    """Say which MIDI controllers move which parameters."""
    told = _joined().request("mappings", forget=forget)["mappings"]
    if as_json:
        typer.echo(json.dumps(told))
        return
    for keyboard, lines in told.items():
        typer.echo(f"{keyboard}:")
        for line in lines:
            typer.echo(f"  {line}")


@app.command()
def load(
    instrument: Annotated[
        str | None, typer.Option("--instrument", "-i", help="Name of an instrument, or path of its folder.")
    ] = None,
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
        raise BadInput("Say what to load: --instrument, --morph, --preset, --room or --scale.")
    with _reopening() as engine:
        engine.request("load", **content, trusted=trust)


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
    content = {key: value for key, value in content.items() if value is not None}
    if not content:
        raise BadInput("Say what to play through: --output-device, --block-size, ... (see: jambox engine device --help).")
    with _reopening() as engine:
        engine.request("device", **content)
        told = engine.request("status")
        plays = told["state"] == "playing"
        typer.echo(f"{_what_plays(told)}." if plays else f"Nothing plays now ({told['state']}); that is for when it does.")


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
    # That much every version understands: it is how one whose record cannot be read any more is made to go.
    with _reopening(reading=False) as engine:
        engine.request("quit")
    typer.echo("The engine has ended.")
