"""A built-in input and a picture of what becomes of it: a melody of a plain sine, played short, bound and gliding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jambox.units import db_to_gain, midi_to_hz


@dataclass(frozen=True)
class Phrase:
    """Notes that share one breath: MIDI notes, seconds a note, how they are joined, level of the last in dB."""

    notes: tuple[float, ...]
    note_s: float
    manner: str  # "staccato", "legato" or "glide"
    level_db: float


MELODY = (
    Phrase((69, 72, 76, 74, 72, 71, 69, 76), 0.22, "staccato", -18.0),
    Phrase((69, 71, 72, 76, 74, 71), 0.45, "legato", -14.0),
    Phrase((69, 81), 1.6, "glide", -12.0),
)
REST_S = 0.25
# A note that stands alone sounds for this share of its time.
STACCATO_SHARE = 0.45
EDGE_S = 0.012


def demo_melody(sample_rate: int) -> NDArray[np.float32]:
    """The melody as a plain sine, about 7 s, float32, shape [n]; the same at every sample rate."""
    rest = np.zeros(round(REST_S * sample_rate))
    parts = [rest]
    for phrase in MELODY:
        f0_hz, gain = _controls(phrase, sample_rate)
        phase = 2.0 * np.pi * np.cumsum(f0_hz) / sample_rate
        parts += [gain * np.sin(phase), rest]
    return np.concatenate(parts).astype(np.float32)


def _controls(phrase: Phrase, sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequency (Hz) and gain of every sample of a phrase."""
    n = round(phrase.note_s * sample_rate)
    edge = round(EDGE_S * sample_rate)
    count = len(phrase.notes)
    level = float(db_to_gain(phrase.level_db))
    if phrase.manner == "glide":
        note = np.interp(np.arange(n), [0.2 * n, 0.8 * n], phrase.notes)
        return midi_to_hz(note), level * _edges(n, edge)
    f0_hz = np.repeat(midi_to_hz(np.array(phrase.notes)), n)
    if phrase.manner == "staccato":
        short = round(STACCATO_SHARE * n)
        one = np.concatenate([_edges(short, edge), np.zeros(n - short)])
        return f0_hz, level * np.tile(one, count)
    swell = db_to_gain(np.linspace(-8.0, 0.0, n * count))
    return f0_hz, level * swell * _edges(n * count, edge)


def _edges(n: int, edge: int) -> NDArray[np.float64]:
    """A gain of 1 with raised-cosine ends of `edge` samples."""
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / edge)
    gain = np.ones(n)
    gain[:edge] = ramp
    gain[n - edge :] = ramp[::-1]
    return gain
