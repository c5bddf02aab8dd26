"""`jambox render`: files in, an instrument out."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from jambox.audiofile import WRITABLE, Sound, check_output, read_sound, refuse_overwriting, write_sound
from jambox.cli import options
from jambox.cli.compiling import compile_if_new
from jambox.cli.flaws import tell_flaws
from jambox.cli.rendering import ProgressLines, bar_of
from jambox.errors import BadInput, JamboxError
from jambox.instrument import Design, Instrument
from jambox.instrument.hybrid import joined
from jambox.instrument.opening import checked_runtime, instrument_hash, open_instrument
from jambox.instrument.pool import KEYS
from jambox.midi import SONG_SUFFIXES
from jambox.params import BY_ID, parse_settings
from jambox.render import render_samples, replay_take
from jambox.take import Take


def render(
    inputs: Annotated[
        list[Path] | None, typer.Argument(metavar="IN", help="Sound files (wav, flac, mp3, ogg) or MIDI files.")
    ] = None,
    instrument: options.InstrumentOption = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Output file, wav or flac.")] = None,
    out_dir: Annotated[Path | None, typer.Option("--out-dir", help="Folder for the outputs of several inputs.")] = None,
    preset: options.PresetOption = None,
    profile: options.ProfileOption = None,
    settings: options.SetOption = None,
    sample_rate: Annotated[int | None, typer.Option(help="Rate of the output in Hz [default: the input's].")] = None,
    runtime: options.RuntimeOption = "compiled",
    trust: options.TrustOption = False,
    room: options.RoomOption = None,
    scale: options.ScaleOption = None,
    morph: options.MorphOption = None,
    tail: Annotated[
        float, typer.Option(help="Seconds that the room may ring on after the input's end.", min=0, max=60)
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the noise; the same seed, the same samples.", min=0)] = 0,
    track: Annotated[
        list[str] | None,
        typer.Option(help="Who plays a track of a MIDI file, as NUMBER=INSTRUMENT; tracks that hold notes count from 1."),
    ] = None,
    programs: Annotated[
        bool, typer.Option("--programs/--no-programs", help="Let program changes of a MIDI file choose presets, or not.")
    ] = True,
    replay: Annotated[Path | None, typer.Option(help="Play the log of a live run again, to the same samples.")] = None,
    progress: Annotated[
        bool, typer.Option("--progress", help="Tell on stderr how far it is, a line of JSON for every hundredth.")
    ] = False,
    as_json: options.JsonOption = False,
) -> None:
    """Play recordings, or the notes of MIDI files, through an instrument, into files."""
    compile_if_new()
    if replay is not None:
        if inputs or out is None or preset or profile or settings or out_dir or sample_rate or room or scale or morph:
            raise BadInput("--replay takes -o OUT and nothing else: the log says what was played and how.")
        _replay(replay, check_output(out), instrument, trust, as_json)
        return
    pairs = _pairs(inputs or [], out, out_dir, room)
    stepped_by = checked_runtime(runtime)
    name, params = options.chosen_sound(joined(instrument, morph), preset, settings, profile)
    players: dict[int, Instrument] = {}
    reports = []
    refusals: list[JamboxError] = []
    for source, target in pairs:
        try:
            if source.suffix.lower() in SONG_SUFFIXES:
                # Only songs pay for the reader of MIDI.
                from jambox.cli.song import Player, render_song

                player, said = Player(name, params, preset), parse_settings(settings or [])
                given = track or []
                reports.append(
                    render_song(
                        source, target, player, said, given, programs, sample_rate, room, scale, seed, tail, progress
                    )
                )
                continue
            if track:
                raise BadInput(f"{source} has no tracks: --track is for MIDI files.")
            sound = read_sound(source, sample_rate)
            if sound.sample_rate not in players:
                design = Design(sound.sample_rate, seed=seed)
                players[sound.sample_rate] = open_instrument(name, design, params, stepped_by, trust, room, scale)
            if players[sound.sample_rate].params()["source"] == KEYS:
                typer.echo(
                    f"jambox: {source}: this sound is played by keys alone (source 2); nothing sung is heard.", err=True
                )
            report = _render_one(players[sound.sample_rate], sound, source, target, tail, progress)
        except JamboxError as error:
            # One bad file among many does not stop the others.
            if len(pairs) == 1:
                raise
            typer.echo(f"jambox: {error}", err=True)
            refusals.append(error)
            continue
        reports.append(report | {"instrument": name, "instrument_hash": instrument_hash(name), "runtime": runtime})
    _report(reports, as_json, many=len(pairs) > 1)
    if refusals:
        raise typer.Exit(refusals[0].exit_code)


def _render_one(player: Instrument, sound: Sound, source: Path, target: Path, tail_s: float, told: bool) -> dict[str, Any]:
    """Render one file; what there is to tell about it."""
    began = time.perf_counter()
    lines = ProgressLines(round((sound.seconds + tail_s) * player.sample_rate)) if told else None
    with bar_of(source.name, sound.seconds + tail_s, player.sample_rate, lines) as progress:
        rendered = render_samples(player, sound.samples, tail_s, progress)
    took = time.perf_counter() - began
    write_sound(target, rendered.frames, rendered.sample_rate)
    tell_flaws(sound, source)
    return {
        "in": str(source),
        "out": str(target),
        "sample_rate": sound.sample_rate,
        "seconds": round(sound.seconds, 3),
        "took_s": round(took, 3),
        "real_time_factor": round(took / max(sound.seconds, 1e-9), 4),
        "broken_samples": sound.broken_samples,
        "missing_frames": sound.missing_frames,
        "params": {id: value for id, value in player.params().items() if value != BY_ID[id].default},
    } | rendered.levels()


def _pairs(inputs: list[Path], out: Path | None, out_dir: Path | None, room: Path | None) -> list[tuple[Path, Path]]:
    """Inputs with their outputs, checked before any work is done."""
    if not inputs:
        raise BadInput("There is nothing to render: name one or more sound files.")
    if (out is None) == (out_dir is None):
        raise BadInput("Say where the result goes: -o OUT for one input, --out-dir DIR for several.")
    if out is not None:
        if len(inputs) > 1:
            raise BadInput("One output file cannot take several inputs: use --out-dir DIR.")
        return _without_overwriting([(inputs[0], check_output(out))], room)
    assert out_dir is not None
    if out_dir.exists() and not out_dir.is_dir():
        raise BadInput(f"{out_dir} is not a folder.")
    out_dir.mkdir(parents=True, exist_ok=True)
    pairs = []
    for source in inputs:
        suffix = source.suffix.lower() if source.suffix.lower() in WRITABLE else ".wav"
        pairs.append((source, check_output(out_dir / (source.stem + suffix))))
    targets = [target for _, target in pairs]
    if len(set(targets)) < len(targets):
        raise BadInput("Two inputs have the same name and would share one output.")
    return _without_overwriting(pairs, room)


def _without_overwriting(pairs: list[tuple[Path, Path]], room: Path | None) -> list[tuple[Path, Path]]:
    """The pairs, if no output takes the place of a file that is an input."""
    for _, target in pairs:
        refuse_overwriting(target, [*(source for source, _ in pairs), room])
    return pairs


def _replay(take: Path, out: Path, instrument: str | None, trusted: bool, as_json: bool) -> None:
    """Render a log, and say how far the result is from what was heard live."""
    refuse_overwriting(out, take.iterdir() if take.is_dir() else [])
    rendered = replay_take(take, instrument, trusted)
    log = Take(take)
    apart = np.abs(rendered.samples - log.output) + np.abs(rendered.side - log.side)
    difference = float(np.max(apart, initial=0.0))
    write_sound(out, rendered.frames, rendered.sample_rate)
    report = {"in": str(take), "out": str(out), "sample_rate": rendered.sample_rate, "difference_from_live": difference}
    _report([report | rendered.levels()], as_json)
    if not as_json:
        typer.echo(f"largest difference from the live run: {difference:g}")


def _report(reports: list[dict[str, Any]], as_json: bool, many: bool = False) -> None:
    if as_json:
        typer.echo(json.dumps(reports if many else reports[0], indent=2))
        return
    for report in reports:
        typer.echo(f"{report['out']}: peak {report['peak_db']:.1f} dBFS at {report['sample_rate']} Hz")
