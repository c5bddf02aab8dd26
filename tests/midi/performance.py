"""A piece rendered by `jambox render`, whole and in stems, and judged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from jambox.cli.song import Player, render_song
from tests.midi.judging import BARE, RATE, Note, cents_off, notes_of, onset_s, stems
from tests.midi.score import Piece, Written

TAIL_S = 0.3


@dataclass(frozen=True)
class Performance:
    """The notes of the file, the whole of what was rendered, and how much of it the stems together leave over (dB)."""

    notes: list[Note]
    whole: NDArray[np.float64]
    left_over_db: float
    # For each note: seconds after its time; for each stretch of one pitch: cents.
    onsets_s: list[float]
    cents: list[float]


def perform(piece: Piece, folder: Path) -> Performance:
    """Render the piece and its stems in a folder, and listen."""
    whole = _rendered(piece.write(folder / f"{piece.name}.mid"))
    notes = notes_of((folder / f"{piece.name}.mid").read_bytes())
    written = sorted(piece.notes, key=lambda note: (note.start, note.key))
    assert [note.key for note in notes] == [note.key for note in written]
    left = whole.copy()
    onsets: list[float] = []
    cents: list[float] = []
    for number, group in enumerate(stems(notes)):
        some: list[Written] = [written[i] for i in group]
        stem = _rendered(piece.write(folder / f"{piece.name}-{number}.mid", some))
        left[: len(stem)] -= stem
        for i in group:
            onsets.append(onset_s(stem, notes[i]) - notes[i].start_s)
            cents += cents_off(stem, notes[i])
    left_over_db = 10.0 * np.log10(np.sum(left**2) / np.sum(whole**2) + 1e-30)
    return Performance(notes, whole, float(left_over_db), onsets, cents)


def _rendered(song: Path) -> NDArray[np.float64]:
    out = song.with_suffix(".wav")
    render_song(song, out, Player("violin", BARE), BARE, [], True, RATE, None, None, 0, TAIL_S)
    samples, rate = soundfile.read(out, always_2d=True)
    assert rate == RATE
    return np.asarray(samples, dtype=np.float64).mean(axis=1)
