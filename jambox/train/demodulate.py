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
# Samples in a block, blocks side by side, samples in such a group: a control hop.
_BLOCK, _LANES = 12, 16
_GROUP = _BLOCK * _LANES

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
    count as 0. Centres ascend. Every sample is multiplied once, though ten windows overlap there: the products are summed
    in blocks of 12 samples with their first two moments, from which any window that is a parabola within a block (a Hann
    window of 30 ms is, to -100 dB) has its sum. Reference: tests/train/test_demodulate.py.
    """
    n_harmonics = real.shape[1]
    n_groups = audio.shape[0] // _GROUP + 1
    needed = np.zeros(n_groups, dtype=np.int64)
    longest = 0
    for j in range(centres.shape[0]):
        longest = max(longest, lengths[j])
        for g in range(
            max(0, (centres[j] - lengths[j] // 2) // _GROUP), min(n_groups, _last_group(centres, lengths, j) + 1)
        ):
            needed[g] = max(needed[g], min(n_wanted[j], n_harmonics))
    ring = longest // _GROUP + 3
    moments = np.zeros((ring, n_harmonics, 6, _LANES), dtype=np.float32)
    sums = np.zeros((n_harmonics, 2, _LANES))
    weight = np.zeros((3, _LANES))
    ready = 0
    for j in range(centres.shape[0]):
        first = centres[j] - lengths[j] // 2
        first_group, last_group = max(0, first // _GROUP), min(n_groups - 1, _last_group(centres, lengths, j))
        while ready <= last_group:
            if needed[ready] > 0:
                _sum_blocks(audio, phase, ready * _GROUP, needed[ready], moments[ready % ring])
            ready += 1
        wanted = min(n_wanted[j], n_harmonics)
        sums[:wanted] = 0.0
        turn = 2.0 * math.pi / lengths[j]
        for g in range(first_group, last_group + 1):
            for lane in range(_LANES):
                at = g * _GROUP + lane * _BLOCK + 0.5 * (_BLOCK - 1) - first
                inside = 4.0 / lengths[j] if 0.0 <= at < lengths[j] else 0.0
                weight[0, lane] = inside * (0.5 - 0.5 * math.cos(turn * at))
                weight[1, lane] = inside * 0.5 * turn * math.sin(turn * at)
                weight[2, lane] = inside * 0.25 * turn * turn * math.cos(turn * at)
            for k in range(wanted):
                block = moments[g % ring, k]
                for lane in range(_LANES):
                    sums[k, 0, lane] += (
                        weight[0, lane] * block[0, lane]
                        + weight[1, lane] * block[1, lane]
                        + weight[2, lane] * block[2, lane]
                    )
                    sums[k, 1, lane] += (
                        weight[0, lane] * block[3, lane]
                        + weight[1, lane] * block[4, lane]
                        + weight[2, lane] * block[5, lane]
                    )
        for k in range(n_harmonics):
            real[j, k] = np.sum(sums[k, 0]) if k < wanted else 0.0
            imaginary[j, k] = np.sum(sums[k, 1]) if k < wanted else 0.0


@kernel
def _last_group(centres: NDArray[np.int64], lengths: NDArray[np.int64], j: int) -> int:
    return int((centres[j] - lengths[j] // 2 + lengths[j] - 1) // _GROUP)


@kernel
def _sum_blocks(audio: NDArray[np.float32], phase: Vector, start: int, wanted: int, out: NDArray[np.float32]) -> None:
    """Moments 0, 1 and 2 about the middle of each of the 16 blocks from sample `start` on, of audio * exp(-i k phase).

    out [H, 6, 16]: the three of the real parts, then of the imaginary ones. Lanes are blocks, so that they do not mix;
    in single precision, whose rounding lies 120 dB below the sound after all the sums.
    """
    step = np.zeros((_BLOCK, 2, _LANES), dtype=np.float32)
    power = np.zeros((_BLOCK, 2, _LANES), dtype=np.float32)
    for i in range(_BLOCK):
        for lane in range(_LANES):
            n = start + lane * _BLOCK + i
            if n < audio.shape[0]:
                step[i, 0, lane] = math.cos(phase[n])
                step[i, 1, lane] = -math.sin(phase[n])
                power[i, 0, lane] = audio[n]
    for k in range(wanted):
        total = out[k]
        total[:] = 0.0
        for i in range(_BLOCK):
            d = np.float32(i - 0.5 * (_BLOCK - 1))
            s, p = step[i], power[i]
            for lane in range(_LANES):
                next_real = p[0, lane] * s[0, lane] - p[1, lane] * s[1, lane]
                next_imaginary = p[0, lane] * s[1, lane] + p[1, lane] * s[0, lane]
                p[0, lane] = next_real
                p[1, lane] = next_imaginary
                total[0, lane] += next_real
                total[1, lane] += d * next_real
                total[2, lane] += d * (d * next_real)
                total[3, lane] += next_imaginary
                total[4, lane] += d * next_imaginary
                total[5, lane] += d * (d * next_imaginary)


@kernel
def subtract_harmonics(
    residual: NDArray[np.float64],
    phase: Vector,
    centres: NDArray[np.int64],
    real: NDArray[np.float64],
    imaginary: NDArray[np.float64],
) -> None:
    """Take the harmonics out of `residual` in place; complex amplitudes are linear between control frames."""
    step = np.zeros((2, _LANES))
    power = np.zeros((2, _LANES))
    share = np.zeros(_LANES)
    total = np.zeros(_LANES)
    for j in range(centres.shape[0] - 1):
        n_harmonics = real.shape[1]
        while n_harmonics > 0 and not _sounds(real, imaginary, j, n_harmonics - 1):
            n_harmonics -= 1
        length = centres[j + 1] - centres[j]
        for start in range(0, length, _LANES):
            for lane in range(_LANES):
                n = min(max(centres[j] + start + lane, 0), residual.shape[0] - 1)
                step[0, lane] = math.cos(phase[n])
                step[1, lane] = math.sin(phase[n])
                power[0, lane] = 1.0
                power[1, lane] = 0.0
                share[lane] = (start + lane) / length
                total[lane] = 0.0
            for k in range(n_harmonics):
                for lane in range(_LANES):
                    next_real = power[0, lane] * step[0, lane] - power[1, lane] * step[1, lane]
                    power[1, lane] = power[0, lane] * step[1, lane] + power[1, lane] * step[0, lane]
                    power[0, lane] = next_real
                    z_real = real[j, k] + share[lane] * (real[j + 1, k] - real[j, k])
                    z_imaginary = imaginary[j, k] + share[lane] * (imaginary[j + 1, k] - imaginary[j, k])
                    total[lane] += z_real * next_real - z_imaginary * power[1, lane]
            for lane in range(min(_LANES, length - start)):
                n = centres[j] + start + lane
                if 0 <= n < residual.shape[0]:
                    residual[n] -= total[lane]


@kernel
def _sounds(real: NDArray[np.float64], imaginary: NDArray[np.float64], j: int, k: int) -> bool:
    """Whether harmonic k is there in frame j or the next one."""
    return bool(real[j, k] != 0.0 or imaginary[j, k] != 0.0 or real[j + 1, k] != 0.0 or imaginary[j + 1, k] != 0.0)


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
