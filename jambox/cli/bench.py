"""`jambox bench`: how fast the instrument runs on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from jambox.audiofile import replacing
from jambox.cli import options
from jambox.cli.compiling import compile_if_new
from jambox.errors import BadInput


def bench(
    instrument: options.InstrumentOption = None,
    source: Annotated[Path | None, typer.Option("--input", help="Recording to play [default: the demo's melody].")] = None,
    block_size: Annotated[list[int] | None, typer.Option(help="Block sizes [default: 64, 128, 256, 1024].")] = None,
    sample_rate: Annotated[list[int] | None, typer.Option(help="Sample rates [default: 48000].")] = None,
    runs: Annotated[int, typer.Option(help="Repeats of each setting.", min=1)] = 5,
    torchscript: Annotated[bool, typer.Option(help="Measure the torchscript runtime too.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write the JSON report to this file.")] = None,
    as_json: options.JsonOption = False,
) -> None:
    """Measure real-time factor and callback time (as shares of the deadline), start time and memory."""
    from jambox.bench import FORMAT, describe_machine, measure_start, run_bench

    compile_if_new()
    if block_size and not all(1 <= size <= 8192 for size in block_size):
        raise BadInput("Block sizes lie between 1 and 8192.")
    name = instrument or options.DEFAULT_INSTRUMENT
    machine = describe_machine()
    if not as_json:
        typer.echo(f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; shares of one core:")
        typer.echo("runtime      rate   block  real-time factor  callback p50   p99    p99.9  max")
    rows = []
    for row in run_bench(name, block_size or [64, 128, 256, 1024], sample_rate or [48_000], runs, torchscript, source):
        rows.append(row)
        if not as_json:
            typer.echo(
                f"{row['runtime']:11} {row['sample_rate']:6} {row['block_size']:6} {row['real_time_factor']:12.3f} "
                f"{row['callback_p50']:15.3f} {row['callback_p99']:7.3f} "
                f"{row['callback_p999']:7.3f} {row['callback_max']:6.3f}"
            )
    start = measure_start(name)
    report = {"format": FORMAT, "machine": machine, "instrument": name, "speed": rows, "start": start}
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        typer.echo(f"ready after {start['ready_s']:.2f} s, memory {start['memory_mb']:.0f} MB")
    if out is not None:
        with replacing(out) as part:
            part.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
