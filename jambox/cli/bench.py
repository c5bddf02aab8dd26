"""`jambox bench`: how fast the instrument runs on this machine, and whether that has changed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from jambox.audiofile import check_table, replacing
from jambox.bench import (
    BLOCK_SIZES,
    FORMAT,
    SAMPLE_RATES,
    VOICE_BLOCK_SIZES,
    describe_machine,
    measure_stage_runs,
    measure_start,
    measure_voices,
    run_bench,
    stage_runs_of,
    stages_of,
    voices_fit,
)
from jambox.bench_compare import compare, told, without_partner
from jambox.cli import options
from jambox.cli.bench_reports import check_benchable, check_torchscript, describe_input, measured_otherwise, read_report
from jambox.cli.compiling import compile_if_new
from jambox.errors import BadInput
from jambox.frames import check_sample_rate


def bench(
    instrument: options.InstrumentOption = None,
    source: Annotated[Path | None, typer.Option("--input", help="Recording to play [default: the demo's melody].")] = None,
    block_size: Annotated[list[int] | None, typer.Option(help="Block sizes [default: 32 to 2048].")] = None,
    sample_rate: Annotated[list[int] | None, typer.Option(help="Sample rates [default: 44100, 48000, 96000].")] = None,
    runs: Annotated[int, typer.Option(help="Repeats of each setting; medians are told.", min=1)] = 3,
    torchscript: Annotated[bool, typer.Option(help="Measure the torchscript runtime beside the compiled one.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write the JSON report to this file.")] = None,
    against: Annotated[Path | None, typer.Option("--against", help="Compare with the JSON report in this file.")] = None,
    as_json: options.JsonOption = False,
) -> None:
    """Measure real-time factor and callback time (shares of the deadline), of held notes too, the stages' cost, start time
    and memory."""
    if block_size and not all(1 <= size <= 8192 for size in block_size):
        raise BadInput("Block sizes lie between 1 and 8192.")
    for rate in sample_rate or ():
        check_sample_rate(rate)
    old = read_report(against) if against is not None else None
    if out is not None:
        check_table(out)
    name = instrument or options.DEFAULT_INSTRUMENT
    check_benchable(name)
    sung = describe_input(source)
    machine = describe_machine()
    otherwise = measured_otherwise(name, sung, old, machine) if old is not None else None
    if otherwise is not None:
        typer.echo(f"jambox: {against}: {otherwise}", err=True)
    compile_if_new()
    if torchscript:
        check_torchscript(name)
    if not as_json:
        typer.echo(f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; shares of one core:")
        typer.echo("runtime      rate   block  real-time factor  callback p50   p99    p99.9  max")
    rows = []
    for row in run_bench(
        name, list(block_size or BLOCK_SIZES), list(sample_rate or SAMPLE_RATES), runs, torchscript, source
    ):
        rows.append(row)
        if not as_json:
            typer.echo(
                f"{row['runtime']:11} {row['sample_rate']:6} {row['block_size']:6} {row['real_time_factor']:12.3f} "
                f"{row['callback_p50']:15.3f} {row['callback_p99']:7.3f} "
                f"{row['callback_p999']:7.3f} {row['callback_max']:6.3f}"
            )
    voices: list[dict[str, Any]] = []
    fits: dict[str, dict[str, float]] = {}
    if not as_json:
        typer.echo("held notes   block  real-time factor  callback p50   p99.9")
    for size in VOICE_BLOCK_SIZES:
        held = measure_voices(name, size, runs=runs)
        fits[str(size)] = voices_fit(held)
        voices += [asdict(row) for row in held]
        if not as_json:
            for one in held:
                typer.echo(
                    f"{one.voices:10} {one.block_size:7} {one.real_time_factor:17.3f} {one.callback_p50:13.3f} "
                    f"{one.callback_p999:7.3f}"
                )
    costs = measure_stage_runs(name, runs=runs)
    stages = stages_of(costs)
    starts = [measure_start(name) for _ in range(runs)]
    start = {key: round(float(np.median([one[key] for one in starts])), 3) for key in starts[0]}
    report: dict[str, Any] = {"format": FORMAT, "machine": machine, "instrument": name, "speed": rows}
    report["voices"] = {"held": voices, "fit": fits}
    report["stages"] = stages | {"runs": stage_runs_of(costs)}
    report["start"] = start | {"runs": {key: [one[key] for one in starts] for key in start}}
    if sung is not None:
        report["input"] = sung
    alone: dict[str, list[str]] = {}
    if old is not None:
        alone = without_partner(report, old)
        report |= {"against": compare(report, old), "without_partner": alone}
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        for block, fit in fits.items():
            typer.echo(
                f"block {block}: {fit['base']:.3f} and {fit['per_voice']:.4f} for each held note, "
                f"within {100.0 * fit['residual']:.0f} % of the whole"
            )
        typer.echo("stages at 48000 Hz, block 128: " + ", ".join(f"{stage} {cost:.3f}" for stage, cost in stages.items()))
        typer.echo(f"ready after {start['ready_s']:.2f} s, memory {start['memory_mb']:.0f} MB")
        for row in report.get("against", ()):
            typer.echo(f"against {against}: {told(row)}")
        for whose, names in alone.items():
            if names:
                typer.echo(f"against {against}: only in the {whose} report: {'; '.join(names)}")
    if out is not None:
        with replacing(out) as part:
            part.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
