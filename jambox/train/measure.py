"""What a recording teaches: harmonic levels and noise band levels of every control frame, relative to its loudness.

Harmonics by demodulation (`demodulate`), noise as mean power of what they leave, in the very bands that the instrument
plays. Two known biases are taken back: a demodulating window passes some noise as harmonic amplitude, and the harmonics
take some noise out of the residual with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from jambox.analysis.weighting import a_weighting_db
from jambox.dsp.noise import N_NOISE_BANDS, noise_band_centres_hz, noise_band_weights
from jambox.frames import control_hop_size
from jambox.kernels import kernel
from jambox.train.demodulate import (
    NOISE_BANDWIDTH,
    REMOVED_BANDWIDTH,
    demodulate,
    integrate_phase,
    refine_f0,
    subtract_harmonics,
    window_lengths,
)
from jambox.train.recordings import TRAINING_RATE
from jambox.train.tails import without_tails

N_HARMONICS = 100
# The loudness of a frame is that of a window that ends with it and lasts 6 ms: its middle lies 3 ms earlier.
LOUDNESS_CENTRE_S = 0.003
LOWEST_AMPLITUDE = 1e-7
_SHORT_FFT, _LONG_FFT = 1024, 2048
_LONG_BELOW_HZ = 600.0
# A band that keeps less than this share of its noise says too little about it.
_LEAST_KEPT = 0.3

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Measurement:
    """Per control frame: f0_hz [T], linear sine amplitudes [T,H], RMS amplitudes of noise bands [T,N], the share of the
    A-weighted power that is harmonic [T], and the sample in the middle of each frame [T]."""

    f0_hz: Vector
    amplitudes: Matrix
    noise: Matrix
    harmonic_share: Vector
    centres: NDArray[np.int64]


def frame_centres(n_frames: int, sample_rate: int = TRAINING_RATE) -> NDArray[np.int64]:
    """Sample that the features of control frame j describe: (j + 1) hops less half of the loudness window, [n_frames]."""
    hop = control_hop_size(sample_rate)
    return np.asarray((np.arange(n_frames) + 1) * hop - round(LOUDNESS_CENTRE_S * sample_rate), dtype=np.int64)


def measure(audio: NDArray[np.float32], f0_hz: Vector, highest_hz: float, reverberation_s: float = 0.0) -> Measurement:
    """Harmonics and noise of `audio` (TRAINING_RATE, mono) that follow the rough pitch f0_hz [T]."""
    rate = TRAINING_RATE
    centres = frame_centres(len(f0_hz))
    f0 = refine_f0(audio, f0_hz, centres, rate, 3, 60.0)
    f0 = refine_f0(audio, f0, centres, rate, 12, 25.0)
    f0 = refine_f0(audio, f0, centres, rate, 40, 10.0)
    phase = integrate_phase(f0, centres, len(audio), rate)
    lengths = window_lengths(f0, rate)
    wanted = np.minimum(N_HARMONICS, min(highest_hz, 0.45 * rate) / f0).astype(np.int64)
    real = np.zeros((len(f0), N_HARMONICS))
    imaginary = np.zeros((len(f0), N_HARMONICS))
    demodulate(audio, phase, centres, lengths, wanted, real, imaginary)
    residual = audio.astype(np.float64)
    subtract_harmonics(residual, phase, centres, real, imaginary)
    power = _band_powers(residual, centres, rate)
    power = _with_removed_noise(power, f0, wanted, REMOVED_BANDWIDTH * rate / lengths)
    amplitudes_power = real**2 + imaginary**2
    noise_density = _density_at_harmonics(power, f0)
    noise_in_window = 2.0 * noise_density * (NOISE_BANDWIDTH * rate / lengths)[:, None]
    if reverberation_s > 0.0:
        total = _band_powers(audio.astype(np.float64), centres, rate)
        power = without_tails(power, total, f0, reverberation_s)
    cleaned = np.maximum(amplitudes_power - noise_in_window, 0.1 * amplitudes_power)
    harmonic_power, noise_power = weighted_powers(f0, np.sqrt(cleaned), np.sqrt(power))
    share = harmonic_power / np.maximum(harmonic_power + noise_power, 1e-20)
    return Measurement(f0, np.sqrt(cleaned), np.sqrt(power), share, centres)


def weighted_powers(
    f0_hz: Vector, amplitudes: Matrix, noise: Matrix, sample_rate: int = TRAINING_RATE
) -> tuple[Vector, Vector]:
    """A-weighted mean square of harmonics and of noise, each [T]: what the loudness feature measures of a steady sound."""
    k = np.arange(1, amplitudes.shape[1] + 1)
    harmonics_hz = f0_hz[:, None] * k
    weight = 10.0 ** (a_weighting_db(np.maximum(harmonics_hz, 1.0)) / 10.0) * (harmonics_hz < 0.475 * sample_rate)
    band_weight = 10.0 ** (a_weighting_db(noise_band_centres_hz()) / 10.0)
    return np.sum(0.5 * amplitudes**2 * weight, axis=1), np.sum(noise**2 * band_weight, axis=1)


@lru_cache(maxsize=8)
def _band_weights(n: int, step_hz: float) -> Matrix:
    """Weight of every noise band at n frequencies from 0 on, [N, n]: the same for all recordings."""
    return noise_band_weights(np.arange(n, dtype=np.float64) * step_hz)


def _windows(signal: Vector, centres: NDArray[np.int64], length: int) -> Matrix:
    padded = np.concatenate([np.zeros(length), signal, np.zeros(length)])
    return np.lib.stride_tricks.sliding_window_view(padded, length)[centres + length - length // 2]


def _power_spectra(signal: Vector, centres: NDArray[np.int64], length: int) -> Matrix:
    """One-sided spectra [T, length // 2 + 1] whose sum over bins is the mean square under a Hann window."""
    window = np.hanning(length + 1)[:-1]
    power = np.abs(np.fft.rfft(_windows(signal, centres, length) * window, axis=1)) ** 2
    power *= 2.0 / (length * np.sum(window**2))
    power[:, [0, -1]] *= 0.5
    return power


def _band_powers(residual: Vector, centres: NDArray[np.int64], rate: int) -> Matrix:
    """Mean square of the residual in every noise band, [T, N]; narrow bands need the long window."""
    powers = np.zeros((len(centres), N_NOISE_BANDS))
    long_bands = noise_band_centres_hz() < _LONG_BELOW_HZ
    for length, bands in ((_SHORT_FFT, ~long_bands), (_LONG_FFT, long_bands)):
        weights = _band_weights(length // 2 + 1, rate / length)[bands]
        for start in range(0, len(centres), 2000):
            rows = slice(start, start + 2000)
            powers[rows, bands] = _power_spectra(residual, centres[rows], length) @ weights.T
    return np.maximum(powers, LOWEST_AMPLITUDE**2)


@kernel
def _add_weights_at_harmonics(table: Matrix, step_hz: float, f0: Vector, wanted: NDArray[np.int64], out: Matrix) -> None:
    """out [T,N] += weight of every band at every measured harmonic; table [N, frequencies in steps of step_hz]."""
    for t in range(f0.shape[0]):
        for k in range(1, wanted[t] + 1):
            at = int(k * f0[t] / step_hz + 0.5)
            if at < table.shape[1]:
                for band in range(table.shape[0]):
                    out[t, band] += table[band, at]


def _with_removed_noise(power: Matrix, f0: Vector, wanted: NDArray[np.int64], removed_hz: Vector) -> Matrix:
    """Band powers with the noise that went away with the harmonics, [T,N].

    Each harmonic takes removed_hz [T] of noise with it; a band that kept too little of its own is drawn from its
    neighbours.
    """
    step_hz = 2.0
    weights = _band_weights(round(24_000.0 / step_hz), step_hz)
    widths = weights.sum(axis=1) * step_hz
    at_harmonics = np.zeros_like(power)
    _add_weights_at_harmonics(weights, step_hz, f0, wanted, at_harmonics)
    kept = 1.0 - at_harmonics * removed_hz[:, None] / widths
    restored: Matrix = np.asarray(power / np.maximum(kept, _LEAST_KEPT), dtype=np.float64)
    bands = np.arange(power.shape[1])
    for row, share in zip(restored, kept, strict=True):
        measured = share >= _LEAST_KEPT
        if measured.any() and not measured.all():
            row[~measured] = np.exp(np.interp(bands[~measured], bands[measured], np.log(row[measured])))
    return restored


def _density_at_harmonics(power: Matrix, f0: Vector) -> Matrix:
    """One-sided noise power per Hz at each harmonic, [T, H], linear between band centres."""
    centres_hz = noise_band_centres_hz()
    step_hz = 5.0
    widths = _band_weights(4801, step_hz).sum(axis=1) * step_hz
    density = power / widths
    k = np.arange(1, N_HARMONICS + 1)
    at = np.interp(f0[:, None] * k, centres_hz, np.arange(N_NOISE_BANDS))
    low = np.minimum(at.astype(np.int64), N_NOISE_BANDS - 2)
    share = at - low
    rows = np.arange(len(f0))[:, None]
    return np.asarray(density[rows, low] * (1.0 - share) + density[rows, low + 1] * share)
