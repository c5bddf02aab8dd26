"""Pitch as the checks hear it: of periodic sounds, to a fraction of a cent, by code that the program has no part in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def heard_hz(y: NDArray[np.float64], sample_rate: int, lowest_hz: float, highest_hz: float) -> float:
    """Pitch between two bounds, by the normalised square difference (McLeod and Wyvill 2005)."""
    shortest, longest = int(sample_rate / highest_hz), int(sample_rate / lowest_hz) + 2
    n = len(y) - longest
    power = np.concatenate([[0.0], np.cumsum(y**2)])
    lags = np.arange(longest)
    products = np.array([y[:n] @ y[lag : lag + n] for lag in lags])
    alike = 2.0 * products / np.maximum(power[n] + power[lags + n] - power[lags], 1e-20)
    inner = alike[1:-1]
    peaks = 1 + np.flatnonzero((inner >= alike[:-2]) & (inner > alike[2:]) & (lags[1:-1] >= shortest))
    # The first that is nearly the best: the next ones are its multiples.
    best = peaks[alike[peaks] >= 0.9 * alike[peaks].max()][0]
    left, top, right = alike[best - 1 : best + 2]
    return float(sample_rate / (best + 0.5 * (left - right) / (left - 2.0 * top + right)))


def steady_hz(y: NDArray[np.float64], sample_rate: int, rough_hz: float) -> float:
    """Pitch of a steady harmonic sound: how far the phase of each partial turns from the first half to the second, the mean
    by how well each says so."""
    for _ in range(3):
        half = len(y) // 2
        window = np.hanning(half)
        frequencies, weights = [], []
        for k in range(1, max(2, int(4000.0 / rough_hz) + 1)):
            turn = np.exp(-2j * np.pi * k * rough_hz * np.arange(half) / sample_rate) * window
            first, second = y[:half] @ turn, y[half : 2 * half] @ turn
            # `turn` begins anew at the second half: what the rough pitch itself turns until then is taken off.
            angle = np.angle(second * np.conj(first) * np.exp(-2j * np.pi * k * rough_hz * half / sample_rate))
            frequencies.append(rough_hz + angle * sample_rate / (2.0 * np.pi * half * k))
            weights.append((k * abs(first)) ** 2)
        rough_hz = float(np.average(frequencies, weights=weights))
    return rough_hz
