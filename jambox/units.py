"""Conversions between the units that names in this project carry (`_hz`, `_db`, `_st`, `_s`)."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

A4_HZ = 440.0
A4_MIDI = 69.0

NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_KEY_NAME = re.compile(r"([A-Ga-g])(#|b|)(-?[0-9])(?: *([+-][0-9]{1,2}) *ct)?")


def midi_to_hz(note: ArrayLike) -> NDArray[np.float64]:
    """Frequency in Hz of a (fractional) MIDI note number, A4 = 69 = 440 Hz."""
    return np.asarray(A4_HZ * np.exp2((np.asarray(note, dtype=np.float64) - A4_MIDI) / 12.0))


def hz_to_midi(f_hz: ArrayLike) -> NDArray[np.float64]:
    """Fractional MIDI note number of a frequency in Hz (> 0)."""
    return np.asarray(A4_MIDI + 12.0 * np.log2(np.asarray(f_hz, dtype=np.float64) / A4_HZ))


def cents_between(f_hz: ArrayLike, reference_hz: ArrayLike) -> NDArray[np.float64]:
    """Interval from `reference_hz` up to `f_hz` in cents (1200 an octave)."""
    return np.asarray(1200.0 * np.log2(np.asarray(f_hz, dtype=np.float64) / np.asarray(reference_hz, dtype=np.float64)))


def db_to_gain(level_db: ArrayLike) -> NDArray[np.float64]:
    """Amplitude factor of a level in dB (0 dB = 1)."""
    return np.asarray(np.power(10.0, np.asarray(level_db, dtype=np.float64) / 20.0))


def gain_to_db(gain: ArrayLike, floor_db: float = -240.0) -> NDArray[np.float64]:
    """Level in dB of an amplitude factor, never below `floor_db`."""
    smallest = 10.0 ** (floor_db / 20.0)
    return np.asarray(20.0 * np.log10(np.maximum(np.abs(np.asarray(gain, dtype=np.float64)), smallest)))


def note_name(f_hz: float) -> str:
    """Nearest equal-tempered note with its octave, C4 = 261.6 Hz; "-" for 0 Hz."""
    if f_hz <= 0.0:
        return "-"
    return key_name(math.floor(float(hz_to_midi(f_hz)) + 0.5))


def key_name(note: float) -> str:
    """Note with its octave of a MIDI note number, C4 = 60; cents are added where it lies between keys: "G3", "G3 +25 ct"."""
    number = math.floor(note + 0.5)
    cents = round(100.0 * (note - number))
    return f"{NOTE_NAMES[number % 12]}{number // 12 - 1}" + (f" {cents:+d} ct" if cents else "")


def named_key(text: str) -> float | None:
    """MIDI note number of a name as `key_name` gives it, with # or b, in whatever case; None for what is none."""
    found = _KEY_NAME.fullmatch(text.strip())
    if found is None:
        return None
    letter, accidental, octave, cents = found.groups()
    number = NOTE_NAMES.index(letter.upper()) + {"#": 1, "b": -1, "": 0}[accidental] + 12 * (int(octave) + 1)
    return number + 0.01 * int(cents or 0)
