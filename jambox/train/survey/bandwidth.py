"""Bandwidth: where the spectrum ends as if cut with a knife, which lossy coding and resampling do and instruments do not."""

from __future__ import annotations

import numpy as np

from jambox.train.survey.findings import N_SPECTRUM, SPECTRUM_STEP_HZ, Findings

# From the lowest of the bands just below (750 Hz) to the mean of those beyond the next one, and to any band further up.
LEAST_CLIFF_DB, LEAST_ABOVE_DB = 10.0, 6.0
CLIFF_BANDS = 3
LOWEST_END_HZ = 8000.0
LEAST_MOMENTS = 25


def ends_at_hz(found: Findings, file_rate: int) -> float | None:
    """Frequency in Hz above which there is suddenly nothing, to 250 Hz; None if the spectrum runs on to the file's end.

    The file's end is half its rate, or where any resampling from there to 48 kHz ends.
    """
    if found.n_moments < LEAST_MOMENTS:
        return None
    level_db = found.spectrum_db / found.n_moments
    last = min(N_SPECTRUM, int(0.5 * file_rate / SPECTRUM_STEP_HZ))
    best, best_cliff = None, LEAST_CLIFF_DB
    for band in range(int(LOWEST_END_HZ / SPECTRUM_STEP_HZ), last - 2 * CLIFF_BANDS):
        below = float(np.min(level_db[band - CLIFF_BANDS : band]))
        beyond = level_db[band + 1 : last]
        cliff = below - float(np.mean(beyond[:CLIFF_BANDS]))
        if cliff > best_cliff and below - float(np.max(beyond[1:])) > LEAST_ABOVE_DB:
            best, best_cliff = band * SPECTRUM_STEP_HZ, cliff
    return best
