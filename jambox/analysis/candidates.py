"""The lags that might be the pitch period now: peaks of the correlation, each with a price."""

from __future__ import annotations

import math
from typing import Any

from jambox.analysis.state import N_CANDIDATES
from jambox.kernels import kernel

_LOWEST_PEAK = 0.2
# What does not repeat at all costs nothing, what repeats perfectly ln(0.02) = -3.9.
_PERFECT = 0.02
# A period repeats after its multiples as well, so that a long lag must be better than a short one to win ...
_COST_PER_OCTAVE = 0.2
# ... and more so if it is a multiple of another peak: so much an octave once that peak passes the second value.
_COST_OF_MULTIPLE_PER_OCTAVE = 0.4
# Beyond six times, any lag is near some multiple.
_HIGHEST_MULTIPLE = 6
_MULTIPLE_OF_PEAK = (0.3, 0.9)
_MULTIPLE_TOLERANCE = 0.027


@kernel
def find_candidates(state: Any) -> None:
    """[audio] Up to 24 peaks of state.nsdf above 0.2, refined by a parabola, the cheapest kept.

    The price is ln(1 - r) with a floor, so that near-perfect repetition is told from good repetition, plus what favours the
    shortest lag of a family of multiples.
    """
    nsdf = state.nsdf
    n = 0
    for lag in range(state.shortest_lag, state.longest_lag - 1):
        if nsdf[lag] < _LOWEST_PEAK or nsdf[lag] <= nsdf[lag - 1] or nsdf[lag] < nsdf[lag + 1]:
            continue
        left, r, right = float(nsdf[lag - 1]), float(nsdf[lag]), float(nsdf[lag + 1])
        curvature = 2.0 * r - left - right
        shift = 0.0
        if curvature > 0.0:
            shift = 0.5 * (right - left) / curvature
            r += 0.25 * (right - left) * shift
        octave = math.log2(lag + shift)
        cost = math.log(max(1.0 - r, 0.0) + _PERFECT) + _COST_PER_OCTAVE * octave
        at = n
        if n < N_CANDIDATES:
            n += 1
        else:
            at = 0
            for k in range(1, N_CANDIDATES):
                if state.candidate_cost[k] > state.candidate_cost[at]:
                    at = k
            if state.candidate_cost[at] <= cost:
                continue
        state.candidate_lag[at] = lag + shift
        state.candidate_octave[at] = octave
        state.candidate_r[at] = r
        state.candidate_curvature[at] = curvature
        state.candidate_cost[at] = cost
    state.n_candidates = n
    _charge_multiples(state)


@kernel
def _charge_multiples(state: Any) -> None:
    """[audio] Raise the price of candidates whose lag is a whole multiple, two to six times, of another's."""
    low, high = _MULTIPLE_OF_PEAK
    for i in range(state.n_candidates):
        octaves = 0.0
        for j in range(state.n_candidates):
            ratio = state.candidate_lag[i] / state.candidate_lag[j]
            multiple = math.floor(ratio + 0.5)
            if 2 <= multiple <= _HIGHEST_MULTIPLE and abs(ratio - multiple) < _MULTIPLE_TOLERANCE * multiple:
                strength = min(max((state.candidate_r[j] - low) / (high - low), 0.0), 1.0)
                octaves = max(octaves, strength * math.log2(multiple))
        state.candidate_cost[i] += _COST_OF_MULTIPLE_PER_OCTAVE * octaves
