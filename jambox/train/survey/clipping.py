"""Clipping: samples that lie on a flat top, where the converter or a limiter could go no further."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# A top is a run of this many samples within one step of 16 bits of the highest value; a sine below 15 Hz alone has as many.
SHORTEST_TOP = 4
STEP = 2.0**-15
# Nobody's tops are as low as this.
LOWEST_PEAK = 0.1
FULL_SCALE = 1.0


def count_clipped(channel: NDArray[np.float32]) -> int:
    """Samples of a channel, [n] at the file's own rate, on flat tops or beyond full scale."""
    n = int(np.count_nonzero(np.abs(channel) > FULL_SCALE + STEP))
    for side in (channel, -channel):
        peak = float(np.max(side, initial=0.0, where=np.isfinite(side)))
        if LOWEST_PEAK <= peak <= FULL_SCALE + STEP:
            n += _in_long_runs(side >= peak - STEP)
    return n


def _in_long_runs(flags: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.view(np.int8), [0]])))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= SHORTEST_TOP].sum())
