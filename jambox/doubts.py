"""What makes a calibration doubtful although it could be measured: a microphone that overloads, a room nobody heard."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# A top of so many equal samples is no top of a wave: one of 16 bits, at 50 Hz, has four.
_FLAT_SAMPLES = 6
_FLAT_SHARE = 1e-3
_LOUD = 0.25
_EQUAL = 1e-6


def longest_run(flags: NDArray[np.bool_]) -> int:
    """Most neighbours in a row that are True; `flags` has shape [n]."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return int(np.max(edges[1::2] - edges[::2])) if len(edges) else 0


def is_clipped(samples: NDArray[np.float32]) -> bool:
    """Whether the loudest moments (float32 [n], full scale 1) are cut off: flat at the top, again and again.

    Below a quarter of full scale 16 bits make flat tops too, and nothing is said.
    """
    size = np.abs(samples)
    peak = float(size.max(initial=0.0))
    if peak < _LOUD:
        return False
    flat = (np.abs(np.diff(size)) < _EQUAL * peak) & (size[1:] > 0.9 * peak)
    # A sample that lies in a run of _FLAT_SAMPLES equal ones has as many flat steps around it, less one.
    steps = _FLAT_SAMPLES - 1
    runs = np.convolve(flat, np.ones(steps), mode="valid") >= steps
    return float(runs.sum()) > _FLAT_SHARE * len(samples) / _FLAT_SAMPLES


def doubts(samples: NDArray[np.float32], has_rest: bool) -> list[str]:
    """Sentences for the player, none if all is well; `has_rest` says whether the room could be heard."""
    found: list[str] = []
    if is_clipped(samples):
        found.append("The input is clipped at its loudest: turn the microphone down and calibrate again.")
    if not has_rest:
        found.append("There is no rest in it to hear the room: be silent for a moment first, then calibrate again.")
    return found
