"""`jambox presets` and `jambox preset ...`: find, show, keep and pass on named sounds."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from jambox.cli import options
from jambox.cli.listing import table
from jambox.errors import BadInput
from jambox.params import BY_ID, parse_settings
from jambox.presets import Preset, load_preset
from jambox.presets.catalogue import catalogue
from jambox.presets.favourites import set_favourite
from jambox.presets.keeping import export_preset, import_preset, save_preset, update_preset, with_hash
from jambox.presets.library import preset_path

app = typer.Typer(help="Show, keep and pass on presets (jambox presets lists them).", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of the preset (see: jambox presets).")]
ForceOption = Annotated[bool, typer.Option("--force", help="Put it in the place of one that is there already.")]


def presets(
    text: Annotated[
        str | None, typer.Argument(help="Only those with these words in name, description, tags, author or instrument.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only those with this tag; may be repeated.")] = None,
    instrument: Annotated[str | None, typer.Option("--instrument", "-i", help="Only those of this instrument.")] = None,
    only_favourites: Annotated[bool, typer.Option("--favourites", help="Only your favourites.")] = False,
    as_json: options.JsonOption = False,
) -> None:
    """List the presets with the numbers by which MIDI programs choose them (from 1); * marks your favourites."""
    entries, complaints = catalogue()
    for complaint in complaints:
        typer.echo(f"jambox: {complaint}", err=True)
    found = [entry for entry in entries if entry.matches(text or "", tuple(tag or ()), instrument)]
    found = [entry for entry in found if entry.favourite or not only_favourites]
    if as_json:
        told = {
            entry.name: asdict(entry.preset)
            | {"program": entry.program, "shipped": entry.shipped, "favourite": entry.favourite}
            for entry in found
        }
        typer.echo(json.dumps(told, indent=2))
        return
    rows = [["", "", "preset", "instrument", "tags", "description"]]
    for entry in found:
        preset, star = entry.preset, "*" if entry.favourite else ""
        rows.append([str(entry.program), star, entry.name, preset.instrument, ", ".join(preset.tags), preset.description])
    table(rows)


@app.command()
def show(name: NameArgument, as_json: options.JsonOption = False) -> None:
    """Show all of a preset."""
    preset = options.named_preset(name)
    if as_json:
        typer.echo(json.dumps(asdict(preset), indent=2))
        return
    rows = [["name", preset.name], ["instrument", preset.instrument], ["description", preset.description or "-"]]
    rows += [["tags", ", ".join(preset.tags) or "-"], ["author", preset.author or "-"], ["file", str(preset_path(name))]]
    table(rows + [[id, BY_ID[id].text(value)] for id, value in preset.params.items()])


@app.command()
def save(
    name: Annotated[str, typer.Argument(help="Name under which it is kept.")],
    instrument: options.InstrumentOption = None,
    settings: options.SetOption = None,
    preset: Annotated[str | None, typer.Option("--preset", help="A preset that it begins with.")] = None,
    playing: Annotated[bool, typer.Option("--playing", help="Begin with what the engine plays just now.")] = False,
    description: Annotated[str | None, typer.Option(help="What it is for, in a sentence.")] = None,
    author: Annotated[str | None, typer.Option(help="Who made it.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A word to find it by; may be repeated.")] = None,
    force: ForceOption = False,
) -> None:
    """Keep an instrument and parameters under a name, among your own presets."""
    if preset is not None and playing:
        raise BadInput("A preset begins with another one or with what plays, not with both.")
    base = Preset(name, options.DEFAULT_INSTRUMENT, {})
    if preset is not None:
        base = options.named_preset(preset)
    elif playing:
        base = _played()
    params = base.params | parse_settings(settings or [])
    kept = Preset(
        name=name,
        instrument=options.plain(instrument) or base.instrument,
        params={id: value for id, value in params.items() if value != BY_ID[id].default},
        description=base.description if description is None else description,
        tags=base.tags if tag is None else tuple(tag),
        author=base.author if author is None else author,
    )
    typer.echo(f"Kept in {save_preset(name, with_hash(kept), force)}.")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A preset's file.")],
    name: Annotated[str | None, typer.Option(help="Name to keep it by [default: the file's without .json].")] = None,
    force: ForceOption = False,
) -> None:
    """Take a preset's file among your own presets."""
    path, preset = import_preset(file, name or file.stem, force)
    _warn(preset)
    typer.echo(f"Kept in {path}.")


@app.command()
def export(
    name: NameArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    force: ForceOption = False,
) -> None:
    """Write a preset's file, to pass it on."""
    export_preset(name, out, force)
    typer.echo(f"Written to {out}.")


@app.command()
def update(files: Annotated[list[Path], typer.Argument(help="Files of presets.")]) -> None:
    """Write presets' files anew: in the present format, for the instruments that are here now. What this version does not
    know is left out."""
    for file in files:
        _warn(update_preset(file))


@app.command()
def favourite(name: NameArgument, off: Annotated[bool, typer.Option("--off", help="It is one no longer.")] = False) -> None:
    """Count a preset among your favourites."""
    if not off:
        preset_path(name)  # it need not exist any more to be forgotten
    set_favourite(name, not off)


def _played() -> Preset:
    """What the engine plays just now, with the words of the preset that it came from."""
    # Only this one looks at an engine.
    from jambox.engine.client import EngineClient

    told = EngineClient.join().request("status")
    plan = told["plan"]
    words = load_preset(plan["preset"]) if plan["preset"] else Preset("", plan["instrument"], {})
    return replace(
        words, author="", instrument=plan["instrument"], params={id: float(value) for id, value in told["params"].items()}
    )


def _warn(preset: Preset) -> None:
    for warning in preset.warnings:
        typer.echo(f"jambox: {warning}", err=True)
