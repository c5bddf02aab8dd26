"""`jambox melody`: what was sung, as notes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jambox.analysis import analyse
from jambox.audiofile import check_table, read_sound
from jambox.cli.compiling import compile_if_new
from jambox.errors import BadInput
from jambox.melody import find_notes, write_piano_roll


def melody(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A sound file with one melody.")],
    table: Annotated[Path, typer.Option("--csv", help="Piano roll to write: start, end, pitch and loudness of every note.")],
) -> None:
    """Write the melody of a recording as a table of notes (pitches as fractional MIDI numbers)."""
    compile_if_new()
    check_table(table, source)
    sound = read_sound(source)
    notes = find_notes(analyse(sound.samples, sound.sample_rate))
    if not notes:
        raise BadInput(f"{source} has no note in it.")
    write_piano_roll(notes, table)
    typer.echo(f"{table}: {len(notes)} note{'s'[: len(notes) > 1]} in {sound.seconds:.1f} s")
