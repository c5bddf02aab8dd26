"""`jambox play`: live, headless; `jambox start`: the same where there is a device, the demo where there is none."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from jambox.cli import options
from jambox.engine.devices import choose_route
from jambox.engine.engine import Engine, Settings
from jambox.engine.load import Load
from jambox.engine.warm import is_compiled
from jambox.errors import DeviceError, JamboxError
from jambox.instrument.opening import checked_runtime
from jambox.units import note_name

FADE_IN_S = 2.0
UNATTENDED_S = 10.0
# A device that asks for no block for so long is gone.
SILENT_DEVICE_S = 0.5
_ENDING_SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


def play(
    instrument: options.InstrumentOption = None,
    preset: options.PresetOption = None,
    settings: options.SetOption = None,
    input_device: Annotated[str | None, typer.Option(help="Name, part of a name, or number of the input.")] = None,
    output_device: Annotated[str | None, typer.Option(help="Name, part of a name, or number of the output.")] = None,
    host_api: Annotated[str | None, typer.Option(help="Name or part of the name of a host API, such as JACK.")] = None,
    input_channel: Annotated[int, typer.Option(help="Input channel to listen to, from 1.", min=1)] = 1,
    sample_rate: Annotated[int | None, typer.Option(help="Rate in Hz [default: the device's].")] = None,
    block_size: Annotated[int, typer.Option(help="Frames a block; 0: as the device likes it.", min=0, max=8192)] = 0,
    seconds: Annotated[float | None, typer.Option(help="Stop after so many seconds.", min=0)] = None,
    runtime: options.RuntimeOption = "compiled",
    trust: options.TrustOption = False,
    room: options.RoomOption = None,
    log: Annotated[
        Path | None, typer.Option(help="Keep input, output and changes in this new folder, for render --replay.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the noise.", min=0)] = 0,
    as_json: options.JsonOption = False,
) -> None:
    """Play live: sing into the microphone, the instrument comes out. Ctrl-C ends it."""
    options.compile_if_new()
    name, params = options.chosen_sound(instrument, preset, settings)
    chosen = Settings(
        instrument=name,
        params=params,
        runtime=checked_runtime(runtime),
        trusted=trust,
        room=room,
        sample_rate=sample_rate,
        block_size=block_size,
        fade_in_s=FADE_IN_S,
        seed=seed,
        log=log,
        channel_in=input_channel - 1,
    )
    _play(chosen, input_device, output_device, host_api, seconds, as_json)


def start() -> None:
    """Play live if there is an audio device, else render the demo."""
    compile_kernels(quiet=True)
    try:
        choose_route()
    except DeviceError as error:
        from jambox.cli.demo import demo

        typer.echo(f"{error} So here is the demo instead of a live instrument.")
        demo(Path("demo"))
        return
    attended = sys.stdin is not None and sys.stdin.isatty()
    seconds = None if attended else UNATTENDED_S
    _play(Settings(instrument=options.DEFAULT_INSTRUMENT, params={}, fade_in_s=FADE_IN_S), None, None, None, seconds, False)


def compile_kernels(
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing if everything is compiled already.")] = False,
) -> None:
    """Compile the sound kernels for this machine, so that the first start is as quick as every other."""
    if not quiet or not is_compiled():
        options.compile_with_progress()


@contextlib.contextmanager
def _until_interrupted(engine: Engine) -> Iterator[list[int]]:
    """Collect Ctrl-C, termination and a closed terminal instead of raising, so that the sound can fade out first."""
    received: list[int] = []
    old = {}

    def receive(number: int, frame: FrameType | None) -> None:
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
    settings: Settings,
    input_device: str | None,
    output_device: str | None,
    host_api: str | None,
    seconds: float | None,
    as_json: bool,
) -> None:
    route = choose_route(input_device, output_device, host_api)
    engine = Engine(settings, route)
    latency = engine.latency
    if not as_json:
        typer.echo(f"Playing {settings.instrument} on {route.describe()} at {engine.sample_rate} Hz. Ctrl-C ends it.")
        typer.echo("Wear headphones: a loudspeaker near the microphone feeds back.")
        typer.echo(
            f"Latency {1e3 * latency.total:.1f} ms: device {1e3 * latency.device:.1f}, "
            f"buffering {1e3 * latency.buffering:.1f}, analysis {1e3 * latency.analysis:.1f} ms."
        )
    with _until_interrupted(engine) as received:
        try:
            dropouts = _play_on(engine, received, seconds, as_json)
        finally:
            # Whatever happens here, the callback must not outlive the memory that it plays from.
            if not engine.stop():
                _leave(f"{route.describe()} went away.")
    if engine.log_problem:
        raise JamboxError(engine.log_problem)
    if not as_json:
        typer.echo(f"Stopped, with {dropouts} dropouts.")


def _play_on(engine: Engine, received: list[int], seconds: float | None, as_json: bool) -> int:
    """Play until told to end, telling once a second; the dropouts. DeviceError if the device went away."""
    engine.start()
    played, dropouts = 0.0, 0
    while not received and (seconds is None or played < seconds):
        step = 1.0 if seconds is None else min(1.0, seconds - played)
        before = engine.position
        engine.wait(step)
        played += step
        if received:
            break
        if engine.gone or (engine.position == before and step > SILENT_DEVICE_S):
            raise DeviceError(f"{engine.route.describe()} went away.")
        load = engine.load.read()
        dropouts += load.dropouts
        _tell(engine, load, dropouts, as_json)
    return dropouts


def _leave(sentence: str) -> NoReturn:
    """End at once after the device died: leaving in good order would wait for it for ever."""
    typer.echo(f"jambox: {sentence}", err=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(DeviceError.exit_code)


def _tell(engine: Engine, load: Load, dropouts: int, as_json: bool) -> None:
    """One line a second: what is heard, how hard it works, what was lost."""
    meters = engine.instrument.meters()
    if as_json:
        latency = asdict(engine.latency) | {"total": engine.latency.total}
        line: dict[str, Any] = {"position": engine.position, "dropouts": dropouts, "latency_s": latency}
        line["network_faults"] = int(engine.instrument.header["network_faults"])
        typer.echo(json.dumps(line | {"load": asdict(load)} | meters))
        return
    heard = f"{note_name(meters['f0_hz']):>4} {meters['f0_hz']:6.1f} Hz" if meters["voiced"] else "   -          "
    typer.echo(
        f"{heard}  {meters['loudness_db']:6.1f} dB   load mean {100 * load.mean:4.1f} %  p99 {100 * load.p99:4.1f} %  "
        f"max {100 * load.maximum:4.1f} %   dropouts {dropouts}"
    )
