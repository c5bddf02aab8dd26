"""Files of the same take: exact copies, and the same sound in another coding or at another level.

Copies on both sides of the validation split would let an instrument be judged on what it has learnt by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TRACE_FRAMES = 10
# Of a take heard twice, the pitch is the same to this and its loudness moves alike.
SAME_CENTS, SAME_SHARE, SAME_CORRELATION = 3.0, 0.9, 0.995
SAME_LENGTH_STEPS, LEAST_STEPS = 3, 20

Trace = NDArray[np.int32]


@dataclass(frozen=True)
class Take:
    """A recording by the digest of its samples and its trace: pitch (0.1 cents above 1 Hz, 0 for none) and loudness (0.1 dB)
    every 40 ms, [M, 2]."""

    digest: str
    trace: Trace


def trace(f0_hz: NDArray[np.float64], believed: NDArray[np.bool_], loudness_db: NDArray[np.float64]) -> Trace:
    """The trace of control frames [T], [ceil(T / 10), 2]."""
    every = slice(None, None, TRACE_FRAMES)
    pitch = np.where(believed[every], 12_000.0 * np.log2(np.maximum(f0_hz[every], 1.0)), 0.0)
    return np.stack([np.rint(pitch), np.rint(10.0 * loudness_db[every])], axis=1).astype(np.int32)


def same_takes(takes: Sequence[Take]) -> list[list[int]]:
    """Groups of at least two takes that are the same, by their numbers; in order."""
    group = list(range(len(takes)))
    first_of: dict[str, int] = {}
    for i, take in enumerate(takes):
        group[i] = first_of.setdefault(take.digest, i)
    pitch = [
        float(np.median(take.trace[take.trace[:, 0] > 0, 0], axis=0)) if np.any(take.trace[:, 0]) else 0.0 for take in takes
    ]
    by_pitch = sorted((i for i in set(group) if pitch[i] > 0.0), key=lambda i: (pitch[i], i))
    for place, i in enumerate(by_pitch):
        for j in by_pitch[place + 1 :]:
            if pitch[j] - pitch[i] > 10.0 * SAME_CENTS:
                break
            if group[i] != group[j] and _sound_alike(takes[i].trace, takes[j].trace):
                low, high = sorted((group[i], group[j]))
                group = [low if g == high else g for g in group]
    groups: dict[int, list[int]] = {}
    for i, g in enumerate(group):
        groups.setdefault(g, []).append(i)
    return [members for members in groups.values() if len(members) > 1]


def _sound_alike(one: Trace, other: Trace) -> bool:
    """Whether two takes of about the same length are the same but for coding and level."""
    if min(len(one), len(other)) < LEAST_STEPS or abs(len(one) - len(other)) > SAME_LENGTH_STEPS:
        return False
    for lag in range(-SAME_LENGTH_STEPS, SAME_LENGTH_STEPS + 1):
        a, b = one[max(0, lag) :], other[max(0, -lag) :]
        n = min(len(a), len(b))
        both = (a[:n, 0] > 0) & (b[:n, 0] > 0)
        if np.count_nonzero(both) < LEAST_STEPS:
            continue
        near = np.abs(a[:n, 0][both] - b[:n, 0][both]) <= 10.0 * SAME_CENTS
        if near.mean() >= SAME_SHARE and np.corrcoef(a[:n, 1][both], b[:n, 1][both])[0, 1] >= SAME_CORRELATION:
            return True
    return False
