"""Harmonic bank whose partials are not whole multiples of the fundamental: stretched, or on their way back from it.

Partial k sounds at f0 k^(1 + stretch). Its phase is k times the fundamental's plus an offset of its own, which is kept from
hop to hop and runs away while there is a stretch; without one it is drawn back to nothing, so that no partial ever jumps.
Inside a hop each partial is a rotor that starts at the hop's start whatever piece is asked for: any split of a hop gives the
same samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.dsp.harmonic import nyquist_fade
from jambox.kernels import kernel

# Share of an offset that is taken back in a hop without stretch; below the last it is none.
RETURN = 0.08
SMALLEST_OFFSET = 1e-6
_INAUDIBLE = 1e-7


@kernel
def partial_ratio(k: int, stretch: float) -> float:
    """[audio] Frequency of partial k (from 1) over that of the fundamental; `stretch` in octaves an octave."""
    return float(k ** (1.0 + stretch))


@kernel
def advance_offsets(
    offsets: NDArray[np.float32],
    f0_from: float,
    f0_to: float,
    n: int,
    length: int,
    hop: int,
    stretch: float,
    sample_rate: float,
) -> bool:
    """[audio] Offsets (cycles, shape [H], in [-0.5, 0.5]) after n samples of a ramp of `length`; False if all are none."""
    cycles = (n * f0_from + (f0_to - f0_from) * n * (n + 1.0) / (2.0 * length)) / sample_rate
    some = stretch != 0.0
    for i in range(offsets.shape[0]):
        k = i + 1
        offset = float(offsets[i])
        if stretch != 0.0:
            offset += (partial_ratio(k, stretch) - k) * cycles
            offset -= np.floor(offset + 0.5)
        else:
            offset -= RETURN * offset * n / hop
            if abs(offset) < SMALLEST_OFFSET:
                offset = 0.0
            some = some or offset != 0.0
        offsets[i] = np.float32(offset)
    return some


@kernel
def render_stretched(
    out: NDArray[np.float32],
    first: int,
    count: int,
    scratch: NDArray[np.float64],
    phase: float,
    f0_from: float,
    f0_to: float,
    hop_start: int,
    length: int,
    hop: int,
    stretch: float,
    offsets: NDArray[np.float32],
    amplitudes_from: NDArray[np.float32],
    amplitudes_to: NDArray[np.float32],
    ramp_start: int,
    ramp: int,
    gain_from: float,
    gain_to: float,
    sample_rate: float,
) -> None:
    """[audio] As `render_harmonics`, whose arguments these are, with the partials' `offsets`; `hop` is a whole hop, `length`
    the piece of it that ramps. `scratch` holds at least count values."""
    if gain_from == 0.0 and gain_to == 0.0:
        return
    for i in range(count):
        scratch[i] = 0.0
    turn = 2.0 * np.pi / sample_rate
    slope_hz = (f0_to - f0_from) / length
    for index in range(amplitudes_from.shape[0]):
        start, end = float(amplitudes_from[index]), float(amplitudes_to[index])
        k = index + 1
        ratio = partial_ratio(k, stretch)
        fade_from = nyquist_fade(ratio * f0_from, sample_rate)
        fade_to = nyquist_fade(ratio * f0_to, sample_rate)
        if max(start, end) < _INAUDIBLE or (fade_from == 0.0 and fade_to == 0.0):
            continue
        offset = float(offsets[index])
        back = 0.0 if stretch != 0.0 else -2.0 * np.pi * RETURN * offset / hop
        angle = 2.0 * np.pi * (k * phase + offset)
        step = turn * ratio * (f0_from + slope_hz) + back
        bend = turn * ratio * slope_hz
        re, im = np.cos(angle), np.sin(angle)
        step_re, step_im = np.cos(step), np.sin(step)
        bend_re, bend_im = np.cos(bend), np.sin(bend)
        slope = (end - start) / ramp
        fade_slope = (fade_to - fade_from) / length
        for n in range(hop_start + count):
            re, im = re * step_re - im * step_im, re * step_im + im * step_re
            step_re, step_im = step_re * bend_re - step_im * bend_im, step_re * bend_im + step_im * bend_re
            i = n - hop_start
            if i >= 0:
                amplitude = start + slope * (ramp_start + i + 1.0)
                scratch[i] += amplitude * (fade_from + fade_slope * (n + 1.0)) * im
    gain_slope = (gain_to - gain_from) / length
    for i in range(count):
        out[first + i] += np.float32(scratch[i] * (gain_from + gain_slope * (hop_start + i + 1.0)))
