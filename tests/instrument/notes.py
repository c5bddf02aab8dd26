"""Players of keys for the checks: at random, and a few notes by hand."""

from __future__ import annotations

import numpy as np

from jambox.instrument.events import (
    EVENT_ALL_NOTES_OFF,
    EVENT_ALL_SOUND_OFF,
    EVENT_BEND,
    EVENT_LOUDNESS,
    EVENT_MODULATION,
    EVENT_NOTE_OFF,
    EVENT_NOTE_ON,
    EVENT_PRESSURE,
    EVENT_RESET_CONTROLLERS,
    EVENT_SOFT,
    EVENT_SOSTENUTO,
    EVENT_SUSTAIN,
    EVENT_TIMBRE,
    EVENT_VOLUME,
)
from jambox.instrument.note_events import NoteEvent

# How often each kind comes, and its least and greatest value.
KINDS = {
    EVENT_NOTE_ON: (40, 0.05, 1.0),
    EVENT_NOTE_OFF: (30, 0.0, 1.0),
    EVENT_BEND: (6, -12.0, 12.0),
    EVENT_PRESSURE: (6, 0.0, 1.0),
    EVENT_TIMBRE: (4, -1.0, 1.0),
    EVENT_MODULATION: (2, 0.0, 1.0),
    EVENT_LOUDNESS: (2, -20.0, 0.0),
    EVENT_VOLUME: (2, -20.0, 0.0),
    EVENT_SUSTAIN: (4, 0.0, 1.0),
    EVENT_SOSTENUTO: (3, 0.0, 1.0),
    EVENT_SOFT: (2, 0.0, 1.0),
    EVENT_ALL_NOTES_OFF: (1, 0.0, 0.0),
    EVENT_ALL_SOUND_OFF: (1, 0.0, 0.0),
    EVENT_RESET_CONTROLLERS: (1, 0.0, 0.0),
}
KEYS = (48, 52, 55, 60, 64, 67, 69, 72, 76)


def some_notes(n: int, count: int = 160, seed: int = 2) -> list[NoteEvent]:
    """`count` events of every kind on three channels at any of n samples, in order of time."""
    source = np.random.default_rng(seed)
    weights = np.array([weight for weight, _, _ in KINDS.values()], dtype=np.float64)
    kinds = source.choice(list(KINDS), size=count, p=weights / weights.sum())
    events = []
    for time, kind in zip(np.sort(source.integers(0, n, count)), kinds, strict=True):
        _, low, high = KINDS[int(kind)]
        key = int(source.choice(KEYS))
        whole = int(kind) >= EVENT_MODULATION or (kind > EVENT_NOTE_OFF and source.random() < 0.5)
        value = float(source.uniform(low, high))
        events.append(NoteEvent(int(kind), int(source.integers(0, 3)), None if whole else key, value, int(time)))
    return events
