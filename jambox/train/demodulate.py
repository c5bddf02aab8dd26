"""Harmonics of a recording whose pitch is known: how strong each of them is, every control frame.

The recording is multiplied by exp(-i k phase), phase being the integral of the pitch, and averaged under a Hann window:
what remains is the complex amplitude of harmonic k, however the pitch glides. The window is four periods long, 30 ms at
least, so that neighbouring harmonics fall into its zeros.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from jambox.kernels import kernel

SHORTEST_WINDOW_S = 0.030
PERIODS_IN_WINDOW = 4.0
# Equivalent noise bandwidth of a Hann window is 1.5 / length; 2 W - W^2 integrated over frequency is 2.5 / length.
NOISE_BANDWIDTH = 1.5
REMOVED_BANDWIDTH = 2.5
_LANES = 16

Vector = NDArray[np.float64]


def integrate_phase(f0_hz: Vector, centres: NDArray[np.int64], n_samples: int, sample_rate: int) -> Vector:
    """Phase in radians of the fundamental at every sample, [n_samples]; f0 is linear between control frames."""
    f0 = np.interp(np.arange(n_samples), centres, f0_hz)
    return np.asarray(2.0 * np.pi * np.cumsum(f0) / sample_rate)


def window_lengths(f0_hz: Vector, sample_rate: int) -> NDArray[np.int64]:
    """Samples under the window of every frame, even, [n_frames]."""
    seconds = np.maximum(SHORTEST_WINDOW_S, PERIODS_IN_WINDOW / np.maximum(f0_hz, 20.0))
    return (2 * np.rint(0.5 * seconds * sample_rate)).astype(np.int64)


@kernel
def demodulate(
    audio: NDArray[np.float32],
    phase: Vector,
    centres: NDArray[np.int64],
    lengths: NDArray[np.int64],
    n_wanted: NDArray[np.int64],
    real: NDArray[np.float64],
    imaginary: NDArray[np.float64],
) -> None:
    """Complex amplitudes into real, imaginary [n_frames, H]: near frame j, audio = sum of Re(z_jk exp(i k phase)).

    Only the first n_wanted[j] harmonics of a frame are measured, the others become 0. Samples outside of the recording
    count as 0. Reference: tests/train/test_demodulate.py.
    """
    n_harmonics = real.shape[1]
    sum_real = np.zeros((n_harmonics, _LANES))
    sum_imaginary = np.zeros((n_harmonics, _LANES))
    step_real = np.zeros(_LANES)
    step_imaginary = np.zeros(_LANES)
    power_real = np.zeros(_LANES)
    power_imaginary = np.zeros(_LANES)
    for j in range(centres.shape[0]):
        wanted = min(n_wanted[j], n_harmonics)
        sum_real[:wanted] = 0.0
        sum_imaginary[:wanted] = 0.0
        length = lengths[j]
        first = centres[j] - length // 2
        for start in range(0, length, _LANES):
            for lane in range(_LANES):
                n = first + start + lane
                if start + lane < length and 0 <= n < audio.shape[0]:
                    window = 0.5 - 0.5 * math.cos(2.0 * math.pi * (start + lane) / length)
                    step_real[lane] = math.cos(phase[n])
                    step_imaginary[lane] = -math.sin(phase[n])
                    power_real[lane] = 4.0 / length * window * audio[n]
                else:
                    power_real[lane] = 0.0
                power_imaginary[lane] = 0.0
            for k in range(wanted):
                for lane in range(_LANES):
                    next_real = power_real[lane] * step_real[lane] - power_imaginary[lane] * step_imaginary[lane]
                    next_imaginary = power_real[lane] * step_imaginary[lane] + power_imaginary[lane] * step_real[lane]
                    power_real[lane] = next_real
                    power_imaginary[lane] = next_imaginary
                    sum_real[k, lane] += next_real
                    sum_imaginary[k, lane] += next_imaginary
        for k in range(n_harmonics):
            real[j, k] = np.sum(sum_real[k]) if k < wanted else 0.0
            imaginary[j, k] = np.sum(sum_imaginary[k]) if k < wanted else 0.0


@kernel
def subtract_harmonics(
    residual: NDArray[np.float64],
    phase: Vector,
    centres: NDArray[np.int64],
    real: NDArray[np.float64],
    imaginary: NDArray[np.float64],
) -> None:
    """Take the harmonics out of `residual` in place; complex amplitudes are linear between control frames."""
    n_harmonics = real.shape[1]
    for j in range(centres.shape[0] - 1):
        first = centres[j]
        length = centres[j + 1] - first
        for n in range(max(first, 0), min(first + length, residual.shape[0])):
            share = (n - first) / length
            step_real = math.cos(phase[n])
            step_imaginary = math.sin(phase[n])
            power_real = 1.0
            power_imaginary = 0.0
            total = 0.0
            for k in range(n_harmonics):
                next_real = power_real * step_real - power_imaginary * step_imaginary
                power_imaginary = power_real * step_imaginary + power_imaginary * step_real
                power_real = next_real
                z_real = real[j, k] + share * (real[j + 1, k] - real[j, k])
                z_imaginary = imaginary[j, k] + share * (imaginary[j + 1, k] - imaginary[j, k])
                total += z_real * power_real - z_imaginary * power_imaginary
            residual[n] -= total


def refine_f0(
    audio: NDArray[np.float32],
    f0_hz: Vector,
    centres: NDArray[np.int64],
    sample_rate: int,
    n_harmonics: int,
    largest_cents: float,
) -> Vector:
    """The pitch moved to where the first `n_harmonics` harmonics really rotate, by `largest_cents` at most; [n_frames].

    Each harmonic's phase advance between control frames is its deviation in frequency; they are averaged with the energy
    of each and smoothed over 20 ms (half width).
    """
    phase = integrate_phase(f0_hz, centres, len(audio), sample_rate)
    n_frames = len(centres)
    real = np.zeros((n_frames, n_harmonics))
    imaginary = np.zeros((n_frames, n_harmonics))
    wanted = np.minimum(n_harmonics, 0.45 * sample_rate / np.maximum(f0_hz, 20.0)).astype(np.int64)
    demodulate(audio, phase, centres, window_lengths(f0_hz, sample_rate), wanted, real, imaginary)
    z = real + 1j * imaginary
    hop_s = np.diff(centres)[:, None] / sample_rate
    product = z[1:] * np.conj(z[:-1])
    k = np.arange(1, n_harmonics + 1)
    energy = np.abs(product)
    smoothing = np.hanning(11)
    numerator = np.convolve(np.sum(energy * k * np.angle(product) / (2.0 * np.pi * hop_s), axis=1), smoothing, "same")
    denominator = np.convolve(np.sum(energy * k**2, axis=1), smoothing, "same")
    between = numerator / np.maximum(denominator, 1e-20)
    deviation = np.concatenate([between[:1], 0.5 * (between[1:] + between[:-1]), between[-1:]])
    limit = np.exp2(largest_cents / 1200.0)
    return np.asarray(np.clip(f0_hz + deviation, f0_hz / limit, f0_hz * limit))
