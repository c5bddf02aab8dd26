"""What has a pitch and is no note: the hum of the mains, and a click or a consonant that falls into a note."""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.frames import ANALYSIS_FRAMES_PER_S
from jambox.kernels import kernel

# Hum is soft, and keeps to the mains or to twice that within this share, as no voice does for so long (0.25 s).
LOUDEST_HUM_DB = -46.0
HUM_WIDTH = 0.004
HUM_HOPS = round(0.25 * ANALYSIS_FRAMES_PER_S)
# Confidence that changes by less in a hop is not falling; pitches that differ by less are the same note.
STEADY_CONFIDENCE = 0.02
SAME_CENTS = 100.0
# An accent within a sure note is not so much louder than what was before it, in a doubtful one less. What was before follows
# a rise by so much in a hop: a click takes two or three of them to reach its level.
LARGEST_ACCENT_DB = 26.0
RISE_DB = 4.0
# Doubt does not end while confidence is lower.
LEAST_CONFIDENCE = 0.35

doubt_dtype = np.dtype(
    [
        ("hum_hops", np.int64),  # for so long the pitch has kept to that of the mains
        ("confidence", np.float64),  # of the hop before
        ("falls", np.int64),  # 1: confidence does, so that no note begins
        ("before_db", np.float64),  # level before it fell, or before it rose fast
        ("doubted", np.int64),  # 1: what came into the note is not known to be a note
        ("trusted_db", np.float64),  # level up to which the harmonics sound
    ],
    align=True,
)


@kernel
def is_hum(doubt: Any, f0_hz: float, loudness_db: float, sounds: bool) -> bool:
    """[audio] Whether this is the mains: no note begins with it, and one that became it ends. Call once a hop."""
    near = False
    for mains_hz in (50.0, 60.0, 100.0, 120.0):
        near = near or abs(f0_hz / mains_hz - 1.0) < HUM_WIDTH
    near = near and loudness_db < LOUDEST_HUM_DB
    doubt.hum_hops = doubt.hum_hops + 1 if near else 0
    return near and (not sounds or doubt.hum_hops >= HUM_HOPS)


@kernel
def trusted_level_db(
    doubt: Any, heard_hz: float, steady_hz: float, loudness_db: float, confidence: float, sounds: bool
) -> float:
    """[audio] The level up to which harmonics sound: that of the input, but no more than before while confidence falls and
    another pitch than the note's is heard, or a far louder one. Else a click would sound as a note. Call once a hop;
    `sounds`: a note does."""
    doubt.falls = 1 if confidence < doubt.confidence - STEADY_CONFIDENCE else 0
    doubt.confidence = confidence
    strays = heard_hz > 0.0 and steady_hz > 0.0 and abs(1200.0 * np.log2(heard_hz / steady_hz)) > SAME_CENTS
    if doubt.falls == 0:
        doubt.before_db = min(loudness_db, doubt.before_db + RISE_DB) if sounds else loudness_db
    if doubt.falls == 1 and (strays or loudness_db > doubt.before_db + confidence * LARGEST_ACCENT_DB):
        doubt.doubted = 1
    elif doubt.falls == 0 and confidence >= LEAST_CONFIDENCE:
        doubt.doubted = 0
    doubt.trusted_db = min(doubt.trusted_db, doubt.before_db, loudness_db) if doubt.doubted == 1 else loudness_db
    return float(doubt.trusted_db)
