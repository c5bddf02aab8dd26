"""`jambox play`: live, headless, host or guest of the one engine; `jambox start`: the same, or the demo without a device."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from jambox.cli import options
from jambox.cli.telling import Teller, introduce, say
from jambox.engine.client import OPEN_WITHIN_S, EngineClient, EngineGone
from jambox.errors import BadInput, DeviceError, JamboxError
from jambox.instrument.hybrid import joined
from jambox.params import parse_settings

FADE_IN_S = 2.0
# A device opens in less.
SLOW_S = 5.0
UNATTENDED_S = 10.0
# Of a device that is gone it says so within that.
ENDS_WITHIN_S = 8.0
_ENDING_SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


def play(
    instrument: options.InstrumentOption = None,
    preset: options.PresetOption = None,
    profile: options.ProfileOption = None,
    settings: options.SetOption = None,
    input_device: options.InputDeviceOption = None,
    output_device: options.OutputDeviceOption = None,
    host_api: options.HostApiOption = None,
    input_channel: options.InputChannelOption = None,
    output_channels: options.OutputChannelsOption = None,
    sample_rate: options.SampleRateOption = None,
    block_size: options.BlockSizeOption = None,
    midi_port: options.MidiPortOption = None,
    melody_port: options.MelodyPortOption = None,
    midi_file: Annotated[Path | None, typer.Option(help="Play this MIDI file, and end with it.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after so many seconds.", min=0)] = None,
    runtime: Annotated[
        str | None, typer.Option("--runtime", help="compiled or torchscript: who steps the network [default: compiled].")
    ] = None,
    trust: options.TrustOption = False,
    room: options.RoomOption = None,
    scale: options.ScaleOption = None,
    morph: options.MorphOption = None,
    log: Annotated[
        Path | None, typer.Option(help="Keep input, output and changes in this new folder, for render --replay.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(help="Record the output into this new wav or flac file, and the input beside it.")
    ] = None,
    find_buffer: Annotated[
        bool, typer.Option("--find-buffer", help="Try block sizes under load, recommend the smallest safe one, and end.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of the noise [default: 0].", min=0)] = None,
    as_json: options.JsonOption = False,
) -> None:
    """Play live: sing into the microphone, the instrument comes out. Ctrl-C ends it.

    Where an engine plays already, this joins it and changes what the options say; then Ctrl-C only leaves it.
    """
    device = options.chosen_device(
        input_device, output_device, host_api, input_channel, output_channels, sample_rate, block_size
    )
    params = parse_settings(settings or [])
    instrument = joined(instrument, morph)
    if profile is not None:  # it fits an instrument: whatever plays, this one plays then
        instrument, params = options.chosen_sound(instrument, preset, settings, profile)
    sound = {
        "instrument": options.plain(instrument),
        "preset": preset,
        "params": params,
        "runtime": runtime,
        "trusted": True if trust else None,
        "room": str(room.resolve()) if room else None,
        "scale": str(scale.resolve()) if scale else None,
    }
    if runtime not in (None, "compiled", "torchscript"):
        raise BadInput(f"The runtime is compiled or torchscript, not {runtime!r}.")
    if preset is not None and profile is None:
        options.named_preset(preset)
    if find_buffer:
        if block_size is not None:
            raise BadInput("--find-buffer tries the block sizes itself: leave --block-size out.")
        _find_buffer(device, sound, as_json)
        return
    run: dict[str, Any] = {"seed": seed, "log": str(log.resolve()) if log else None}
    if midi_file is not None:
        run["song"] = str(midi_file.resolve())
    _play(device, sound, run, record, seconds, as_json, midi_port, melody_port)


def start() -> None:
    """Play live if there is an audio device, else render the demo."""
    attended = sys.stdin is not None and sys.stdin.isatty()
    try:
        _play({}, {}, {}, None, None if attended else UNATTENDED_S, as_json=False)
    except DeviceError as error:
        from jambox.cli.demo import demo

        typer.echo(f"{error} So here is the demo instead of a live instrument.")
        demo(Path("demo"))


def _find_buffer(device: dict[str, Any], sound: dict[str, Any], as_json: bool) -> None:
    """Try block sizes, a line each, and say which to take; or all of it as one JSON object."""
    # All of an engine: only this one command needs it.
    from jambox.cli.compiling import compile_if_new
    from jambox.engine import search
    from jambox.engine.buffers import best_of
    from jambox.engine.making import sounding
    from jambox.engine.plan import Plan, Run

    options.refuse_beside_engine()
    compile_if_new()
    # What would be played is what is tried.
    run = Run.model_validate(device | sound)
    trials, recommendation = [], ""
    with contextlib.closing(search.search(sounding(Plan().changed(run), run))) as found:
        for one in found:
            if isinstance(one, str):
                recommendation = one
            else:
                trials.append(one)
            if as_json:
                continue
            typer.echo(
                one
                if isinstance(one, str)
                else f"{one.block_size:5} frames: {one.dropouts} dropouts in {one.seconds:g} s, "
                f"load p99.9 {100 * one.load_p999:.0f} %, {1e3 * one.latency_s:.1f} ms"
            )
    if as_json:
        tried = [asdict(trial) | {"safe": trial.safe} for trial in trials]
        best = tried[trials.index(best_of(trials))] if trials else None
        typer.echo(json.dumps({"trials": tried, "best": best, "recommendation": recommendation}))


@contextlib.contextmanager
def _until_interrupted(engine: EngineClient) -> Iterator[list[int]]:
    """Collect Ctrl-C, termination and a closed terminal instead of raising, so that the sound can fade out first.

    Whoever asks twice does not want to wait for that.
    """
    received: list[int] = []
    old = {}

    def receive(number: int, frame: FrameType | None) -> None:
        if number in received:
            raise KeyboardInterrupt
        received.append(number)
        engine.wake()

    for number in _ENDING_SIGNALS:
        old[number] = signal.signal(number, receive)
    try:
        yield received
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _play(
    device: dict[str, Any],
    sound: dict[str, Any],
    run: dict[str, Any],
    record: Path | None,
    seconds: float | None,
    as_json: bool,
    midi_ports: list[str] | None = None,
    melody_ports: list[str] | None = None,
) -> None:
    engine = EngineClient.join_or_start(options.tell_progress)
    with _until_interrupted(engine) as received:
        try:
            stream = _begin(engine, device, sound, run, as_json)
            if record is not None:
                engine.request("record", path=str(record.resolve()), from_start="song" in run)
            if not as_json:
                introduce(engine, stream)
            if midi_ports or melody_ports:
                _listen(engine, midi_ports, melody_ports, as_json)
            what = {"logged": bool(run.get("log")), "with_song": "song" in run, "recording": record is not None}
            dropouts = _play_on(engine, received, seconds, as_json, **what)
            if record is not None:
                _finish_recording(engine, record)
        except EngineGone:
            raise JamboxError("The engine ended.") from None
        except BaseException:
            with contextlib.suppress(JamboxError):
                _leave(engine)
            raise
        left = _leave(engine)
    if left.get("log_problem"):
        raise JamboxError(left["log_problem"])
    if not as_json:
        typer.echo("Left; the engine plays on." if left.get("left_running") else f"Stopped, with {dropouts} dropouts.")


def _begin(
    engine: EngineClient, device: dict[str, Any], sound: dict[str, Any], run: dict[str, Any], as_json: bool
) -> dict[str, Any]:
    """Start the engine's stream; where it plays already, or waits for its device, change what was asked for. What plays on
    what."""
    content = {key: value for key, value in {**device, **sound, **run}.items() if value is not None}
    status = _settled(engine)
    if status["state"] == "stopped":
        # A song begins with its first note.
        return _done(engine, "start", as_json, fade_in_s=FADE_IN_S if "song" not in content else 0.0, **content)
    if run.get("seed") is not None or run.get("log") is not None:
        does = "plays" if status["state"] == "playing" else "runs"
        raise BadInput(f"An engine {does} already (process {engine.pid}); a log or a seed needs a run of its own.")
    changes = {key: value for key, value in device.items() if value is not None}
    if changes:
        _done(engine, "device", as_json, **changes)
    if any(sound[name] for name in ("instrument", "preset", "room", "scale", "runtime")):
        _done(engine, "load", as_json, **{key: content[key] for key in sound if key in content})
    elif sound["params"]:
        engine.set(**sound["params"])
    if "song" in content:
        engine.request("song", path=content["song"])
    return engine.request("status")


def _settled(engine: EngineClient) -> dict[str, Any]:
    """The engine's status; that it is about to open a stream for somebody else is waited for, not begun once more."""
    until = time.monotonic() + SLOW_S
    while engine.meters()["state"] == "starting" and time.monotonic() < until:
        engine.listen(0.05)
    return engine.request("status")


def _done(engine: EngineClient, do: str, as_json: bool, **content: Any) -> dict[str, Any]:
    """The answer to a command that has to do with the device; that one keeps everybody waiting is told."""
    number = engine.ask(do, **content)
    answer = engine.answer(number, SLOW_S)
    if answer is None:
        say("The device has not answered yet; it is waited for.", as_json)
        answer = engine.answer(number, OPEN_WITHIN_S)
    if answer is None:
        raise DeviceError("The device does not answer.")
    return answer


def _listen(engine: EngineClient, ports: list[str] | None, melody: list[str] | None, as_json: bool) -> None:
    """Play from MIDI ports, and to some; without any there is a sentence, and singing goes on."""
    try:
        found = engine.request("midi", ports=ports, melody=melody)
    except JamboxError as error:
        say(str(error), as_json)
        return
    if not as_json:
        for verb, opened in (("played from", found["open"]), ("told what you sing", found["melody"])):
            if opened:
                typer.echo(f"MIDI ports {verb}: {', '.join(port['name'] for port in opened)}.")
    for wish in found["missing"]:
        say(f"There is no MIDI port {wish!r} yet; it is waited for (see: jambox midi).", as_json)


def _play_on(
    engine: EngineClient,
    received: list[int],
    seconds: float | None,
    as_json: bool,
    *,
    logged: bool,
    with_song: bool,
    recording: bool,
) -> int:
    """Stay until told to end, or `with_song` until that has ended, telling once a second; the dropouts.

    DeviceError if a logged run lost its device.
    """
    played, teller = 0.0, Teller(engine, as_json)
    while not received and (seconds is None or played < seconds):
        step = 1.0 if seconds is None else min(1.0, seconds - played)
        try:
            stay = _wait(engine, step, received, as_json, with_song)
            teller.feel()
        except EngineGone:
            lives = not engine.heal(options.tell_progress)
            if logged:
                raise JamboxError("The engine ended, and with it the log; it holds what was played until then.") from None
            again = f"The engine ended and was started again{'; the recording ended with it' if recording else ''}."
            say("The device is being waited for." if lives else again, as_json)
            teller.begin()
            continue
        played += step
        if not stay:
            break
        teller.tell()
    return teller.dropouts


def _wait(engine: EngineClient, seconds: float, received: list[int], as_json: bool, with_song: bool) -> bool:
    """Wait, telling what happens meanwhile; False if told to end, or `with_song` when that has ended."""
    for event in engine.happenings(seconds, lambda: bool(received)):
        if event["event"] == "ended":
            raise (DeviceError if event["code"] == DeviceError.exit_code else JamboxError)(event["text"])
        if event["event"] in ("device_lost", "problem", "midi"):
            say(event["text"], as_json)
        elif event["event"] == "song_ended":
            if with_song:
                return False
        elif event["event"] == "playing":
            say(f"Playing again on {event['device']}.", as_json)
    return not received


def _leave(engine: EngineClient) -> dict[str, Any]:
    """Go; what this command started ends with it unless others use it, then with the last of them, which may be this one.
    What the engine says to that."""
    try:
        return _quit(engine, engine.hosting)
    except EngineGone:
        with contextlib.suppress(JamboxError):  # it may have begun anew, since its device went away
            return _quit(EngineClient.join(reading=False), engine.hosting)
        return {}
    finally:
        engine.close()


def _quit(engine: EngineClient, hosting: bool) -> dict[str, Any]:
    if hosting:
        answer = engine.answer(engine.ask("quit", unless_used=True), ENDS_WITHIN_S)
        if answer is None:
            raise JamboxError("The engine does not answer; it ends when it does.")
        return answer
    # A guest waits no longer than it takes to fade out: what plays is not its own.
    answer = engine.answer(engine.ask("quit", unless_used=True, as_guest=True), SLOW_S)
    return {"left_running": True} if answer is None else answer


def _finish_recording(engine: EngineClient, path: Path) -> None:
    try:
        ended = engine.request("record_stop")
    except BadInput:
        raise JamboxError(f"The recording {path} ended before the playing did; it holds what came until then.") from None
    if ended["problem"]:
        raise JamboxError(ended["problem"])
    typer.echo(f"Recorded {ended['seconds']:.1f} s: {ended['path']}", err=True)
