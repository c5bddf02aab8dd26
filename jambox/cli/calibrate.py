"""`jambox calibrate`: how loud and how high you sing, kept as an input profile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from jambox.audiofile import read_sound
from jambox.cli import options
from jambox.cli.compiling import compile_if_new
from jambox.profile import measure_profile, save_profile
from jambox.units import note_name


def calibrate(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A sound file: a few seconds of the room, then a few notes.")],
    name: Annotated[str, typer.Option("--name", help="What the profile is called.")] = "me",
    as_json: options.JsonOption = False,
) -> None:
    """Measure how loud and how high you sing or play, for `jambox render --profile` and `jambox play --profile`."""
    compile_if_new()
    sound = read_sound(source)
    profile = measure_profile(sound.samples, sound.sample_rate, name)
    path = save_profile(profile)
    if as_json:
        typer.echo(json.dumps(profile.model_dump() | {"path": str(path)}, indent=2))
        return
    typer.echo(
        f"{name}: {profile.softest_db:.0f} to {profile.loudest_db:.0f} dB over a room at {profile.noise_db:.0f} dB, "
        f"{note_name(profile.lowest_hz)} to {note_name(profile.highest_hz)}, from {profile.sung_s:.1f} s of clear pitch. "
        f'Use it with --profile "{name}".'
    )
