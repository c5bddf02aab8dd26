"""The melody of a recording: notes found in the pitch that the live analysis hears. [main]

A phrase is what is sung in one breath. It is cut into notes where that explains its pitch best: each note costs a fixed
price, and what its pitch strays from its mean costs as well, so that vibrato and slides stay inside a note and a step begins
a new one. The cheapest cut is found by dynamic programming over all of them (optimal partitioning; Jackson et al. 2005).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import AnalysisTrack
from jambox.audiofile import replacing
from jambox.units import hz_to_midi, midi_to_hz

# Rows of the track that are looked at together, 10.7 ms.
_ROWS = 8
_CONFIDENT = 0.5
# A note's price, as so many seconds during which its pitch strays by _STRAYING_ST.
_PRICE_S, _STRAYING_ST = 0.4, 0.3
_SHORTEST_PIECE_S, _SHORTEST_NOTE_S = 0.06, 0.12
# A pause of so many frames ends a phrase; pieces are no longer than this, and are put together again where they agree.
_PAUSE_FRAMES = 4
_LONGEST_PIECE_S = 8.0
_SAME_ST = 0.3

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Note:
    """start and end in seconds, median pitch as a fractional MIDI number, median A-weighted level in dB."""

    start_s: float
    end_s: float
    midi: float
    loudness_db: float

    @property
    def f0_hz(self) -> float:
        """Median pitch in Hz."""
        return float(midi_to_hz(self.midi))


def find_notes(track: AnalysisTrack) -> list[Note]:
    """The notes of a track in order, none of them overlapping. Held to hand-made annotations by tests/test_melody.py."""
    n = len(track.f0_hz) // _ROWS
    if n < 2:
        return []
    time_s, f0_hz, confidence, loudness_db = (
        row[: n * _ROWS].reshape(n, _ROWS) for row in (track.time_s, track.f0_hz, track.f0_confidence, track.loudness_db)
    )
    sung = (confidence > _CONFIDENT) & (f0_hz > 0.0)
    rows_midi = np.where(sung, hz_to_midi(np.maximum(f0_hz, 1.0)), np.nan)
    known = sung.sum(axis=1) > _ROWS / 2
    midi = np.full(n, np.nan)
    midi[known] = np.nanmedian(rows_midi[known], axis=1)
    frame_s = float(time_s[1, 0] - time_s[0, 0])
    starts_s, level_db = time_s[:, 0], loudness_db.max(axis=1)
    found: list[Note] = []
    for first, last in _phrases(known):
        inside = np.flatnonzero(known[first:last])
        pitch = np.interp(np.arange(last - first), inside, midi[first:last][inside])
        for low, high in _cut(pitch, frame_s):
            start_s, end_s = float(starts_s[first + low]), float(starts_s[min(first + high, n - 1)])
            if end_s - start_s >= _SHORTEST_NOTE_S:
                piece = slice(first + low, first + high)
                found.append(Note(start_s, end_s, float(np.median(pitch[low:high])), float(np.median(level_db[piece]))))
    return _joined(found)


def _phrases(known: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs of frames with a pitch, first and one past the last, across gaps shorter than a pause."""
    at = np.flatnonzero(known)
    if not len(at):
        return []
    breaks = np.flatnonzero(np.diff(at) > _PAUSE_FRAMES)
    firsts = at[np.concatenate([[0], breaks + 1])]
    lasts = at[np.concatenate([breaks, [len(at) - 1]])] + 1
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def _cut(pitch: Vector, frame_s: float) -> list[tuple[int, int]]:
    """The cheapest partition of a phrase's pitch [T] in semitones, as (first, one past the last) of every piece."""
    shortest = max(1, round(_SHORTEST_PIECE_S / frame_s))
    longest = round(_LONGEST_PIECE_S / frame_s)
    n = len(pitch)
    if n < 2 * shortest:
        return [(0, n)]
    sums = np.concatenate([[0.0], np.cumsum(pitch - pitch.mean())])
    squares = np.concatenate([[0.0], np.cumsum((pitch - pitch.mean()) ** 2)])
    cost = np.full(n + 1, np.inf)
    cost[0] = 0.0
    came_from = np.zeros(n + 1, dtype=np.int64)
    for end in range(shortest, n + 1):
        start = np.arange(max(0, end - longest), end - shortest + 1)
        strayed = squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start)
        total = cost[start] + _PRICE_S + strayed * frame_s / _STRAYING_ST**2
        best = int(np.argmin(total))
        cost[end], came_from[end] = total[best], start[best]
    pieces = []
    end = n
    while end > 0:
        pieces.append((int(came_from[end]), end))
        end = int(came_from[end])
    return pieces[::-1]


def _joined(notes: list[Note]) -> list[Note]:
    """Pieces of one long note, put together."""
    joined: list[Note] = []
    for note in notes:
        before = joined[-1] if joined else None
        if before is not None and note.start_s == before.end_s and abs(note.midi - before.midi) < _SAME_ST:
            joined[-1] = Note(before.start_s, note.end_s, before.midi, before.loudness_db)
        else:
            joined.append(note)
    return joined


def write_piano_roll(notes: Iterable[Note], path: Path) -> None:
    """A table with one row a note: start_s, end_s, midi, f0_hz, loudness_db; whole or not at all."""
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["start_s", "end_s", "midi", "f0_hz", "loudness_db"])
        for note in notes:
            row = (
                f"{note.start_s:.4f}",
                f"{note.end_s:.4f}",
                f"{note.midi:.3f}",
                f"{note.f0_hz:.3f}",
                f"{note.loudness_db:.1f}",
            )
            writer.writerow(row)
