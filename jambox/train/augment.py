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
# Quantiles come from counts, so that hours of recordings need no more memory than minutes.
_LOUDNESS_STEP_DB = 0.01
_LOUDNESS_GRID_DB = np.arange(-12_000, 2_001) * _LOUDNESS_STEP_DB

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Dynamics:
    """Loudness in dB of the softest and loudest frames that were recorded near each MIDI note, [128]."""

    softest_db: NDArray[np.float64]
    loudest_db: NDArray[np.float64]


def measure_dynamics(dataset: Dataset) -> Dynamics:
    """5 % and 95 % quantiles of loudness, to 0.01 dB, within two semitones of each note on the training side; notes without
    any take the nearest one's."""
    counts = np.zeros((128, len(_LOUDNESS_GRID_DB)), dtype=np.int64)
    for entry in dataset.entries(validation=False):
        for first, last in dataset.spans(entry):
            f0_hz, loudness_db, weight = dataset.columns(entry, ("f0_hz", "loudness_db", "weight"), first, last)
            taught = weight > 0.3
            midi = np.clip(np.rint(hz_to_midi(f0_hz[taught])), 0, 127).astype(np.int64)
            bins = np.rint((loudness_db[taught] - _LOUDNESS_GRID_DB[0]) / _LOUDNESS_STEP_DB).astype(np.int64)
            np.add.at(counts, (midi, np.clip(bins, 0, len(_LOUDNESS_GRID_DB) - 1)), 1)
    found = np.full((2, 128), np.nan)
    for note in range(128):
        near = np.cumsum(counts[max(note - _SMOOTHED_ST, 0) : note + _SMOOTHED_ST + 1].sum(axis=0))
        if near[-1] >= 50:
            found[:, note] = _LOUDNESS_GRID_DB[np.searchsorted(near, np.array([0.05, 0.95]) * (near[-1] - 1), side="right")]
    known = np.flatnonzero(np.isfinite(found[0]))
    if len(known) == 0:
        # Too little of any note to speak of its dynamics: nothing lies at their edges.
        return Dynamics(np.full(128, _LOUDNESS_GRID_DB[0]), np.full(128, _LOUDNESS_GRID_DB[-1]))
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
