"""Which candidate is the pitch: the end of the cheapest path through the candidates of all hops so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.kernels import kernel

# A step of this many semitones between hops, or any larger one, is a new note and costs so many units of ln(1 - r).
_NEW_NOTE_ST = 0.9
_NEW_NOTE_COST = 3.4


@kernel
def follow_paths(state: Any) -> int:
    """[audio] Index of the candidate in which the cheapest path ends, -1 without candidates.

    The forward half of the Viterbi algorithm: no look-ahead, so that a path once left can win again only by what follows.
    """
    best = -1
    best_cost = np.inf
    for i in range(state.n_candidates):
        reach = np.inf if state.n_paths > 0 else 0.0
        for j in range(state.n_paths):
            notes = 12.0 * (state.candidate_octave[i] - state.path_octave[j]) / _NEW_NOTE_ST
            reach = min(reach, state.path_cost[j] + _NEW_NOTE_COST * min(1.0, notes * notes))
        state.candidate_cost[i] += reach
        if state.candidate_cost[i] < best_cost:
            best_cost = state.candidate_cost[i]
            best = i
    state.n_paths = state.n_candidates
    for i in range(state.n_candidates):
        state.path_octave[i] = state.candidate_octave[i]
        state.path_cost[i] = state.candidate_cost[i] - best_cost
    return best
