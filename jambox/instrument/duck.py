"""Ducking: the output is turned down at once, and let up slowly again, when the engine hears a loudspeaker feed back."""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.frames import ANALYSIS_FRAMES_PER_S
from jambox.kernels import kernel

DOWN_DB_PER_S, UP_DB_PER_S = 2400.0, 40.0

duck_dtype = np.dtype([("goal_db", np.float64), ("level_db", np.float64)], align=True)


@kernel
def follow_duck(duck: Any, guarded: bool) -> float:
    """[audio] The level in dB at the end of this hop, on its way to where it was told to go; unless `guarded`, up to 0."""
    down_db, up_db = DOWN_DB_PER_S / ANALYSIS_FRAMES_PER_S, UP_DB_PER_S / ANALYSIS_FRAMES_PER_S
    goal_db = duck.goal_db if guarded else 0.0
    duck.level_db += min(max(goal_db - duck.level_db, -down_db), up_db)
    return float(duck.level_db)
