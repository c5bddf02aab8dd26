"""The automatic level: whoever sings softly, or far from the microphone, still plays over the instrument's own range.

The loudness of what is sung is counted by the decibel, with slow forgetting. Its median and its 95th percentile are brought,
on average, to those of the recordings that the instrument learnt from: the same match as a measured profile makes. The shift
moves in rests only. Within a phrase it stands still, so that every crescendo is played as it is sung and nothing pumps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.frames import ANALYSIS_FRAMES_PER_S
from jambox.kernels import kernel

QUIETEST_DB, N_LEVELS = -120, 140
# Softer than this is no singing that could tell how loud somebody sings.
SOFTEST_SUNG_DB = -58.0
LEAST_SUNG_HOPS = round(1.0 * ANALYSIS_FRAMES_PER_S)
# Consonants are shorter than such a rest; in one the shift moves so many dB a second.
REST_HOPS = round(0.25 * ANALYSIS_FRAMES_PER_S)
DB_PER_S = 24.0
# Bounds of the shift, and how far it may be from what would be right before it is worth a move.
LOWEST_SHIFT_DB, HIGHEST_SHIFT_DB = -6.0, 24.0
WORTH_DB = 2.0
# What was sung counts for half after 15 s of singing.
FORGETTING = 0.5 ** (1.0 / (15.0 * ANALYSIS_FRAMES_PER_S))
LARGEST_WEIGHT = 1e6

level_dtype = np.dtype(
    [
        ("middle_db", np.float64),  # median and 95th percentile of the instrument's recordings
        ("loud_db", np.float64),
        ("sung", np.float64, (N_LEVELS,)),  # hops of singing by decibel, faded
        ("weight", np.float64),  # of the newest of them
        ("sung_hops", np.int64),
        ("rest_hops", np.int64),
        ("goal_db", np.float64),
        ("shift_db", np.float64),
    ],
    align=True,
)


def reset_level(level: Any, middle_db: float, loud_db: float) -> None:
    """[main] Nothing was sung yet to an instrument with this median and 95th percentile of loudness."""
    level["middle_db"], level["loud_db"] = middle_db, loud_db
    level["sung"] = 0.0
    level["weight"] = 1.0
    level["sung_hops"] = level["rest_hops"] = 0
    level["goal_db"] = level["shift_db"] = 0.0


@kernel
def _quantile_db(level: Any, share: float) -> float:
    total = 0.0
    for i in range(N_LEVELS):
        total += level.sung[i]
    below = 0.0
    for i in range(N_LEVELS):
        if below + level.sung[i] >= share * total:
            return float(QUIETEST_DB + i + (share * total - below) / level.sung[i])
        below += level.sung[i]
    return 0.0


@kernel
def _aim(level: Any) -> None:
    away_db = (level.middle_db - _quantile_db(level, 0.5) + level.loud_db - _quantile_db(level, 0.95)) / 2.0
    goal_db = min(max(away_db, LOWEST_SHIFT_DB), HIGHEST_SHIFT_DB)
    if abs(goal_db - level.goal_db) >= WORTH_DB:
        level.goal_db = goal_db


@kernel
def follow_level(level: Any, sung_db: float, sounds: bool) -> float:
    """[audio] The shift in dB for this hop, heard loudness being `sung_db`; `sounds`: a note does. Held by
    tests/instrument/test_level.py."""
    if sounds:
        level.rest_hops = 0
        if sung_db < SOFTEST_SUNG_DB:
            return float(level.shift_db)
        level.sung_hops += 1
        level.sung[min(max(int(sung_db - QUIETEST_DB), 0), N_LEVELS - 1)] += level.weight
        level.weight /= FORGETTING
        if level.weight > LARGEST_WEIGHT:
            for i in range(N_LEVELS):
                level.sung[i] /= level.weight
            level.weight = 1.0
        return float(level.shift_db)
    level.rest_hops += 1
    if level.rest_hops == REST_HOPS and level.sung_hops >= LEAST_SUNG_HOPS:
        _aim(level)
    if level.rest_hops >= REST_HOPS:
        step_db = DB_PER_S / ANALYSIS_FRAMES_PER_S
        level.shift_db += min(max(level.goal_db - level.shift_db, -step_db), step_db)
    return float(level.shift_db)
