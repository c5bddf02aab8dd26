"""`jambox devices`, `instruments`, `params`: what there is to choose from."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from jambox.cli import options
from jambox.control.kinds import load_instrument
from jambox.control.library import find_instrument, instrument_names
from jambox.errors import JamboxError
from jambox.instrument.hybrid import parts_of
from jambox.instrument.unheard import unheard
from jambox.params import PARAMS
from jambox.units import note_name


def table(rows: list[list[str]]) -> None:
    """Write rows of cells in left-aligned columns, as wide as they need to be."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def devices(as_json: options.JsonOption = False) -> None:
    """List the audio devices; `in` and `out` mark the ones that are used when none is named."""
    from jambox.engine.devices import choose_route, list_devices

    found = list_devices()
    if as_json:
        typer.echo(json.dumps([asdict(device) for device in found], indent=2))
        return
    if not found:
        typer.echo("There is no audio device on this machine.")
        return
    try:
        route = choose_route(devices=found)
        used = {route.input.index: " in", route.output.index: " out"}
        if route.input == route.output:
            used[route.input.index] = " in, out"
    except JamboxError:
        used = {}
    rows = [["", "device", "host API", "in", "out", "rate", "used"]]
    for device in found:
        rows.append(
            [
                str(device.index),
                device.name,
                device.host_api,
                str(device.channels_in),
                str(device.channels_out),
                str(device.default_rate),
                used.get(device.index, "").strip(),
            ]
        )
    table(rows)


def instruments(as_json: options.JsonOption = False) -> None:
    """List the instruments that can be played."""
    rows = [["name", "range", "description", "licence"]]
    cards = {}
    for name in instrument_names():
        try:
            card = load_instrument(find_instrument(name)).card
        except JamboxError as error:
            rows.append([name, "-", f"cannot be played: {error}", "-"])
            continue
        cards[name] = card.model_dump()
        pitch = f"{note_name(card.f0_hz.p01)} to {note_name(card.f0_hz.p99)}"
        rows.append([name, pitch, card.description, card.licence])
    if as_json:
        typer.echo(json.dumps(cards, indent=2))
        return
    table(rows)


def params(
    instrument: Annotated[
        str | None, typer.Option("-i", "--instrument", help="Say too which of them have no effect on this instrument.")
    ] = None,
    as_json: options.JsonOption = False,
) -> None:
    """List the parameters: range, default, unit, the MIDI controller that moves them, and what they do."""
    silent = set()
    if instrument is not None:
        for part in filter(None, parts_of(instrument)):
            find_instrument(part)
        silent = set(unheard(instrument))
    if as_json:
        told = [asdict(row) | ({"has_effect": row.id not in silent} if instrument else {}) for row in PARAMS]
        typer.echo(json.dumps(told, indent=2))
        return
    rows = [["id", "range", "default", "unit", "CC", "what it does"]]
    for row in PARAMS:
        controller = "" if row.cc is None else str(row.cc)
        does = f"No effect on {instrument}." if row.id in silent else row.help
        rows.append([row.id, f"{row.minimum:g} to {row.maximum:g}", f"{row.default:g}", row.unit, controller, does])
    table(rows)
