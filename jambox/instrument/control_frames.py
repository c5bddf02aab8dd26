"""Frames of the control network: asked for, made sane and relative to loudness, shaped, and kept to ramp from.

`h` is the header, `f32` the arena (see layout); rows are voices.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.control.compiled import step_networks
from jambox.instrument.levels import gain
from jambox.instrument.morph import morph_frame, morph_share
from jambox.instrument.notes import timbre
from jambox.instrument.tone import aim_tone, shape_timbre
from jambox.kernels import kernel
from jambox.params import INDEX as P


@kernel
def clear(f32: NDArray[np.float32], at: int, size: int) -> None:
    """[audio] Zeros in f32[at:at + size]."""
    for i in range(at, at + size):
        f32[i] = 0.0


@kernel
def _forget_network(h: Any, f32: NDArray[np.float32], row: int) -> None:
    """The row's network, or both of its networks, know no past."""
    clear(f32, h.network_state_at + row * h.state_stride, h.state_stride)
    if h.morphing == 1:
        clear(f32, h.network_state_b_at + row * h.state_stride_b, h.state_stride_b)


@kernel
def step_all_networks(h: Any, f32: NDArray[np.float32]) -> None:
    """[audio] The compiled control network: pitch and loudness in, harmonic amplitudes and noise magnitudes out.

    All rows that ask for it at once.
    """
    n = h.notes
    for i in range(n.n_wanted):
        if n.wanted_fresh[i] == 1:
            _forget_network(h, f32, n.wanted[i])
    # One call for both instruments, where two play as one: the machine code of the network is there once.
    for instrument in range(1 + h.morphing):
        net, stride = h.network, h.state_stride
        weights = f32[h.weights_at : h.weights_at + h.weights_size]
        states = f32[h.network_state_at : h.network_state_at + h.network_state_size]
        amplitudes = f32[h.amplitudes_to_at : h.amplitudes_to_at + h.amplitudes_to_size]
        noise = f32[h.noise_to_at : h.noise_to_at + h.noise_to_size]
        if instrument == 1:
            net, stride = h.network_b, h.state_stride_b
            weights = f32[h.weights_b_at : h.weights_b_at + h.weights_b_size]
            states = f32[h.network_state_b_at : h.network_state_b_at + h.network_state_b_size]
            amplitudes = f32[h.amplitudes_b_at : h.amplitudes_b_at + h.amplitudes_b_size]
            noise = f32[h.noise_b_at : h.noise_b_at + h.noise_b_size]
        step_networks(
            net,
            weights,
            states,
            stride,
            f32[h.network_scratch_at : h.network_scratch_at + h.network_scratch_size],
            h.scratch_stride,
            n.wanted,
            n.n_wanted,
            n.wanted_f0,
            n.wanted_loudness,
            amplitudes,
            noise,
        )


@kernel
def _take_frame(h: Any, f32: NDArray[np.float32], row: int) -> None:
    """A frame of the network, made relative to the loudness it was told.

    Timbre moves once a control hop; loudness need not wait for it: the gains of the voice carry it every analysis hop.
    A NaN or an infinity becomes silence and is counted; it must never reach a state or an ear.
    """
    amplitudes_at = h.amplitudes_to_at + row * h.n_harmonics
    noise_at = h.noise_to_at + row * h.n_bands
    amplitudes = f32[amplitudes_at : amplitudes_at + h.n_harmonics]
    noise = f32[noise_at : noise_at + h.n_bands]
    healthy = True
    for i in range(h.n_harmonics):
        healthy = healthy and np.isfinite(amplitudes[i])
    for i in range(h.n_bands):
        healthy = healthy and np.isfinite(noise[i])
    if not healthy:
        h.network_faults += 1
        clear(f32, amplitudes_at, h.n_harmonics)
        clear(f32, noise_at, h.n_bands)
        _forget_network(h, f32, row)
        return
    per_gain = np.float32(1.0 / gain(h.notes.told_db[row]))
    for i in range(h.n_harmonics):
        amplitudes[i] *= per_gain
    for i in range(h.n_bands):
        noise[i] *= per_gain


@kernel
def keep_frame(h: Any, f32: NDArray[np.float32], row: int) -> None:
    """[audio] The newest frame of the row is the one from which its timbre ramps."""
    for i in range(row * h.n_harmonics, (row + 1) * h.n_harmonics):
        f32[h.amplitudes_from_at + i] = f32[h.amplitudes_to_at + i]
    for i in range(row * h.n_bands, (row + 1) * h.n_bands):
        f32[h.noise_from_at + i] = f32[h.noise_to_at + i]


@kernel
def take_frames(h: Any, f32: NDArray[np.float32]) -> None:
    """[audio] The frames of all rows that asked for one; those that begin start with it."""
    n = h.notes
    if n.n_wanted > 0:
        aim_tone(h, f32)
    for i in range(n.n_wanted):
        row = n.wanted[i]
        midi = 127.0 * n.wanted_f0[i]
        share = morph_share(h, midi, n.told_db[row])
        morph_frame(h, f32, row, midi, share)
        _take_frame(h, f32, row)
        tilt_db = h.param_value[P.tilt_db] + (timbre(h, row) if row > 0 else 0.0)
        shape_timbre(h, f32, row, midi, tilt_db, share)
        if n.wanted_fresh[i] == 1:
            keep_frame(h, f32, row)
            clear(f32, h.stretch_offsets_at + row * h.n_harmonics, h.n_harmonics)
    n.n_wanted = 0
