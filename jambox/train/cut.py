"""What of a recording is stored: the notes with what surrounds them, not the long rests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.train.guide import FRAME_S

# A note keeps this much before it, for its attack, and after it, for its release and the room.
BEFORE_S, AFTER_S = 0.25, 0.5
# Rests up to this length stay: they belong to the phrase.
LONGEST_REST_S = 1.0


def kept_runs(sounding: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last + 1 frame of every part to be stored, in order, for the frames [T] in which something sounds.

    Rests longer than BEFORE_S + AFTER_S + LONGEST_REST_S are cut down to the context of the notes beside them.
    """
    before, after, rest = (round(seconds / FRAME_S) for seconds in (BEFORE_S, AFTER_S, LONGEST_REST_S))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], sounding.astype(np.int8), [0]])))
    runs: list[tuple[int, int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        first, last = max(0, start - before), min(len(sounding), end + after)
        if runs and first - runs[-1][1] <= rest:
            first = runs.pop()[0]
        runs.append((first, last))
    return runs
