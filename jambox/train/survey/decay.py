"""Reverberation: how fast the sound dies away after notes end.

Every fall of the level by 20 dB or more without a new rise is fitted with a line. What a room adds only lengthens a fall,
and a player may fade slowly: of all falls the shorter ones tell the room (cf. Ratnam et al. 2003).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jambox.train.guide import FRAME_S

# A tail fluctuates by itself: the level is smoothed over 60 ms.
SMOOTHED_FRAMES = 15
# A fall ends where the level has risen this much above its lowest, and must span so much to be fitted.
RISE_DB, LEAST_FALL_DB = 4.0, 20.0
# A note holds while its level is within this of its highest.
HOLDS_DB = 3.0
# The direct sound falls first and at once: the line is fitted to what comes this much later, down to FITTED_DB.
AFTER_DIRECT_S, FITTED_DB = 0.04, 35.0
# Above the noise floor, where the line no longer bends.
ABOVE_FLOOR_DB = 8.0
LEAST_POINTS, LEAST_LINE_DB, LEAST_CORRELATION = 10, 10.0, 0.96
FEWEST_FALLS = 3
QUANTILE = 0.25

Vector = NDArray[np.float64]


def decay_times(level_db: Vector, floor_db: float) -> list[float]:
    """Times to fall by 60 dB, in seconds, of every clear fall in level_db [T] (control frames) above the noise, floor_db."""
    smooth = np.convolve(level_db, np.ones(SMOOTHED_FRAMES) / SMOOTHED_FRAMES, "same")
    times = []
    for start, end in _falls(smooth):
        start += int(np.flatnonzero(smooth[start:end] > smooth[start] - HOLDS_DB)[-1])
        fall = smooth[start:end]
        first = round(AFTER_DIRECT_S / FRAME_S)
        usable = (np.arange(len(fall)) >= first) & (fall > fall[0] - FITTED_DB) & (fall > floor_db + ABOVE_FLOOR_DB)
        at = np.flatnonzero(usable)
        if len(at) < LEAST_POINTS or fall[at[0]] - fall[at[-1]] < LEAST_LINE_DB:
            continue
        if -np.corrcoef(at, fall[at])[0, 1] >= LEAST_CORRELATION:
            slope = np.polyfit(at * FRAME_S, fall[at], 1)[0]
            times.append(float(-60.0 / slope))
    return times


def reverberation_s(times: Sequence[float]) -> float | None:
    """The decay time of the room, at most, from those of single falls; None when there are too few to say."""
    return round(float(np.quantile(times, QUANTILE)), 2) if len(times) >= FEWEST_FALLS else None


def _falls(level_db: Vector) -> list[tuple[int, int]]:
    """Start and end of stretches that fall by LEAST_FALL_DB without rising by RISE_DB in between."""
    falls: list[tuple[int, int]] = []
    top = bottom = 0
    for t in range(1, len(level_db)):
        if level_db[t] > level_db[bottom] + RISE_DB or level_db[t] >= level_db[top]:
            if level_db[top] - level_db[bottom] >= LEAST_FALL_DB:
                falls.append((top, bottom + 1))
            top = bottom = t
        elif level_db[t] < level_db[bottom]:
            bottom = t
    if len(level_db) and level_db[top] - level_db[bottom] >= LEAST_FALL_DB:
        falls.append((top, bottom + 1))
    return falls
