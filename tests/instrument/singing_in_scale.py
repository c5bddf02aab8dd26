"""Melodies sung beside the notes of a scale, and how far from them they come out. Pitches are MIDI, in semitones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jambox.instrument import Instrument

RATE = 48_000
NOTE_S = 0.7
# A note counts from here on: the tracker has found it, and vibrato has shown both of its sides.
SETTLED_S = 0.25
Pitches = NDArray[np.float64]
# Whatever decides about the octave or the level by itself is left out.
AS_SUNG = {"auto_octave": 0.0, "auto_level": 0.0}


@dataclass(frozen=True)
class Melody:
    """Samples at 48 kHz; for each note the pitch that is meant and by how much (semitones) it is missed."""

    x: NDArray[np.float32]
    meant_st: Pitches
    missed_st: Pitches
    note_s: float


def melody(
    meant_st: list[int],
    seed: int = 0,
    most_missed_st: float = 0.4,
    vibrato_st: float = 0.0,
    rests: bool = False,
    pure: bool = False,
) -> Melody:
    """Notes of NOTE_S each, legato or with a rest of 60 ms, each missed by up to `most_missed_st`; vibrato of 5.5 Hz."""
    source = np.random.default_rng(seed)
    meant = np.array(meant_st, dtype=np.float64)
    missed = source.uniform(-most_missed_st, most_missed_st, len(meant))
    t = np.arange(round(NOTE_S * RATE)) / RATE
    pitch = np.concatenate([m + d + vibrato_st * np.sin(2.0 * np.pi * 5.5 * t) for m, d in zip(meant, missed, strict=True)])
    cycles = np.cumsum(440.0 * 2.0 ** ((pitch - 69.0) / 12.0)) / RATE
    x = np.zeros(len(pitch))
    for k in range(1, 2 if pure else 7):
        x += 0.55 ** (k - 1) * np.sin(2.0 * np.pi * k * cycles)
    if rests:
        edge = np.minimum(np.minimum(t, NOTE_S - 0.06 - t) / 0.01, 1.0).clip(0.0)
        x *= np.tile(edge, len(meant))
    return Melody((0.1 * x).astype(np.float32), meant, missed, NOTE_S)


def played_st(player: Instrument, x: NDArray[np.float32]) -> Pitches:
    """Pitch (semitones) that the voice plays, once an analysis hop."""
    pitches = np.full(-(-len(x) // player.hop), np.nan)
    for i in range(len(pitches)):
        player.process(x[i * player.hop : (i + 1) * player.hop])
        hz = float(player.header["voice"]["f0_to_hz"])
        pitches[i] = 69.0 + 12.0 * np.log2(hz / 440.0) if hz > 0.0 else np.nan
    return pitches


def of_each_note(pitches: Pitches, sung: Melody, hop: int) -> list[Pitches]:
    """What is left of the pitches of each note once it has settled, but for its last 80 ms."""
    parts = []
    for i in range(len(sung.meant_st)):
        first, last = (i * sung.note_s + SETTLED_S, (i + 1) * sung.note_s - 0.08)
        parts.append(pitches[round(first * RATE / hop) : round(last * RATE / hop)])
    return parts


def extent_st(pitches: Pitches) -> float:
    """Extent of a vibrato of 5.5 Hz in pitches taken once a hop of 64 samples: half of the way between its ends."""
    t = np.arange(len(pitches)) * 64 / RATE
    basis = np.stack([np.ones(len(t)), t, np.sin(2 * np.pi * 5.5 * t), np.cos(2 * np.pi * 5.5 * t)], axis=1)
    fit = np.linalg.lstsq(basis, pitches, rcond=None)[0]
    return float(np.hypot(fit[2], fit[3]))
