"""What was wrong with a file that was read all the same: said beside the result, never instead of it."""

from __future__ import annotations

from pathlib import Path

import typer

from jambox.audiofile import Sound


def tell_flaws(sound: Sound, source: Path) -> None:
    """A line to stderr for each."""
    for sentence in sound.flaws(str(source)):
        typer.echo(f"jambox: {sentence}", err=True)
