"""Samples in: each is A-weighted and squared for loudness, and band-limited twice, for pitch and for confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis.state import ENERGY_UNIT, N_SECTIONS, PITCH_RING, WEIGHTED_RING
from jambox.kernels import kernel

# Input is held within +24 dBFS, so that no sum of energies can overflow.
_LARGEST_INPUT = 16.0
# -180 dBFS: below it a band is silent, which keeps products clear of denormal numbers.
_SMALLEST_SIGNAL = 1e-9
_SMALLEST_MEMORY = 1e-15


@kernel
def _filtered(sections: NDArray[np.float64], memory: NDArray[np.float64], sample: float) -> float:
    y = sample
    for s in range(N_SECTIONS):
        x = y
        y = sections[s, 0] * x + memory[s, 0]
        memory[s, 0] = sections[s, 1] * x - sections[s, 3] * y + memory[s, 1]
        memory[s, 1] = sections[s, 2] * x - sections[s, 4] * y
    return y


@kernel
def push_samples(state: Any, x: NDArray[np.float32], first: int, count: int) -> None:
    """[audio] Hear x[first : first + count], float32 at full scale 1; any split into calls gives the same bits.

    NaN counts as 0 and anything beyond ±16 as ±16.
    """
    weighting, weighting_memory = state.weighting, state.weighting_memory
    pitch_band, pitch_memory = state.pitch_band, state.pitch_memory
    flat_band, flat_memory = state.flat_band, state.flat_memory
    weighted_square = state.weighted_square
    pitch_signal, flat_signal = state.pitch_signal, state.flat_signal
    energy_until = state.energy_until
    n_samples, n_pitch_samples, energy_sum = state.n_samples, state.n_pitch_samples, state.energy_sum
    for i in range(first, first + count):
        sample = float(x[i])
        if sample != sample:
            sample = 0.0
        sample = min(max(sample, -_LARGEST_INPUT), _LARGEST_INPUT)
        weighted = _filtered(weighting, weighting_memory, sample)
        weighted_square[n_samples & (WEIGHTED_RING - 1)] = weighted * weighted
        pitch = _filtered(pitch_band, pitch_memory, sample)
        flat = _filtered(flat_band, flat_memory, sample)
        n_samples += 1
        if n_samples % state.decimation == 0:
            if abs(pitch) < _SMALLEST_SIGNAL:
                pitch = 0.0
            if abs(flat) < _SMALLEST_SIGNAL:
                flat = 0.0
            energy_sum += np.int64(pitch * pitch / ENERGY_UNIT + 0.5)
            at = n_pitch_samples & (PITCH_RING - 1)
            for copy in (at, at + PITCH_RING):
                pitch_signal[copy] = np.float32(pitch)
                flat_signal[copy] = np.float32(flat)
                energy_until[copy] = energy_sum
            n_pitch_samples += 1
    state.n_samples = n_samples
    state.n_pitch_samples = n_pitch_samples
    state.energy_sum = energy_sum


@kernel
def flush_memories(state: Any) -> None:
    """[audio] Filter memories below 1e-15 become 0, so that silence never costs more than sound."""
    for memory in (state.weighting_memory, state.pitch_memory, state.flat_memory):
        for s in range(N_SECTIONS):
            for k in range(2):
                if abs(memory[s, k]) < _SMALLEST_MEMORY:
                    memory[s, k] = 0.0
