"""One analysis hop: pitch, confidence and loudness from what has been heard."""

from __future__ import annotations

from typing import Any

from jambox.analysis.belief import is_believed
from jambox.analysis.candidates import find_candidates
from jambox.analysis.confidence import measure_confidence
from jambox.analysis.correlation import SHORTEST_WINDOW_S, WINDOW_PER_LAG, add_row, compute_nsdf
from jambox.analysis.glide import pitch_now
from jambox.analysis.loudness import measure_loudness
from jambox.analysis.path import follow_paths
from jambox.analysis.samples import flush_memories
from jambox.analysis.state import HIGHEST_F0_HZ, LOWEST_F0_HZ
from jambox.kernels import kernel

# Loudness is taken over whole periods while there is a note.
_VOICED_CONFIDENCE = 0.35


@kernel
def analyse_hop(state: Any) -> None:
    """[audio] Write state.f0_hz, state.f0_confidence and state.loudness_db; call when hop_size samples have been pushed.

    f0_hz is the pitch at the newest sample, 50 to 2500, held while nothing has one; 0 only before the first.
    f0_confidence lies in 0..1, above 0.5 when there is a note. loudness_db: see measure_loudness.
    Bounds are held by tests/analysis; the method is described in correlation, candidates, path, glide, belief.
    """
    flush_memories(state)
    add_row(state)
    compute_nsdf(state)
    find_candidates(state)
    best = follow_paths(state)
    if best >= 0:
        lag = state.candidate_lag[best]
        window = max(WINDOW_PER_LAG * lag, SHORTEST_WINDOW_S * state.pitch_rate)
        f0_hz = pitch_now(state, lag, window, state.candidate_r[best], state.candidate_curvature[best])
        state.f0_confidence = measure_confidence(state, lag)
        if is_believed(state, lag, f0_hz):
            state.f0_hz = min(max(f0_hz, LOWEST_F0_HZ), HIGHEST_F0_HZ)
    else:
        state.f0_confidence = 0.0
    voiced = state.f0_confidence > _VOICED_CONFIDENCE
    state.loudness_db = measure_loudness(state, 1.0 / state.f0_hz if voiced and state.f0_hz > 0.0 else 0.0)
