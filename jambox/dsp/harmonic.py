"""Harmonic bank: the pitched part of an instrument, a sum of sines at whole multiples of one ramped fundamental.

Per sample, one sine and one cosine of the fundamental give all harmonics by the Chebyshev recurrence
sin(kx) = 2 cos(x) sin((k-1)x) - sin((k-2)x), in float64: stateless from one sample to the next, so that nothing drifts.
The phase inside a hop is evaluated in closed form from the phase at its start; any split of a hop into pieces gives the
same samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.kernels import kernel

# Harmonics fade out between these shares of the sample rate, so that none is cut off when a glide carries it past Nyquist.
FADE_START = 0.45
FADE_END = 0.5


@kernel
def nyquist_fade(f_hz: float, sample_rate: float) -> float:
    """[audio] Gain of a partial at `f_hz`: 1 below 0.45 of the sample rate, 0 from 0.5 on, linear between."""
    share = f_hz / sample_rate
    return min(1.0, max(0.0, (FADE_END - share) / (FADE_END - FADE_START)))


@kernel
def audible_harmonics(f0_hz: float, n_harmonics: int, sample_rate: float) -> int:
    """[audio] How many of `n_harmonics` lie below Nyquist."""
    if f0_hz <= 0.0:
        return 0
    return min(n_harmonics, int(FADE_END * sample_rate / f0_hz))


@kernel
def phase_in_cycles(start: float, f0_from: float, f0_to: float, n: float, hop: float, sample_rate: float) -> float:
    """[audio] Phase of the fundamental after `n` samples of a hop in which f0 ramps linearly, in cycles, in [0, 1).

    The frequency during sample j (0-based) is f0_from + (f0_to - f0_from) (j + 1) / hop; the phase is its running sum.
    """
    cycles = start + (n * f0_from + (f0_to - f0_from) * n * (n + 1.0) / (2.0 * hop)) / sample_rate
    return float(cycles - np.floor(cycles))


@kernel
def _amplitude_ramp(
    amplitudes_from: NDArray[np.float32], amplitudes_to: NDArray[np.float32], k: int, ramp: int
) -> tuple[float, float]:
    """Start and slope, over a control hop, of the amplitude of harmonic k (from 0)."""
    start = amplitudes_from[k]
    if start < 1e-9 and amplitudes_to[k] < 1e-9:
        return 0.0, 0.0
    return start, (amplitudes_to[k] - start) / ramp


@kernel
def render_harmonics(
    out: NDArray[np.float32],
    first: int,
    count: int,
    scratch: NDArray[np.float64],
    phase: float,
    f0_from: float,
    f0_to: float,
    hop_start: int,
    hop: int,
    amplitudes_from: NDArray[np.float32],
    amplitudes_to: NDArray[np.float32],
    ramp_start: int,
    ramp: int,
    gain_from: float,
    gain_to: float,
    sample_rate: float,
) -> None:
    """[audio] Add `count` samples of the bank to out[first:]; `count` may not leave the current analysis hop.

    phase: cycles at the start of the hop; f0 (Hz) ramps over the hop of `hop` samples, of which `hop_start` have been
    played; amplitudes (linear, per harmonic, shape [H]) ramp over a control hop of `ramp` samples, of which `ramp_start`
    have been played; the gain of the whole bank ramps over the analysis hop. `scratch` holds at least 5 * count values.
    Error against a float64 evaluation with libm sines: below -140 dB of full scale for 100 harmonics (tests/dsp).
    """
    n_harmonics = audible_harmonics(min(f0_from, f0_to), amplitudes_from.shape[0], sample_rate)
    if n_harmonics == 0 or (gain_from == 0.0 and gain_to == 0.0):
        return
    twice_cos, previous, current, total, position = 0, count, 2 * count, 3 * count, 4 * count
    for i in range(count):
        cycles = phase_in_cycles(phase, f0_from, f0_to, hop_start + i + 1.0, hop, sample_rate)
        angle = 2.0 * np.pi * cycles
        scratch[twice_cos + i] = 2.0 * np.cos(angle)
        scratch[previous + i] = 0.0
        scratch[current + i] = np.sin(angle)
        scratch[total + i] = 0.0
        scratch[position + i] = ramp_start + i + 1.0
    # Four at a time while none of them fades: memory is read and written once for the four. The sums are the same.
    n_whole = min(n_harmonics, max(0, int(FADE_START * sample_rate / max(f0_from, f0_to)) - 1))
    n_whole -= n_whole % 4
    for k in range(0, n_whole, 4):
        a, a_slope = _amplitude_ramp(amplitudes_from, amplitudes_to, k, ramp)
        b, b_slope = _amplitude_ramp(amplitudes_from, amplitudes_to, k + 1, ramp)
        c, c_slope = _amplitude_ramp(amplitudes_from, amplitudes_to, k + 2, ramp)
        d, d_slope = _amplitude_ramp(amplitudes_from, amplitudes_to, k + 3, ramp)
        for i in range(count):
            twice, at = scratch[twice_cos + i], scratch[position + i]
            first_sine = scratch[current + i]
            second_sine = twice * first_sine - scratch[previous + i]
            third_sine = twice * second_sine - first_sine
            fourth_sine = twice * third_sine - second_sine
            scratch[current + i] = twice * fourth_sine - third_sine
            scratch[previous + i] = fourth_sine
            scratch[total + i] = (
                ((scratch[total + i] + (a + a_slope * at) * first_sine) + (b + b_slope * at) * second_sine)
                + (c + c_slope * at) * third_sine
            ) + (d + d_slope * at) * fourth_sine
    for k in range(n_whole, n_harmonics):
        fade_from = nyquist_fade((k + 1) * f0_from, sample_rate)
        fade_to = nyquist_fade((k + 1) * f0_to, sample_rate)
        start, slope = _amplitude_ramp(amplitudes_from, amplitudes_to, k, ramp)
        fade_slope = (fade_to - fade_from) / hop
        for i in range(count):
            now = scratch[current + i]
            scratch[current + i] = scratch[twice_cos + i] * now - scratch[previous + i]
            scratch[previous + i] = now
            amplitude = start + slope * scratch[position + i]
            scratch[total + i] += amplitude * (fade_from + fade_slope * (hop_start + i + 1.0)) * now
    gain_slope = (gain_to - gain_from) / hop
    for i in range(count):
        out[first + i] += np.float32(scratch[total + i] * (gain_from + gain_slope * (hop_start + i + 1.0)))
