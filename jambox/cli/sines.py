"""`jambox sines`: one short sound becomes a sum of sines, and the sum an instrument."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from jambox.cli import options
from jambox.cli.progress import progress_bar
from jambox.cli.sines_bench import bench
from jambox.errors import BadInput, JamboxError

app = typer.Typer(help="The sine laboratory: fit sines to a sound, and play what comes out.", no_args_is_help=True)


app.command("bench")(bench)


@app.command("fit")
def fit(
    sound: Annotated[Path | None, typer.Argument(metavar="SOUND", help="A short sound (wav, flac, mp3, ogg).")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the instrument; the report lies beside it, in OUT.fit.")
    ] = None,
    model: Annotated[str, typer.Option("--model", help="What is fitted; modal becomes the best instrument.")] = "modal",
    partials: Annotated[int | None, typer.Option("--partials", help="How many sines, as --set partials=N.")] = None,
    pitch: Annotated[
        float | None, typer.Option("--pitch", help="Its pitch in Hz, to a semitone, if you hear another than is found.")
    ] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", help="At most so much of the sound.", min=0.01)] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Fit the whole recording, however long, silence and all.")] = False,
    preset: Annotated[
        str | None, typer.Option("--preset", help="Settings with a name, under all others (csn: historic).")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (.toml).")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting over all others; repeatable.")
    ] = None,
    write_config: Annotated[
        Path | None, typer.Option("--write-config", help="Write all settings of the model with their meaning, and stop.")
    ] = None,
    licence: Annotated[str, typer.Option("--licence", help="Terms of the recording, for the card.")] = "unstated",
    credit: Annotated[str, typer.Option("--credit", help="Whose recording it is, for the card.")] = "unstated",
    source: Annotated[str, typer.Option("--source", help="What recording it is, for the card [default: its name].")] = "",
    url: Annotated[str, typer.Option("--url", help="Where it comes from, for the card.")] = "",
    description: Annotated[str, typer.Option("--description", help="What the instrument is, in a sentence.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but the result.")] = False,
    as_json: options.JsonOption = False,
) -> None:
    """Fit sines to one short sound and make an instrument of them, which plays live, from MIDI and from a voice."""
    try:
        from jambox.sines.instrument import Provenance
        from jambox.sines.making import make_instrument
        from jambox.sines.models import find_model
    except ImportError as error:
        raise JamboxError(f"Fitting needs {error.name}: pip install 'jambox[train]'.") from error
    from jambox.settings import as_toml, layered, write_settings

    chosen = find_model(model)
    named = [] if preset is None else [(f"The preset {preset}", chosen.preset(model, preset))]
    if write_config is not None:
        write_settings(write_config, as_toml(layered(chosen.settings, named), f"jambox sines fit --model {model}"))
        typer.echo(f"{write_config}: all settings with their {'defaults' if preset is None else 'values in the preset'}")
        return
    if sound is None or out is None:
        raise BadInput("jambox sines fit takes SOUND -o DIR, or --write-config FILE.")
    said = {"partials": partials, "pitch_hz": pitch}
    entries = [*(settings or []), *(f"{key}={value}" for key, value in said.items() if value is not None)]
    values = layered(chosen.settings, named, config, entries)
    whose = Provenance(source or sound.name, url, licence, credit, description)
    command = shlex.join(["jambox", *sys.argv[1:]])

    def say(sentence: str) -> None:
        if not quiet:
            typer.echo(sentence, err=True)

    with progress_bar("Fitting", quiet) as progress:
        report = make_instrument(sound, out, model, chosen, values, seconds, whole, whose, command, progress, say)
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    typer.echo(
        f"{out}: {report['partials']} partials, signal-to-noise ratio {report['snr_db']:.1f} dB, "
        f"log-spectral distance {report['lsd_db']:.1f} dB, {report['seconds']:.1f} s of work"
    )
    if "note" in report:
        typer.echo(report["note"])
    typer.echo(report["plays"])
