"""`jambox calibrate`: how loud, how high and in what noise somebody sings, kept as a profile; live, or from a file."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jambox.audiofile import Sound, read_sound
from jambox.cli import options
from jambox.cli.compiling import compile_if_new
from jambox.errors import BadInput, JamboxError
from jambox.profile import InputProfile, check_name, measure_profile, save_profile
from jambox.units import note_name

if TYPE_CHECKING:
    from jambox.engine.client import EngineClient

# Of a live calibration, the share for which the room is heard; shorter ones hold too few notes.
ROOM_SHARE = 0.3
SHORTEST_S, LONGEST_S = 4.0, 120.0
_MUTED_DB = -60.0


def calibrate(
    source: Annotated[
        Path | None,
        typer.Argument(metavar="IN", help="A sound file: a few seconds of the room, then a few notes [default: live]."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What the profile is called.")] = "me",
    seconds: Annotated[float, typer.Option(help="How long to listen when live.", min=SHORTEST_S, max=LONGEST_S)] = 10.0,
    input_device: options.InputDeviceOption = None,
    output_device: options.OutputDeviceOption = None,
    host_api: options.HostApiOption = None,
    input_channel: options.InputChannelOption = None,
    sample_rate: options.SampleRateOption = None,
    block_size: options.BlockSizeOption = None,
    as_json: options.JsonOption = False,
) -> None:
    """Measure how loud and how high you sing or play, for `jambox render --profile` and `jambox play --profile`.

    Without a file it listens to the microphone: to the room first, then to a few notes, and says which is when.
    """
    check_name(name)
    device = options.chosen_device(input_device, output_device, host_api, input_channel, None, sample_rate, block_size)
    asked = {key: value for key, value in device.items() if value is not None}
    if source is not None and asked:
        raise BadInput("A file is measured as it is; the options of devices are for a live calibration.")
    sound = _listened(seconds, asked) if source is None else read_sound(source)
    compile_if_new()
    profile = measure_profile(sound.samples, sound.sample_rate, name)
    _tell(profile, save_profile(profile), as_json)


def _listened(seconds: float, device: dict[str, Any]) -> Sound:
    """What the engine's input hears for so long, the room first; nothing sounds meanwhile."""
    # Only who calibrates live waits for these.
    from jambox.engine.client import EngineClient, EngineGone
    from jambox.engine.recorder import input_file

    engine = EngineClient.join_or_start(options.tell_progress)
    before = engine.params().get("output_gain_db", 0.0)
    started = False
    try:
        started = _begin(engine, device)
        with tempfile.TemporaryDirectory(prefix="jambox-") as folder:
            path = Path(folder) / "calibration.wav"
            engine.request("record", path=str(path))
            try:
                _prompt(engine, "Be silent for a moment: the room is being measured.", ROOM_SHARE * seconds)
                _prompt(engine, "Now sing or play a few notes: low and high, soft and loud.", (1.0 - ROOM_SHARE) * seconds)
            except BaseException:
                with contextlib.suppress(JamboxError):
                    engine.request("record_stop")  # whose engine this is may record again
                raise
            ended = engine.request("record_stop")
            if ended["problem"]:
                raise JamboxError(ended["problem"])
            return read_sound(input_file(path))
    except EngineGone:
        raise JamboxError("The engine ended.") from None
    finally:
        with contextlib.suppress(JamboxError):
            _restore(engine, before, started)
        engine.close()


def _restore(engine: EngineClient, before: float, started: bool) -> None:
    """What plays is heard again, what was started for this ends: in an engine, too, that waits for its device by now."""
    from jambox.engine.client import EngineClient, EngineGone

    hosting = engine.hosting
    try:
        engine.request("set", values={"output_gain_db": before})
    except EngineGone:
        engine = EngineClient.join()
        engine.request("set", values={"output_gain_db": before})
    if hosting:
        engine.request("quit", unless_used=True)
    elif started:
        engine.request("stop")


def _begin(engine: EngineClient, device: dict[str, Any]) -> bool:
    """A stream that is silent: the engine's own, or a new one. Whether it was started for this."""
    told = engine.request("status")
    if told["state"] != "playing":
        engine.request("start", params=told["params"] | {"output_gain_db": _MUTED_DB}, **device)
        return True
    if device:
        engine.request("device", **device)
    engine.request("set", values={"output_gain_db": _MUTED_DB})
    return False


def _prompt(engine: EngineClient, sentence: str, seconds: float) -> None:
    typer.echo(f"{sentence} ({seconds:.0f} s)", err=True)
    for event in engine.happenings(seconds, lambda: False):
        if event["event"] in ("ended", "device_lost"):
            raise JamboxError(event["text"])


def _tell(profile: InputProfile, path: Path, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(profile.model_dump() | {"path": str(path), "doubts": profile.doubts}, indent=2))
        return
    for doubt in profile.doubts:
        typer.echo(doubt, err=True)
    typer.echo(
        f"{profile.name}: {profile.softest_db:.0f} to {profile.loudest_db:.0f} dB over a room at {profile.noise_db:.0f} dB, "
        f"{note_name(profile.lowest_hz)} to {note_name(profile.highest_hz)}, from {profile.sung_s:.1f} s of clear pitch. "
        f'Use it with --profile "{profile.name}".'
    )
