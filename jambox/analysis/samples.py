"""Samples in: each is A-weighted and squared for loudness, and band-limited for pitch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis.state import ENERGY_UNIT, N_PITCH_SECTIONS, N_WEIGHTING_SECTIONS, PITCH_RING, WEIGHTED_RING
from jambox.kernels import kernel

# Input is held within +24 dBFS, so that no sum of energies can overflow.
_LARGEST_INPUT = 16.0
# -180 dBFS: below it the pitch signal is silence, which keeps products clear of denormal numbers.
_SMALLEST_PITCH_SIGNAL = 1e-9
_SMALLEST_MEMORY = 1e-15


@kernel
def push_samples(state: Any, x: NDArray[np.float32], first: int, count: int) -> None:
    """[audio] Hear x[first : first + count], float32 at full scale 1; any split into calls gives the same bits.

    NaN counts as 0 and anything beyond ±16 as ±16.
    """
    weighting = state.weighting
    weighting_memory = state.weighting_memory
    band = state.pitch_band
    band_memory = state.pitch_memory
    weighted_square = state.weighted_square
    pitch_signal = state.pitch_signal
    energy_until = state.energy_until
    decimation = state.decimation
    n_samples = state.n_samples
    n_pitch = state.n_pitch_samples
    energy_sum = state.energy_sum
    for i in range(first, first + count):
        sample = float(x[i])
        if sample != sample:
            sample = 0.0
        sample = min(max(sample, -_LARGEST_INPUT), _LARGEST_INPUT)

        y = sample
        for s in range(N_WEIGHTING_SECTIONS):
            v = y
            y = weighting[s, 0] * v + weighting_memory[s, 0]
            weighting_memory[s, 0] = weighting[s, 1] * v - weighting[s, 3] * y + weighting_memory[s, 1]
            weighting_memory[s, 1] = weighting[s, 2] * v - weighting[s, 4] * y
        weighted_square[n_samples & (WEIGHTED_RING - 1)] = y * y

        y = sample
        for s in range(N_PITCH_SECTIONS):
            v = y
            y = band[s, 0] * v + band_memory[s, 0]
            band_memory[s, 0] = band[s, 1] * v - band[s, 3] * y + band_memory[s, 1]
            band_memory[s, 1] = band[s, 2] * v - band[s, 4] * y
        n_samples += 1
        if n_samples % decimation == 0:
            if abs(y) < _SMALLEST_PITCH_SIGNAL:
                y = 0.0
            at = n_pitch & (PITCH_RING - 1)
            pitch_signal[at] = np.float32(y)
            pitch_signal[at + PITCH_RING] = np.float32(y)
            energy_sum += np.int64(y * y / ENERGY_UNIT)
            energy_until[at] = energy_sum
            energy_until[at + PITCH_RING] = energy_sum
            n_pitch += 1
    state.n_samples = n_samples
    state.n_pitch_samples = n_pitch
    state.energy_sum = energy_sum


@kernel
def flush_memories(state: Any) -> None:
    """[audio] Filter memories below 1e-15 become 0, so that silence never costs more than sound."""
    for s in range(N_WEIGHTING_SECTIONS):
        for k in range(2):
            if abs(state.weighting_memory[s, k]) < _SMALLEST_MEMORY:
                state.weighting_memory[s, k] = 0.0
    for s in range(N_PITCH_SECTIONS):
        for k in range(2):
            if abs(state.pitch_memory[s, k]) < _SMALLEST_MEMORY:
                state.pitch_memory[s, k] = 0.0
