"""The pitch that training may believe: the tracker's where the known note agrees with it, and nowhere else.

An octave error is poison: the network would learn the spectrum of one pitch for another. So a frame counts only when the
tracker is confident and within 80 cents of a note that is known to sound, one note at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import AnalysisTrack
from jambox.frames import ANALYSIS_HOPS_PER_CONTROL_HOP
from jambox.train.recordings import Note
from jambox.units import hz_to_midi, midi_to_hz

CONFIDENT = 0.5
NEAR_CENTS = 80.0
LARGEST_MISTUNING_CENTS = 150.0
# A score aligned by machine is late or early by so much.
ALIGNMENT_S = 0.1
LONGEST_HOLE_S = 0.04
SHORTEST_NOTE_S = 0.04
FRAME_S = 0.004

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


def control_rows(values: Vector) -> Vector:
    """The analysis row that each control frame sees, the newest one: [n_analysis] -> [n_analysis // 3]."""
    return values[ANALYSIS_HOPS_PER_CONTROL_HOP - 1 :: ANALYSIS_HOPS_PER_CONTROL_HOP]


def believable_f0(track: AnalysisTrack, notes: Sequence[Note]) -> tuple[Vector, Flags]:
    """Pitch in Hz of every control frame and whether it may be believed, both [n_frames]; elsewhere the last one is held."""
    f0_hz, confidence, time_s = (control_rows(v) for v in (track.f0_hz, track.f0_confidence, track.time_s))
    if len(notes) == 1 and np.isinf(notes[0].end_s):
        return _single_note_f0(f0_hz, confidence, notes[0].midi)
    believed = (confidence > CONFIDENT) & (f0_hz > 0.0)
    if notes:
        believed &= _near_score(f0_hz, time_s, notes)
    believed = _without_short(_with_holes_closed(believed, f0_hz), SHORTEST_NOTE_S)
    return held(f0_hz, believed & (confidence > 0.0) & (f0_hz > 0.0)), believed


def _single_note_f0(f0_hz: Vector, confidence: Vector, midi: float) -> tuple[Vector, Flags]:
    """A single note is known from end to end: where the tracker errs, the pitch at which the note sounds leads.

    Instruments are tuned apart by up to LARGEST_MISTUNING_CENTS. A note that is heard further away, an octave mostly, is
    either named or heard wrongly: nothing of it is believed.
    """
    heard = (confidence > CONFIDENT) & (f0_hz > 0.0)
    middle = float(np.median(f0_hz[heard])) if heard.any() else float(midi_to_hz(midi))
    if abs(float(hz_to_midi(middle)) - midi) * 100.0 > LARGEST_MISTUNING_CENTS:
        return np.full(len(f0_hz), middle), np.zeros(len(f0_hz), dtype=np.bool_)
    near = _near(f0_hz, np.full(len(f0_hz), float(hz_to_midi(middle)))) & heard
    return np.where(near, f0_hz, middle), np.ones(len(f0_hz), dtype=np.bool_)


def held(values: Vector, valid: Flags) -> Vector:
    """`values` where valid, elsewhere the last valid one (the first one before it); 440 where none is."""
    if not valid.any():
        return np.full(len(values), 440.0)
    last = np.maximum.accumulate(np.where(valid, np.arange(len(values)), -1))
    last[last < 0] = int(np.argmax(valid))
    return values[last]


def _near(f0_hz: Vector, midi: Vector) -> Flags:
    heard = hz_to_midi(np.maximum(f0_hz, 1.0))
    return np.asarray(np.abs(heard - midi) * 100.0 <= NEAR_CENTS)


def _near_score(f0_hz: Vector, time_s: Vector, notes: Sequence[Note]) -> Flags:
    """Frames near a note of the score (widened by its misalignment) while no two notes sound together."""
    agreeing = np.zeros(len(f0_hz), dtype=np.bool_)
    sounding = np.zeros(len(f0_hz), dtype=np.int64)
    tuning = _tuning(f0_hz, time_s, notes)
    for note in notes:
        first, last = np.searchsorted(time_s, [note.start_s - ALIGNMENT_S, note.end_s + ALIGNMENT_S])
        agreeing[first:last] |= _near(f0_hz[first:last], np.full(last - first, note.midi + tuning))
        first, last = np.searchsorted(time_s, [note.start_s + 0.5 * FRAME_S, note.end_s - 0.5 * FRAME_S])
        sounding[first:last] += 1
    return agreeing & (sounding <= 1)


def _tuning(f0_hz: Vector, time_s: Vector, notes: Sequence[Note]) -> float:
    """Median deviation of what is heard from the score, in semitones: the tuning of the instrument."""
    deviations: list[Vector] = []
    for note in notes:
        first, last = np.searchsorted(time_s, [note.start_s, note.end_s])
        heard = hz_to_midi(np.maximum(f0_hz[first:last], 1.0)) - note.midi
        deviations.append(heard[np.abs(heard) < 0.9])
    everything = np.concatenate(deviations) if deviations else np.zeros(0)
    return float(np.median(everything)) if len(everything) else 0.0


def _runs(flags: Flags) -> list[tuple[int, int]]:
    """Start and end of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _with_holes_closed(flags: Flags, f0_hz: Vector) -> Flags:
    """Short holes inside of one note become believed: the pitch there is the held one."""
    closed = flags.copy()
    runs = _runs(flags)
    for (_, end), (start, _) in pairwise(runs):
        same = abs(float(hz_to_midi(f0_hz[start]) - hz_to_midi(f0_hz[end - 1]))) * 100.0 < NEAR_CENTS
        if (start - end) * FRAME_S <= LONGEST_HOLE_S and same:
            closed[end:start] = True
    return closed


def _without_short(flags: Flags, shortest_s: float) -> Flags:
    kept = flags.copy()
    for start, end in _runs(flags):
        if (end - start) * FRAME_S < shortest_s:
            kept[start:end] = False
    return kept
