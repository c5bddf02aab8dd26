"""One noise filter for all voices: the powers of their bands are added, and its gains ramp towards the root of the sum.

While no note sounds the microphone's voice ramps its own frame and its own gain, as if there were no notes at all; the two
ways meet in the same values at a hop's boundary.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.frames import ANALYSIS_HOPS_PER_CONTROL_HOP
from jambox.instrument.notes import along
from jambox.instrument.pool import OFF
from jambox.instrument.rows import N_ROWS
from jambox.kernels import kernel


@kernel
def _notes_make_noise(h: Any) -> bool:
    n = h.notes
    noisy = False
    for row in range(1, N_ROWS):
        noisy = noisy or (n.state[row] != OFF and (n.noise_from[row] > 0.0 or n.noise_to[row] > 0.0))
    return noisy


@kernel
def _magnitude(h: Any, f32: NDArray[np.float32], row: int, band: int, control_hop_share: float) -> float:
    """Of one band of one voice, so far into the control hop."""
    at = row * h.n_bands + band
    start = f32[h.noise_from_at + at]
    return float(start + (f32[h.noise_to_at + at] - start) * control_hop_share)


@kernel
def aim_noise(h: Any, f32: NDArray[np.float32]) -> None:
    """[audio] Gains of the common noise, from this sample of the hop to its end."""
    n = h.notes
    at = h.hop_position
    active = _notes_make_noise(h)
    if not active and (n.mixing == 0 or at == 0):
        n.mixing = 0
        return
    hops = h.hop_index % ANALYSIS_HOPS_PER_CONTROL_HOP
    share_now = (hops + at / h.hop) / ANALYSIS_HOPS_PER_CONTROL_HOP
    share_at_end = (hops + 1.0) / ANALYSIS_HOPS_PER_CONTROL_HOP
    voice = h.voice
    voice_gain = along(voice.noise_gain_from, voice.noise_gain_to, at, h.hop)
    for band in range(h.n_bands):
        start = f32[h.noise_mix_from_at + band]
        end = f32[h.noise_mix_to_at + band]
        if n.mixing == 0:
            start = _magnitude(h, f32, 0, band, share_now) * voice_gain
        elif at == 0:
            start = end
        else:
            start = along(start, end, at - n.mix_start, h.hop - n.mix_start)
        power = (_magnitude(h, f32, 0, band, share_at_end) * voice.noise_gain_to) ** 2
        f32[h.noise_mix_from_at + band] = np.float32(start)
        f32[h.noise_mix_to_at + band] = np.float32(power)
    for row in range(1, N_ROWS):
        if n.state[row] == OFF or n.noise_to[row] == 0.0:
            continue
        for band in range(h.n_bands):
            end = _magnitude(h, f32, row, band, share_at_end) * n.noise_to[row]
            f32[h.noise_mix_to_at + band] += np.float32(end * end)
    for band in range(h.n_bands):
        f32[h.noise_mix_to_at + band] = np.sqrt(f32[h.noise_mix_to_at + band])
    n.mixing = 1
    n.mix_start = at
