"""`jambox demo`: a sine becomes a violin, heard and seen, without any device or file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jambox.audiofile import write_sound
from jambox.cli import options
from jambox.cli.compiling import compile_if_new
from jambox.demo import demo_melody
from jambox.errors import BadInput
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from jambox.render import render_samples

DEMO_RATE = 48_000


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for demo.wav and demo.png.")] = Path("demo"),
    instrument: options.InstrumentOption = None,
) -> None:
    """Play a built-in melody of a plain sine through an instrument: demo.wav, and a picture of it, demo.png."""
    compile_if_new()
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is not a folder.")
    out.mkdir(parents=True, exist_ok=True)
    name = instrument or options.DEFAULT_INSTRUMENT
    melody = demo_melody(DEMO_RATE)
    # As it is in the picture: nothing adapts to who plays.
    player = open_instrument(name, Design(DEMO_RATE), {"auto_octave": 0.0, "auto_level": 0.0})
    rendered = render_samples(player, melody, tail_s=1.0)
    write_sound(out / "demo.wav", rendered.frames, DEMO_RATE)
    try:
        from jambox.picture import draw_transfer
    except ImportError:
        typer.echo("jambox: no picture, since matplotlib is not installed: pip install 'jambox[picture]'.", err=True)
        typer.echo(f"A sine melody, played by the {name}: {out / 'demo.wav'}")
        return
    draw_transfer(out / "demo.png", melody, rendered, f"A sine melody becomes a {name}")
    typer.echo(f"A sine melody, played by the {name}: {out / 'demo.wav'}, and seen: {out / 'demo.png'}")
