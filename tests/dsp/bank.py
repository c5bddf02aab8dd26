"""The harmonic bank driven by curves of pitch and level, as the instrument drives it, and the same sound in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from jambox.dsp.harmonic import FADE_END, FADE_START, phase_in_cycles, render_harmonics
from jambox.frames import MAX_HOP_SIZE, control_hop_size, hop_size
from tests.dsp.blocks import pieces

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def render_bank(
    f0_hz: Curve, amplitudes: Curve, n: int, sample_rate: int, block: int = 1 << 30, gain: float = 1.0
) -> NDArray[np.float32]:
    """`n` samples of the compiled bank: f0 read once an analysis hop, amplitudes (shape [H, times]) once a control hop."""
    hop, ramp = hop_size(sample_rate), control_hop_size(sample_rate)
    at_hop = f0_hz(np.arange(n // hop + 2) * hop / sample_rate)
    at_ramp = amplitudes(np.arange(n // ramp + 2) * ramp / sample_rate).astype(np.float32)
    out = np.zeros(n, dtype=np.float32)
    scratch = np.zeros(5 * MAX_HOP_SIZE)
    phase = 0.0
    for first, count in pieces(n, block, hop):
        i, j = first // hop, first // ramp
        render_harmonics(
            out,
            first,
            count,
            scratch,
            phase,
            at_hop[i],
            at_hop[i + 1],
            first % hop,
            hop,
            np.ascontiguousarray(at_ramp[:, j]),
            np.ascontiguousarray(at_ramp[:, j + 1]),
            first % ramp,
            ramp,
            gain,
            gain,
            float(sample_rate),
        )
        if (first + count) % hop == 0:
            phase = phase_in_cycles(phase, at_hop[i], at_hop[i + 1], hop, hop, float(sample_rate))
    return out


def hop_by_hop_reference(f0_hz: Curve, amplitudes: Curve, n: int, sample_rate: int) -> NDArray[np.float64]:
    """The same ramps in float64, with the sines of the C library and a phase that is a running sum."""
    hop, ramp = hop_size(sample_rate), control_hop_size(sample_rate)
    at_hop = np.arange(n // hop + 2) * hop
    at_ramp = np.arange(n // ramp + 2) * ramp
    position = np.arange(1, n + 1)
    f = np.interp(position, at_hop, f0_hz(at_hop / sample_rate))
    cycles = np.cumsum(f) / sample_rate
    levels = amplitudes(at_ramp / sample_rate).astype(np.float32).astype(np.float64)
    edges_hz = f0_hz(at_hop / sample_rate)
    out = np.zeros(n)
    for k in range(1, levels.shape[0] + 1):
        fade = np.clip((FADE_END - k * edges_hz / sample_rate) / (FADE_END - FADE_START), 0.0, 1.0)
        gain = np.interp(position, at_ramp, levels[k - 1]) * np.interp(position, at_hop, fade)
        out += gain * np.sin(2.0 * np.pi * ((k * cycles) % 1.0))
    return out


def phase_of(f0_hz: Curve, n: int, sample_rate: int) -> NDArray[np.float64]:
    """Phase in radians at every sample when f0 is evaluated at every sample."""
    return np.asarray(2.0 * np.pi * np.cumsum(f0_hz(np.arange(1, n + 1) / sample_rate)) / sample_rate)
