"""`jambox midi`: the MIDI ports that can be played from."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import typer

from jambox.cli import options


def ports(as_json: options.JsonOption = False) -> None:
    """List the MIDI ports that `jambox play --midi-port` takes, and those that `--melody-port` does."""
    # A machine without MIDI says so here, and nowhere else.
    from jambox.midi.ports import Ports

    system = Ports()
    inputs, outputs = ([asdict(name) for name in names] for names in (system.inputs(), system.outputs()))
    system.close()
    if as_json:
        typer.echo(json.dumps({"inputs": inputs, "outputs": outputs}, indent=2))
        return
    tell_ports(inputs, [])
    for port in outputs:
        typer.echo(f"takes  {port['name']} ({port['system']})")


def tell_ports(found: list[dict[str, Any]], played: list[str]) -> None:
    """A line each."""
    if not found:
        typer.echo("There is no MIDI port to play from; Jambox offers one of its own while it plays from any.")
    for port in found:
        typer.echo(f"{'plays' if port['name'] in played else 'sends'}  {port['name']} ({port['system']})")
