"""One analysis hop: pitch, confidence and loudness from what has been heard."""

from __future__ import annotations

from typing import Any

from jambox.analysis.correlation import add_row, compute_nsdf
from jambox.analysis.loudness import measure_loudness
from jambox.analysis.samples import flush_memories
from jambox.kernels import kernel


@kernel
def analyse_hop(state: Any) -> None:
    """[audio] Write state.f0_hz, state.f0_confidence and state.loudness_db; call when hop_size samples have been pushed.

    f0_hz is the pitch at the newest sample, 50 to 2500, held while nothing has one; 0 only before the first.
    f0_confidence lies in 0..1, above 0.5 when there is a note. loudness_db: see measure_loudness.
    """
    flush_memories(state)
    add_row(state)
    compute_nsdf(state, int(0.010 * state.pitch_rate))
    nsdf = state.nsdf
    best = 0.0
    for lag in range(state.shortest_lag, state.longest_lag - 1):
        if nsdf[lag] > nsdf[lag - 1] and nsdf[lag] >= nsdf[lag + 1]:
            best = max(best, nsdf[lag])
    state.f0_confidence = 0.0
    period_s = 0.0
    if best > 0.5:
        for lag in range(state.shortest_lag, state.longest_lag - 1):
            if nsdf[lag] > nsdf[lag - 1] and nsdf[lag] >= nsdf[lag + 1] and nsdf[lag] > 0.93 * best:
                curvature = nsdf[lag - 1] - 2.0 * nsdf[lag] + nsdf[lag + 1]
                shift = 0.0
                if curvature < 0.0:
                    shift = 0.5 * (nsdf[lag - 1] - nsdf[lag + 1]) / curvature
                state.f0_hz = min(max(state.pitch_rate / (lag + shift), 50.0), 2500.0)
                break
        state.f0_confidence = min(max((best - 0.6) / 0.4, 0.0), 1.0)
        if state.f0_confidence > 0.35:
            period_s = 1.0 / state.f0_hz
    state.loudness_db = measure_loudness(state, period_s)
