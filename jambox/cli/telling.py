"""What `jambox play` tells: who plays on what, a line a second, and that nothing comes from engine or device."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

import typer

from jambox.engine.client import EngineClient
from jambox.engine.load import Load, LoadMeter
from jambox.engine.pulse import Pulse
from jambox.units import note_name

# Meters that do not move for so long show what was, not what is.
STILL_S = 0.9
_NOTHING_HEARD = "   -          "


def say(sentence: str, as_json: bool) -> None:
    """A sentence beside the lines."""
    if as_json:
        typer.echo(json.dumps({"event": sentence}))
    else:
        typer.echo(f"jambox: {sentence}", err=True)


def introduce(engine: EngineClient, stream: dict[str, Any]) -> None:
    """Who plays on what, or what is waited for; `stream` is what the engine answered."""
    plays = stream["state"] == "playing"
    if not engine.hosting:
        typer.echo(f"Joined the engine that {'plays' if plays else 'runs'} already (process {engine.pid}).")
    if not plays:
        plan = stream["plan"]
        device = f" {plan['output_device']}" if plan["output_device"] else ""
        typer.echo(f"It waits for the device{device}, to play {plan['instrument']} on it. Ctrl-C leaves it.")
        return
    for sentence in (stream["song"] or {}).get("passed_over", []):
        typer.echo(f"jambox: {sentence}", err=True)
    latency = stream["latency_s"]
    typer.echo(
        f"Playing {stream['instrument']} on {stream['device']} at {stream['sample_rate']} Hz. "
        f"Ctrl-C {'ends' if engine.hosting else 'leaves'} it."
    )
    broken = engine.meters()["broken_inputs"]
    if broken and not engine.hosting:  # the engine told those who were there
        say(broken_inputs(broken), as_json=False)
    typer.echo("Wear headphones: a loudspeaker near the microphone feeds back.")
    typer.echo(
        f"Latency {1e3 * latency['total']:.1f} ms, as the device promises: device {1e3 * latency['device']:.1f}, "
        f"buffering {1e3 * latency['buffering']:.1f}, analysis and synthesis {1e3 * latency['analysis']:.1f} ms "
        "(jambox latency measures it)."
    )


def broken_inputs(count: int) -> str:
    """That samples of the input were no numbers."""
    return f"The input has sent {count} sample{'s'[: count > 1]} that were no numbers; they were silenced."


class Teller:
    """Over one run: `feel` and `tell` once a second, `begin` when the engine is another one."""

    def __init__(self, engine: EngineClient, as_json: bool) -> None:
        self._engine, self._as_json = engine, as_json
        self.dropouts = 0
        self.begin()

    def begin(self) -> None:
        """Count from here."""
        self._pulse, self._hangs = Pulse(), False
        self._heard_at = self._engine.heard_at
        self._position, self._moved_at = -1, time.monotonic()
        self._begin_stream()

    def _begin_stream(self) -> None:
        self._meter, self._restarts = LoadMeter(self._engine.record.fields), self._engine.meters()["restarts"]

    def feel(self) -> None:
        """Ask whether the engine is still there; say once that it does not answer, and that it does again. EngineGone."""
        engine, now = self._engine, time.monotonic()
        engine.listen()  # the command itself may have been held up
        if engine.heard_at > self._heard_at:
            self._heard_at = engine.heard_at
            self._pulse.hear(now)
            if self._hangs:
                say("The engine answers again.", self._as_json)
            self._hangs = False
        if self._pulse.is_late(now) and not self._hangs:
            self._hangs = True
            say("The engine does not answer.", self._as_json)
        elif self._pulse.is_due(now):
            self._pulse.ask(now)
            engine.ask("set", values={})

    def tell(self) -> None:
        """One line: what is heard, how hard it works, what was lost. None from an engine that does not answer."""
        meters, now = self._engine.meters(), time.monotonic()
        if meters["restarts"] != self._restarts:  # a new stream counts from 0
            self._begin_stream()
        load = self._meter.read()
        self.dropouts += load.dropouts
        if meters["position"] != self._position:
            self._position, self._moved_at = meters["position"], now
        if self._hangs:
            return
        if self._as_json:
            self._tell_all(meters, load)
        elif meters["state"] != "playing":
            typer.echo(f"{_NOTHING_HEARD}  {meters['state']}")
        elif now - self._moved_at > STILL_S:
            typer.echo(f"{_NOTHING_HEARD}  standing still")
        else:
            heard = f"{note_name(meters['f0_hz']):>4} {meters['f0_hz']:6.1f} Hz" if meters["voiced"] else _NOTHING_HEARD
            typer.echo(
                f"{heard}  {meters['loudness_db']:6.1f} dB   load mean {100 * load.mean:4.1f} %  "
                f"p99 {100 * load.p99:4.1f} %  max {100 * load.maximum:4.1f} %   dropouts {self.dropouts}"
            )

    def _tell_all(self, meters: dict[str, Any], load: Load) -> None:
        latency = {name: meters[f"latency_{name}_s"] for name in ("device", "buffering", "analysis")}
        line = meters | {"dropouts": self.dropouts, "latency_s": latency | {"total": sum(latency.values())}}
        typer.echo(json.dumps(line | {"load": asdict(load)}))
