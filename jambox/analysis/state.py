"""Everything the live analysis remembers: one record of fixed size that serves every sample rate from 44.1 to 96 kHz."""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.analysis.weighting import design_a_weighting, design_high_passes, design_low_pass
from jambox.frames import hop_size

LOWEST_F0_HZ = 50.0
HIGHEST_F0_HZ = 2500.0
LOUDNESS_FLOOR_DB = -120.0

# Pitch is sought at the device's rate up to this one, at half of it above.
DECIMATE_ABOVE_HZ = 72_000
# Corners of two first-order high-passes and of a fourth-order low-pass. The band in which pitch is sought keeps what
# carries it. The flat band tilts the spectrum by +6 dB an octave up to 1.5 kHz: there breath and hiss, whose energy lies
# below, look like the noise they are, and a voice still repeats.
PITCH_BAND_HZ = (80.0, 160.0, 4500.0)
FLAT_BAND_HZ = (120.0, 1500.0, 7000.0)
_BUTTERWORTH_Q = (0.54119610, 1.30656296)

N_SECTIONS = 3
MAX_LAG = 1536
# Hops of correlation kept: 24 hops are 32 ms.
N_ROWS = 24
N_CANDIDATES = 24
# The rings are powers of two; those written twice over hold any recent stretch of history in one piece.
PITCH_RING = 8192
WEIGHTED_RING = 4096
# Energies are summed in whole numbers, so that the difference of two running sums is exact for ever.
ENERGY_UNIT = 2.0**-40

_DESIGN = [
    ("sample_rate", np.float64),
    ("hop_size", np.int64),
    ("hop_s", np.float64),
    ("decimation", np.int64),
    ("pitch_rate", np.float64),
    ("shortest_lag", np.int64),
    ("longest_lag", np.int64),
    ("weighting", np.float64, (N_SECTIONS, 5)),
    ("pitch_band", np.float64, (N_SECTIONS, 5)),
    ("flat_band", np.float64, (N_SECTIONS, 5)),
]

_RESULTS = [
    ("f0_hz", np.float64),
    ("f0_confidence", np.float64),
    ("loudness_db", np.float64),
]

_MEMORY = [
    # Filters and rings, written by push_samples.
    ("weighting_memory", np.float64, (N_SECTIONS, 2)),
    ("pitch_memory", np.float64, (N_SECTIONS, 2)),
    ("flat_memory", np.float64, (N_SECTIONS, 2)),
    ("n_samples", np.int64),
    ("n_pitch_samples", np.int64),
    ("weighted_square", np.float64, (WEIGHTED_RING,)),
    ("pitch_signal", np.float32, (2 * PITCH_RING,)),
    ("flat_signal", np.float32, (2 * PITCH_RING,)),
    ("energy_sum", np.int64),
    ("energy_until", np.int64, (2 * PITCH_RING,)),
    # Correlation, longest lag first; hop_start counts pitch samples.
    ("hop_start", np.int64),
    ("n_hops", np.int64),
    ("rows", np.float32, (N_ROWS, MAX_LAG)),
    ("row_lengths", np.int64, (N_ROWS,)),
    ("products", np.float32, (MAX_LAG,)),
    ("nsdf", np.float32, (MAX_LAG,)),
    # Energy of the newest hops in the flat band, newest first.
    ("flat_energies", np.float64, (N_ROWS,)),
    # Candidates of the newest hop, octaves counted in lag; paths are those of the hop before with the cost of reaching them.
    ("n_candidates", np.int64),
    ("candidate_lag", np.float64, (N_CANDIDATES,)),
    ("candidate_octave", np.float64, (N_CANDIDATES,)),
    ("candidate_r", np.float64, (N_CANDIDATES,)),
    ("candidate_curvature", np.float64, (N_CANDIDATES,)),
    ("candidate_cost", np.float64, (N_CANDIDATES,)),
    ("n_paths", np.int64),
    ("path_octave", np.float64, (N_CANDIDATES,)),
    ("path_cost", np.float64, (N_CANDIDATES,)),
    # The pitch as a moving point: cents above 1 Hz, cents a second, and how uncertain both are.
    ("is_following", np.int64),
    ("pitch_cents", np.float64),
    ("slope_cents_s", np.float64),
    ("pitch_variance", np.float64),
    ("covariance", np.float64),
    ("slope_variance", np.float64),
]

analysis_state_dtype = np.dtype(_DESIGN + _RESULTS + _MEMORY, align=True)


def design_analysis(state: Any, sample_rate: int) -> None:
    """[main] Make `state`, one record of analysis_state_dtype, ready for a run at `sample_rate` (Hz, 44100 to 96000).

    Raises BadInput for another rate.
    """
    hop = hop_size(sample_rate)
    decimation = 2 if sample_rate > DECIMATE_ABOVE_HZ else 1
    pitch_rate = sample_rate / decimation
    state["sample_rate"] = sample_rate
    state["hop_size"] = hop
    state["hop_s"] = hop / sample_rate
    state["decimation"] = decimation
    state["pitch_rate"] = pitch_rate
    # A little beyond both ends, so that a peak at the very limit still has neighbours.
    state["shortest_lag"] = int(np.floor(pitch_rate / HIGHEST_F0_HZ * 0.95)) - 1
    state["longest_lag"] = int(np.ceil(pitch_rate / LOWEST_F0_HZ * 1.03)) + 2
    state["weighting"][:] = design_a_weighting(sample_rate)
    for name, (first_hz, second_hz, top_hz) in (("pitch_band", PITCH_BAND_HZ), ("flat_band", FLAT_BAND_HZ)):
        state[name][0] = design_high_passes(first_hz, second_hz, sample_rate)
        for section, q in enumerate(_BUTTERWORTH_Q):
            state[name][1 + section] = design_low_pass(top_hz, q, sample_rate)
    reset_analysis(state)


def reset_analysis(state: Any) -> None:
    """[main] Forget every sound heard; the design stays."""
    for field in _RESULTS + _MEMORY:
        state[field[0]] = 0
    state["loudness_db"] = LOUDNESS_FLOOR_DB
