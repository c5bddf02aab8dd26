"""A MIDI file for `jambox render`: tracks to instruments, programs to presets, instruments to one sound."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import typer

from jambox.audiofile import write_sound
from jambox.cli.rendering import ProgressLines, bar_of
from jambox.dsp.limiter import CEILING
from jambox.errors import BadInput
from jambox.instrument import Design
from jambox.instrument.opening import instrument_hash, open_instrument
from jambox.midi.programs import by_program
from jambox.midi.song import Song, Track, read_song, song_events
from jambox.params import BY_ID
from jambox.presets import load_preset, numbered
from jambox.render import Rendered, render_notes

_RATE = 48_000
_ONLY_KEYS = {"source": 2.0}


@dataclass(frozen=True)
class Player:
    """An instrument with its parameters, and the preset that they came from."""

    instrument: str
    params: Mapping[str, float]
    preset: str | None = None


@dataclass(frozen=True)
class _Part:
    player: Player
    number: int
    track: Track


def render_song(
    source: Path,
    target: Path,
    player: Player,
    said: Mapping[str, float],
    assignments: list[str],
    programs: bool,
    sample_rate: int | None,
    room: Path | None,
    scale: Path | None,
    seed: int,
    tail_s: float,
    told: bool = False,
) -> dict[str, Any]:
    """Render the file; what there is to tell about it.

    What no track was given to and no program chose is played by `player`. Parameters in `said` hold for all presets too.
    With `told`, lines on stderr say how far it is.
    """
    song = read_song(source)
    parts, notes = _parts(song, player, said, assignments, programs)
    rate = sample_rate or _RATE
    began = time.perf_counter()
    sounds = []
    players = _by_player(parts)
    lines = ProgressLines(round(len(players) * (song.seconds + tail_s) * rate)) if told else None
    for playing, its in players:
        params = {**playing.params, **_ONLY_KEYS}
        instrument = open_instrument(playing.instrument, Design(rate, seed), params, room=room, scale=scale)
        events, passed_over = song_events([part.track for part in its], rate)
        notes += passed_over
        with bar_of(f"{source.name}, {playing.instrument}", song.seconds + tail_s, rate, lines) as progress:
            sounds.append(render_notes(instrument, events, tail_s, progress))
    together = _added(sounds)
    took = time.perf_counter() - began
    write_sound(target, together.frames, rate)
    for note in dict.fromkeys(notes):
        typer.echo(f"jambox: {source}: {note}", err=True)
    return {
        "in": str(source),
        "out": str(target),
        "sample_rate": rate,
        "seconds": round(song.seconds, 3),
        "took_s": round(took, 3),
        "real_time_factor": round(took / max(song.seconds, 1e-9), 4),
        "tracks": [
            {
                "track": part.number + 1,
                "name": part.track.name,
                "preset": part.player.preset,
                "instrument": part.player.instrument,
                "instrument_hash": instrument_hash(part.player.instrument),
            }
            for part in parts
        ],
        "params": {id: value for id, value in player.params.items() if value != BY_ID[id].default},
    } | together.levels()


def _added(sounds: list[Rendered]) -> Rendered:
    """All of them at once, turned down if they pass full scale together."""
    y = np.zeros((2, max(len(sound.samples) for sound in sounds)), dtype=np.float32)
    for sound in sounds:
        y[0, : len(sound.samples)] += sound.samples
        y[1, : len(sound.side)] += sound.side
    peak = float(np.max(np.sum(np.abs(y), axis=0), initial=0.0))
    if peak > CEILING and len(sounds) > 1:
        y *= np.float32(CEILING / peak)
    return Rendered(y[0], y[1], sounds[0].sample_rate, np.zeros(0), np.zeros(0, dtype=bool))


def _parts(
    song: Song, player: Player, said: Mapping[str, float], assignments: list[str], programs: bool
) -> tuple[list[_Part], list[str]]:
    """Who plays what, and what there is to say about it."""
    given = _given(assignments, len(song.tracks))
    names = numbered()
    known = {
        channel: [(when, number) for when, number in changes if programs and number < len(names)]
        for channel, changes in song.programs.items()
    }
    notes = []
    missing = sorted({number + 1 for changes in song.programs.values() for _, number in changes if number >= len(names)})
    if missing and programs:
        notes.append(f"there is no preset for program {', '.join(map(str, missing))} ({len(names)} are there).")
    parts = []
    presets: dict[int, Player] = {}
    for number, track in enumerate(song.tracks):
        if number in given or not programs:
            instrument = given.get(number, player.instrument)
            parts.append(_Part(Player(instrument, player.params, None if number in given else player.preset), number, track))
            continue
        for program, piece in by_program(track, known).items():
            playing = player
            if program is not None:
                if program not in presets:
                    presets[program], warnings = _chosen(names[program], said)
                    notes += warnings
                playing = presets[program]
            parts.append(_Part(playing, number, piece))
    return parts, notes


def _given(assignments: list[str], n_tracks: int) -> dict[int, str]:
    """Instruments by the number (from 0) of the track that was given to them."""
    given = {}
    for assignment in assignments:
        text, _, name = assignment.partition("=")
        if not name.strip() or not text.strip().isdecimal():
            raise BadInput(f"--track takes NUMBER=INSTRUMENT, not {assignment!r}.")
        if not 1 <= int(text) <= n_tracks:
            raise BadInput(f"There is no track {text}: {n_tracks} of this file hold notes.")
        if int(text) - 1 in given:
            raise BadInput(f"Track {text} was given to two instruments.")
        given[int(text) - 1] = name.strip()
    return given


def _chosen(name: str, said: Mapping[str, float]) -> tuple[Player, list[str]]:
    preset = load_preset(name)
    return Player(preset.instrument, preset.params | dict(said), name), list(preset.warnings)


def _by_player(parts: list[_Part]) -> list[tuple[Player, list[_Part]]]:
    """The parts of each player, who plays them together."""
    players: list[tuple[Player, list[_Part]]] = []
    for part in parts:
        its = next((its for player, its in players if player == part.player), None)
        if its is None:
            players.append((part.player, [part]))
        else:
            its.append(part)
    return players
