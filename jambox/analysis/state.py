"""Everything the live analysis remembers: one record of fixed size that serves every sample rate from 44.1 to 96 kHz."""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.analysis.weighting import design_a_weighting, design_high_pass, design_low_pass
from jambox.frames import hop_size

LOWEST_F0_HZ = 50.0
HIGHEST_F0_HZ = 2500.0
LOUDNESS_FLOOR_DB = -120.0

# Pitch is sought at the device's rate up to this one, at half of it above.
DECIMATE_ABOVE_HZ = 72_000
PITCH_BAND_HZ = (40.0, 4000.0)
# Two Butterworth sections, fourth order.
_LOW_PASS_Q = (0.54119610, 1.30656296)

N_WEIGHTING_SECTIONS = 3
N_PITCH_SECTIONS = 3
MAX_LAG = 1536
# Hops of correlation kept: 24 hops are 32 ms.
N_ROWS = 24
# Both rings are powers of two, and written twice over so that any stretch of history is contiguous.
PITCH_RING = 8192
WEIGHTED_RING = 4096
# Energies are summed in whole numbers, so that the difference of two running sums is exact for ever.
ENERGY_UNIT = 2.0**-40

analysis_state_dtype = np.dtype(
    [
        # Design: written by design_analysis only.
        ("sample_rate", np.float64),
        ("hop_size", np.int64),
        ("decimation", np.int64),
        ("pitch_rate", np.float64),
        ("shortest_lag", np.int64),
        ("longest_lag", np.int64),
        ("weighting", np.float64, (N_WEIGHTING_SECTIONS, 5)),
        ("pitch_band", np.float64, (N_PITCH_SECTIONS, 5)),
        # Results of the newest hop.
        ("f0_hz", np.float64),
        ("f0_confidence", np.float64),
        ("loudness_db", np.float64),
        # Sound state.
        ("weighting_memory", np.float64, (N_WEIGHTING_SECTIONS, 2)),
        ("pitch_memory", np.float64, (N_PITCH_SECTIONS, 2)),
        ("n_samples", np.int64),
        ("n_pitch_samples", np.int64),
        ("hop_start", np.int64),
        ("n_hops", np.int64),
        ("weighted_square", np.float64, (WEIGHTED_RING,)),
        ("pitch_signal", np.float32, (2 * PITCH_RING,)),
        ("energy_sum", np.int64),
        ("energy_until", np.int64, (2 * PITCH_RING,)),
        ("rows", np.float32, (N_ROWS, MAX_LAG)),
        ("row_lengths", np.int64, (N_ROWS,)),
        ("numerator", np.float32, (MAX_LAG,)),
        ("nsdf", np.float32, (MAX_LAG,)),
    ],
    align=True,
)

_DESIGN = (
    "sample_rate",
    "hop_size",
    "decimation",
    "pitch_rate",
    "shortest_lag",
    "longest_lag",
    "weighting",
    "pitch_band",
)


def design_analysis(state: Any, sample_rate: int) -> None:
    """[main] Make `state`, one record of analysis_state_dtype, ready for a run at `sample_rate` (Hz, 44100 to 96000).

    Raises BadInput for another rate.
    """
    hop = hop_size(sample_rate)
    decimation = 2 if sample_rate > DECIMATE_ABOVE_HZ else 1
    pitch_rate = sample_rate / decimation
    state["sample_rate"] = sample_rate
    state["hop_size"] = hop
    state["decimation"] = decimation
    state["pitch_rate"] = pitch_rate
    # A little beyond both ends, so that a peak at the very limit still has neighbours.
    state["shortest_lag"] = int(np.floor(pitch_rate / HIGHEST_F0_HZ * 0.95)) - 1
    state["longest_lag"] = int(np.ceil(pitch_rate / LOWEST_F0_HZ * 1.03)) + 2
    state["weighting"][:] = design_a_weighting(sample_rate)
    state["pitch_band"][0] = design_high_pass(PITCH_BAND_HZ[0], np.sqrt(0.5), sample_rate)
    for section, q in enumerate(_LOW_PASS_Q):
        state["pitch_band"][1 + section] = design_low_pass(PITCH_BAND_HZ[1], q, sample_rate)
    reset_analysis(state)


def reset_analysis(state: Any) -> None:
    """[main] Forget every sound heard; the design stays."""
    for name in analysis_state_dtype.names or ():
        if name not in _DESIGN:
            state[name] = 0
    state["loudness_db"] = LOUDNESS_FLOOR_DB
