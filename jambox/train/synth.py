"""The instrument's sound, differentiable: the same sines and the same noise loops as live, as tables that levels multiply.

Neither the sines of a given pitch nor the noise depend on the network, so a sample is a linear function of the levels at
both ends of its control hop: out = sum of level(t) x table. The tables come from compiled kernels; the products and
their gradients are matrix products. tests/train/test_synth.py holds it to the live kernels.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jambox.dsp.harmonic import FADE_START, audible_harmonics, nyquist_fade, phase_in_cycles
from jambox.kernels import kernel


@kernel
def _fill_sines(table: NDArray[np.float32], f0_hz: NDArray[np.float64], hop: int, ramp: int, sample_rate: float) -> None:
    """table [T,H,ramp]: sine of every harmonic with its Nyquist fade; f0_hz [T * ramp / hop + 1] at analysis hop borders."""
    twice_cos = np.empty(hop)
    previous = np.empty(hop)
    current = np.empty(hop)
    n_harmonics = table.shape[1]
    phase = 0.0
    for h in range(f0_hz.shape[0] - 1):
        f0_from, f0_to = f0_hz[h], f0_hz[h + 1]
        frame = h * hop // ramp
        at = h * hop - frame * ramp
        for i in range(hop):
            angle = 2.0 * np.pi * phase_in_cycles(phase, f0_from, f0_to, i + 1.0, hop, sample_rate)
            twice_cos[i] = 2.0 * np.cos(angle)
            previous[i] = 0.0
            current[i] = np.sin(angle)
        audible = audible_harmonics(min(f0_from, f0_to), n_harmonics, sample_rate)
        for k in range(n_harmonics):
            row = table[frame, k, at : at + hop]
            if k >= audible:
                row[:] = np.float32(0.0)
                continue
            fade_from, fade_to = 1.0, 1.0
            if (k + 1) * max(f0_from, f0_to) >= FADE_START * sample_rate:
                fade_from = nyquist_fade((k + 1) * f0_from, sample_rate)
                fade_to = nyquist_fade((k + 1) * f0_to, sample_rate)
            slope = (fade_to - fade_from) / hop
            for i in range(hop):
                now = current[i]
                current[i] = twice_cos[i] * now - previous[i]
                previous[i] = now
                row[i] = np.float32(now * (fade_from + slope * (i + 1.0)))
        phase = phase_in_cycles(phase, f0_from, f0_to, float(hop), hop, sample_rate)


def sine_table(
    f0_hz: NDArray[np.float64],
    n_harmonics: int,
    hop: int,
    ramp: int,
    sample_rate: int,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Sines of all harmonics, [T, H, ramp], for the pitch f0_hz [T * ramp / hop + 1] at the borders of analysis hops.

    They are written into `out` where it is given: fresh memory of that size costs more than the sines.
    """
    table = np.empty(((len(f0_hz) - 1) * hop // ramp, n_harmonics, ramp), dtype=np.float32) if out is None else out
    _fill_sines(table, np.ascontiguousarray(f0_hz, dtype=np.float64), hop, ramp, float(sample_rate))
    return table


@kernel
def _fill_noise(table: NDArray[np.float32], loops: NDArray[np.float32], lengths: NDArray[np.int64], position: int) -> None:
    """table [T,N,ramp]: the looped noise of every band from sample `position` on."""
    n_frames, n_bands, ramp = table.shape
    start = 0
    for band in range(n_bands):
        length = lengths[band]
        at = position % length
        for frame in range(n_frames):
            row = table[frame, band]
            for i in range(ramp):
                row[i] = loops[start + at]
                at += 1
                if at == length:
                    at = 0
        start += length


def noise_table(
    loops: NDArray[np.float32],
    lengths: NDArray[np.int64],
    position: int,
    n_frames: int,
    ramp: int,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Looped noise of every band, [T, N, ramp], from sample `position` of a run on; see `dsp.noise.design_noise_loops`."""
    table = np.empty((n_frames, len(lengths), ramp), dtype=np.float32) if out is None else out
    _fill_noise(table, loops, lengths, position)
    return table


def mix(levels: Tensor, table: Tensor) -> Tensor:
    """Audio [B, T * ramp] of linear levels [B, T+1, K] that ramp over every control hop, and tables [B, T, K, ramp]."""
    ramp = table.shape[-1]
    share = torch.arange(1, ramp + 1, dtype=table.dtype, device=table.device) / ramp
    ends = torch.stack([levels[:, :-1], levels[:, 1:]], dim=2)  # [B, T, 2, K]
    both = torch.matmul(ends, table)  # [B, T, 2, ramp]
    return (both[:, :, 0] * (1.0 - share) + both[:, :, 1] * share).flatten(1)


def analysis_hop_f0(f0_hz: NDArray[np.float64], hops_per_frame: int = 3) -> NDArray[np.float64]:
    """Pitch at the borders of analysis hops, [T * hops_per_frame + 1], from that of control frames, [T+1]."""
    at = np.arange((len(f0_hz) - 1) * hops_per_frame + 1) / hops_per_frame
    return np.interp(at, np.arange(len(f0_hz)), f0_hz)
