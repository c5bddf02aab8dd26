"""`jambox analyze`: what the live analysis hears in a recording."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

from jambox.analysis import analyse
from jambox.audiofile import check_table, read_sound, replacing
from jambox.cli.compiling import compile_if_new
from jambox.cli.flaws import tell_flaws


def analyze(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A sound file.")],
    table: Annotated[Path, typer.Option("--csv", help="Table to write, one row an analysis hop.")],
    sample_rate: Annotated[int | None, typer.Option(help="Rate to analyse at in Hz [default: the file's].")] = None,
) -> None:
    """Write pitch, confidence and loudness as the live analysis hears them (time: of the newest sample used)."""
    compile_if_new()
    check_table(table, source)
    sound = read_sound(source, sample_rate)
    tell_flaws(sound, source)
    track = analyse(sound.samples, sound.sample_rate)
    with replacing(table) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["time_s", "f0_hz", "f0_confidence", "loudness_db"])
        for row in zip(track.time_s, track.f0_hz, track.f0_confidence, track.loudness_db, strict=True):
            writer.writerow([f"{row[0]:.6f}", f"{row[1]:.3f}", f"{row[2]:.4f}", f"{row[3]:.2f}"])
    typer.echo(f"{table}: {len(track.time_s)} rows, {sound.seconds:.1f} s at {sound.sample_rate} Hz")
