"""What messages say was sung, read back as notes, and its score against what people wrote down."""

from __future__ import annotations

from typing import Any

import mir_eval
import numpy as np

from jambox.midi.singing import BEND_RANGE_ST
from jambox.units import midi_to_hz

# Start and end in seconds, median pitch with its bends (MIDI), and its spread in semitones.
Sung = tuple[float, float, float, float]


def notes_of(messages: list[tuple[float, Any]]) -> list[Sung]:
    """Start, end, median pitch with its bends over time, and their spread, of every note.

    One voice: a key that goes down ends the note before it, whose own end comes just after.
    """
    found, began, key, bend = [], 0.0, -1, 0.0
    course: list[tuple[float, float]] = []

    def end(time_s: float) -> None:
        at = np.linspace(began, time_s, 200, endpoint=False)
        times, pitch = np.array(course).T
        held = pitch[np.maximum(np.searchsorted(times, at, side="right") - 1, 0)]
        found.append((began, time_s, float(np.median(held)), float(np.ptp(held))))

    for time_s, message in messages:
        if message.type == "pitchwheel":
            bend = message.pitch / 8192.0 * BEND_RANGE_ST
            course.append((time_s, key + bend))
        elif message.type == "note_on" and message.velocity > 0:
            if key >= 0:
                end(time_s)
            began, key = time_s, message.note
            course = [(time_s, key + bend)]
        elif message.type in ("note_on", "note_off") and message.note == key:
            end(time_s)
            key = -1
    assert key < 0, "a note is stuck"
    return found


def f1(found: list[Sung], written: np.ndarray) -> float:
    """Onset within 50 ms and pitch within 50 cents, as mir_eval counts; `written`: start, Hz, duration."""
    intervals = np.column_stack([written[:, 0], written[:, 0] + written[:, 2]])
    ours = np.array([note[:2] for note in found])
    hz = midi_to_hz(np.array([note[2] for note in found]))
    score = mir_eval.transcription.precision_recall_f1_overlap(intervals, written[:, 1], ours, hz, offset_ratio=None)
    return float(score[2])
