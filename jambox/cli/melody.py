"""`jambox melody`: what was sung, as notes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jambox.analysis import analyse
from jambox.audiofile import check_table, read_sound
from jambox.cli.compiling import compile_if_new
from jambox.cli.flaws import tell_flaws
from jambox.errors import BadInput
from jambox.melody import find_notes, write_piano_roll
from jambox.midi import SONG_SUFFIXES


def melody(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A sound file with one melody.")],
    table: Annotated[
        Path | None, typer.Option("--csv", help="Piano roll to write: start, end, pitch and loudness of every note.")
    ] = None,
    song: Annotated[
        Path | None, typer.Option("--midi", help="MIDI file to write: the notes, with bends that carry their pitch.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Write into --midi what is known while it is sung, instead of the best cut.")
    ] = False,
) -> None:
    """Write the melody of a recording as a table of notes (pitches as fractional MIDI numbers) or as a MIDI file."""
    if table is None and song is None:
        raise BadInput("Say what to write: --csv or --midi.")
    if live and song is None:
        raise BadInput("--live says how --midi is written: name a MIDI file.")
    if song is not None and song.suffix.lower() not in SONG_SUFFIXES:
        raise BadInput(f"{song} must end in {' or '.join(SONG_SUFFIXES)}.")
    for target in (table, song):
        if target is not None:
            check_table(target, source)
    compile_if_new()
    sound = read_sound(source)
    tell_flaws(sound, source)
    track = analyse(sound.samples, sound.sample_rate)
    notes = find_notes(track)
    if not notes:
        raise BadInput(f"{source} has no note in it.")
    if table is not None:
        write_piano_roll(notes, table)
    if song is not None:
        # Only who writes MIDI waits for this.
        from jambox.midi.melody_file import live_messages, melody_messages, write_melody

        write_melody(live_messages(track) if live else melody_messages(notes, track), song)
    written = " and ".join(str(target) for target in (table, song) if target is not None)
    typer.echo(f"{written}: {len(notes)} note{'s'[: len(notes) > 1]} in {sound.seconds:.1f} s")
