"""When notes begin, by one rule for any sound: the level has risen far enough, and is no longer where it was.

The level is that of a short window, so that the rule knows nothing of pitch, of our loudness feature or of our gate. A note
begins where the level, on its way up from the lowest point since the last note to the next peak, passes 10 dB below that
peak for the last time; a rise counts from 12 dB on, and only up to a peak within 40 dB of the loudest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

STEP_S = 0.001
_WINDOW_S = 0.012
_RISE_DB = 12.0
_BELOW_PEAK_DB = 10.0
_QUIETEST_DB = 40.0
_FLOOR_DB = -100.0
# Onsets further apart than this are not the same note.
NEAR_S = 0.1

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Onset:
    """A note's beginning in seconds, and how long its level takes from 20 dB below the peak (or its lowest) to 3 dB."""

    time_s: float
    attack_s: float


def level_db(audio: NDArray[np.float32], sample_rate: int) -> Vector:
    """Level in dBFS every millisecond: the mean square under a Hann window of 12 ms centred there."""
    window = np.hanning(round(_WINDOW_S * sample_rate) + 2)[1:-1]
    power = fftconvolve(audio.astype(np.float64) ** 2, window / window.sum(), mode="same")
    at = np.arange(0.0, len(audio) / sample_rate, STEP_S) * sample_rate
    sampled = np.maximum(power[np.minimum(np.rint(at).astype(np.int64), len(power) - 1)], 0.0)
    return np.asarray(np.maximum(10.0 * np.log10(sampled + 1e-12), _FLOOR_DB))


def find_onsets(audio: NDArray[np.float32], sample_rate: int) -> list[Onset]:
    """The notes that begin in `audio`, mono [n]; what lies before its first sample counts as silence."""
    level = np.concatenate([[_FLOOR_DB], level_db(audio, sample_rate)])
    quietest = float(level.max()) - _QUIETEST_DB
    found: list[Onset] = []
    for lowest, peak in _rises(level):
        if level[peak] >= max(quietest, _FLOOR_DB + _RISE_DB):
            begin = _last_below(level, lowest, peak, level[peak] - _BELOW_PEAK_DB)
            foot = _last_below(level, lowest, peak, level[peak] - 20.0)
            top = foot + int(np.argmax(level[foot : peak + 1] >= level[peak] - 3.0))
            found.append(Onset((begin - 1) * STEP_S, (top - foot) * STEP_S))
    return found


def onset_errors_s(recorded: list[Onset], played: list[Onset]) -> tuple[Vector, int]:
    """Played minus recorded time of those notes that begin in both (nearest first, within 0.1 s), and how many begin in
    one of them alone."""
    pairs = sorted(
        (abs(ours.time_s - theirs.time_s), i, j)
        for i, theirs in enumerate(recorded)
        for j, ours in enumerate(played)
        if abs(ours.time_s - theirs.time_s) <= NEAR_S
    )
    taken: dict[int, int] = {}
    for _, i, j in pairs:
        if i not in taken and j not in taken.values():
            taken[i] = j
    errors = np.array([played[j].time_s - recorded[i].time_s for i, j in sorted(taken.items())], dtype=np.float64)
    return errors, len(recorded) + len(played) - 2 * len(errors)


def _rises(level: Vector) -> list[tuple[int, int]]:
    """Index of the lowest point and of the peak of every rise of _RISE_DB or more."""
    rises: list[tuple[int, int]] = []
    lowest, peak, rising = 0, 0, False
    for i, value in enumerate(level):
        if rising:
            if value > level[peak]:
                peak = i
            elif value < level[peak] - _RISE_DB:
                rises.append((lowest, peak))
                lowest, rising = i, False
        elif value < level[lowest]:
            lowest = i
        elif value >= level[lowest] + _RISE_DB:
            peak, rising = i, True
    if rising:
        rises.append((lowest, peak))
    return rises


def _last_below(level: Vector, lowest: int, peak: int, threshold: float) -> int:
    """The last index from `lowest` to `peak` at which the level lies below `threshold` (`lowest` if none does)."""
    below = np.flatnonzero(level[lowest : peak + 1] < threshold)
    return lowest + (int(below[-1]) if len(below) else 0)
