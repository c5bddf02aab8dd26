"""Filling the plane of pitch and loudness where recordings leave it empty. [main]

Single notes are recorded every few semitones and each within its own dynamics; a voice goes everywhere. Between and
beyond them the network must not invent: its layers are told some notes as their neighbours, so that only the body, which
is always told the truth, can tell one semitone from the next; and a chunk played louder than its note ever was keeps the
timbre of the loudest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jambox.train.dataset import Dataset
from jambox.units import hz_to_midi

_SMOOTHED_ST = 2
_EDGE_DB = 3.0
_LARGEST_ST = 6.0

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Dynamics:
    """Loudness in dB of the softest and loudest frames that were recorded near each MIDI note, [128]."""

    softest_db: NDArray[np.float64]
    loudest_db: NDArray[np.float64]


def measure_dynamics(dataset: Dataset) -> Dynamics:
    """5 % and 95 % quantiles of loudness within two semitones of each note on the training side; notes without any take
    the nearest one's."""
    rows = [dataset.window(entry) for entry in dataset.entries(validation=False)]
    taught = [row.weight > 0.3 for row in rows]
    midi = np.rint(hz_to_midi(np.concatenate([row.f0_hz[t] for row, t in zip(rows, taught, strict=True)])))
    loudness = np.concatenate([row.loudness_db[t] for row, t in zip(rows, taught, strict=True)])
    found = np.full((2, 128), np.nan)
    for note in range(128):
        near = loudness[np.abs(midi - note) <= _SMOOTHED_ST]
        if len(near) >= 50:
            found[:, note] = np.percentile(near, [5.0, 95.0])
    known = np.flatnonzero(np.isfinite(found[0]))
    notes = np.arange(128)
    return Dynamics(np.interp(notes, known, found[0, known]), np.interp(notes, known, found[1, known]))


def draw_interval_st(random: np.random.Generator, share: float, deviation_st: float) -> float:
    """Semitones by which the pitch that the layers are told is moved, 0 for the others."""
    if random.random() >= share:
        return 0.0
    return float(np.clip(random.normal(0.0, deviation_st), -_LARGEST_ST, _LARGEST_ST))


def stretched(
    loudness_db: Vector, f0_hz: Vector, dynamics: Dynamics, random: np.random.Generator, share: float, largest_db: float
) -> Vector:
    """Loudness [T] with what lies at the edges of the note's recorded dynamics moved out by up to `largest_db`."""
    if random.random() >= share:
        return loudness_db
    note = np.clip(np.rint(hz_to_midi(f0_hz)), 0, 127).astype(np.int64)
    louder = np.clip((loudness_db - dynamics.loudest_db[note]) / _EDGE_DB + 1.0, 0.0, 1.0)
    softer = np.clip((dynamics.softest_db[note] - loudness_db) / _EDGE_DB + 1.0, 0.0, 1.0)
    return np.asarray(loudness_db + largest_db * (random.random() * louder - random.random() * softer), dtype=np.float32)
