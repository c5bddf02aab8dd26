"""Keeping the room out of the noise: the tails of earlier notes land between the harmonics of the present one.

A late part that decays with the reverberation time is expected of every note that has ended, and taken out of the noise
bands (after Lebart, Boucher & Denbigh 2001, with bands in place of bins and notes in place of a fixed delay).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NOTE_CHANGE_CENTS = 60.0
FRAME_S = 0.004
# Level of a note's tail when the note ends, against the note itself.
TAIL_START_DB = -9.0
# A band keeps at least this share of its power: an estimate that is too high must not make a hole.
KEPT_SHARE = 0.1
_NOTE_MEMORY = 0.08
# A pitch is steady while it stays within so many cents for so many frames around.
STEADY_CENTS = 25.0
STEADY_FRAMES = 21
# From this reverberation time on a room smears the pitch: in half a cycle of vibrato, 90 ms, a smaller one falls by 18 dB.
SMEARING_S = 0.3
# Sound that has fallen this far below what the room could still hold at most is taken for the room's.
FALLEN_DB = 6.0

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


def without_tails(noise_power: Matrix, total_power: Matrix, f0_hz: Vector, reverberation_s: float) -> Matrix:
    """Noise band powers [T,N] less the expected tails of earlier notes; total_power [T,N] is that of the whole sound."""
    decay = 10.0 ** (-6.0 * FRAME_S / reverberation_s)
    start = 10.0 ** (TAIL_START_DB / 10.0)
    changed = np.concatenate([[0.0], np.abs(1200.0 * np.diff(np.log2(f0_hz)))]) > NOTE_CHANGE_CENTS
    tail = np.zeros(noise_power.shape[1])
    note = total_power[0].copy()
    cleaned = np.empty_like(noise_power)
    for t in range(len(noise_power)):
        if changed[t]:
            tail = np.maximum(tail, start * note)
            note = total_power[t].copy()
        note += _NOTE_MEMORY * (total_power[t] - note)
        tail *= decay
        cleaned[t] = np.maximum(noise_power[t] - tail, KEPT_SHARE * noise_power[t])
    return cleaned


def steady(f0_hz: Vector) -> Vector:
    """1 where the pitch hardly moves within 80 ms, else 0, [T]: in a room, only there is the residual mostly noise.

    Vibrato and note changes leave the reverberation of other pitches between the harmonics.
    """
    cents = 1200.0 * np.log2(f0_hz)
    half = STEADY_FRAMES // 2
    around = np.lib.stride_tricks.sliding_window_view(np.pad(cents, half, mode="edge"), STEADY_FRAMES)
    return np.asarray(np.ptp(around, axis=1) < STEADY_CENTS, dtype=np.float64)


def dying_away(loudness_db: Vector, reverberation_s: float) -> Vector:
    """1 where a note has ended faster than the room lets it die away and its tail may still sound, else 0, [T].

    In there the residual is what the room and the player's breath, keys and bow have left of a louder note, and a
    network that learnt it would hiss after every note. A slow diminuendo is no tail: the level keeps up with the room's.
    """
    fall_db = 60.0 * FRAME_S / reverberation_s
    held_db = float(loudness_db[0])
    dying = np.zeros(len(loudness_db))
    for t, level_db in enumerate(loudness_db):
        held_db = max(float(level_db), held_db - fall_db)
        dying[t] = held_db - level_db > FALLEN_DB
    return dying
