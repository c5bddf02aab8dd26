"""A MIDI file for `jambox render`: tracks to instruments, instruments to one sound."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import typer

from jambox.audiofile import write_sound
from jambox.dsp.limiter import CEILING
from jambox.errors import BadInput
from jambox.instrument import Design
from jambox.instrument.opening import instrument_hash, open_instrument
from jambox.midi.song import Song, read_song, song_events
from jambox.params import BY_ID
from jambox.render import Rendered, render_notes

_RATE = 48_000
_ONLY_KEYS = 2.0


def render_song(
    source: Path,
    target: Path,
    instrument: str | Path,
    params: Mapping[str, float],
    assignments: list[str],
    sample_rate: int | None,
    room: Path | None,
    scale: Path | None,
    seed: int,
    tail_s: float,
) -> dict[str, Any]:
    """Render the file; what there is to tell about it. Tracks that nobody was named for go to `instrument`."""
    song = read_song(source)
    parts = _parts(song, str(instrument), assignments)
    rate = sample_rate or _RATE
    began = time.perf_counter()
    sounds, notes = [], []
    for name, numbers in parts.items():
        player = open_instrument(name, Design(rate, seed), {"source": _ONLY_KEYS, **params}, room=room, scale=scale)
        events, passed_over = song_events([song.tracks[number] for number in numbers], rate)
        notes += passed_over
        sounds.append(render_notes(player, events, tail_s).samples)
    y = np.zeros(max(map(len, sounds)), dtype=np.float32)
    for samples in sounds:
        y[: len(samples)] += samples
    peak = float(np.max(np.abs(y), initial=0.0))
    if peak > CEILING and len(sounds) > 1:
        y *= np.float32(CEILING / peak)
    took = time.perf_counter() - began
    write_sound(target, y, rate)
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
                "track": number + 1,
                "name": song.tracks[number].name,
                "instrument": name,
                "instrument_hash": instrument_hash(name),
            }
            for name, numbers in parts.items()
            for number in numbers
        ],
        "params": {id: value for id, value in params.items() if value != BY_ID[id].default},
    } | Rendered(y, rate, np.zeros(0), np.zeros(0, dtype=bool)).levels()


def _parts(song: Song, instrument: str, assignments: list[str]) -> dict[str, list[int]]:
    """Instruments, each with the tracks (from 0) that it plays."""
    players = dict.fromkeys(range(len(song.tracks)), instrument)
    for assignment in assignments:
        text, _, name = assignment.partition("=")
        if not name.strip() or not text.strip().isdecimal():
            raise BadInput(f"--track takes NUMBER=INSTRUMENT, not {assignment!r}.")
        if not 1 <= int(text) <= len(song.tracks):
            raise BadInput(f"There is no track {text}: {len(song.tracks)} of this file hold notes.")
        players[int(text) - 1] = name.strip()
    parts: dict[str, list[int]] = {}
    for number, name in players.items():
        parts.setdefault(name, []).append(number)
    return parts
