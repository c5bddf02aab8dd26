"""`jambox latency`: the true round trip, measured, and where it goes."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from jambox.cli import options
from jambox.cli.compiling import compile_if_new
from jambox.engine.devices import choose_route
from jambox.engine.engine import device_and_buffering
from jambox.engine.round_trip import instrument_latency_s, measure_round_trip
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument


def latency(
    instrument: options.InstrumentOption = None,
    input_device: Annotated[str | None, typer.Option(help="Name, part of a name, or number of the input.")] = None,
    output_device: Annotated[str | None, typer.Option(help="Name, part of a name, or number of the output.")] = None,
    host_api: Annotated[str | None, typer.Option(help="Name or part of the name of a host API, such as JACK.")] = None,
    input_channel: Annotated[int, typer.Option(help="Channel of the input that the cable ends in, from 1.", min=1)] = 1,
    sample_rate: Annotated[int | None, typer.Option(help="Hz [default: the device's own].")] = None,
    block_size: Annotated[int, typer.Option(help="Frames a block; 0: as the device likes it.", min=0, max=8192)] = 0,
    loop: Annotated[bool, typer.Option("--loop", help="JACK: connect output to input for the measurement.")] = False,
    as_json: options.JsonOption = False,
) -> None:
    """Measure how long sound takes from output to input (through a cable, or --loop), and what the instrument adds.

    What you feel when you sing is the total: in through the device, heard, played, and out again. The device or sound server
    counts with its own period; buffering is the block that --block-size asks for.
    """
    options.refuse_beside_engine()
    compile_if_new()
    route = choose_route(input_device, output_device, host_api)
    rate = sample_rate or route.output.default_rate
    trip = measure_round_trip(route, rate, block_size, channel_in=input_channel - 1, loop=loop)
    name = instrument or options.DEFAULT_INSTRUMENT
    analysis_s, synthesis_s = instrument_latency_s(open_instrument(name, Design(rate), {"reverb_mix": 0.0}))
    device_s, buffering_s = device_and_buffering(trip.seconds, block_size / rate)
    parts = {
        "device": device_s,
        "buffering": buffering_s,
        "analysis": analysis_s,
        "synthesis": synthesis_s,
    }
    total = sum(parts.values())
    spread = max(trip.samples) - min(trip.samples)
    if as_json:
        report = {"parts_s": parts, "total_s": total, "round_trip_samples": trip.samples, "block_size": trip.block_size}
        typer.echo(json.dumps(report | {"sample_rate": rate, "device": route.describe()}))
        return
    typer.echo(f"{route.describe()} at {rate} Hz, blocks of {trip.block_size} frames, measured:")
    for what, seconds in parts.items():
        typer.echo(f"  {what:10} {1e3 * seconds:6.2f} ms")
    typer.echo(
        f"  {'total':10} {1e3 * total:6.2f} ms, of which {1e3 * trip.seconds:.2f} ms are the round trip (± {spread} samples)"
    )
