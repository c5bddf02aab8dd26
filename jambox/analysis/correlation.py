"""How well the sound repeats after each lag: the normalised square difference function over a window that suits the lag.

Each hop adds one row of lagged products. A window of any length is then a sum of the newest rows, so that short and long
windows cost the same products, no sum is ever updated by subtraction and rounding cannot pile up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.analysis.state import ENERGY_UNIT, N_ROWS, PITCH_RING
from jambox.kernels import kernel


@kernel
def add_row(state: Any) -> None:
    """[audio] The lagged products of the newest hop: row[lag] = sum of x[i] x[i - lag] over the hop's samples i."""
    start = state.hop_start
    end = state.n_pitch_samples
    longest = state.longest_lag
    at_row = state.n_hops % N_ROWS
    row = state.rows[at_row]
    state.row_lengths[at_row] = end - start
    signal = state.pitch_signal
    # Position of the hop's first sample in the half of the ring that has the whole history below it.
    base = (start & (PITCH_RING - 1)) + PITCH_RING
    # The row is kept with the longest lag first, so that both arrays are walked upwards.
    for j in range(longest):
        row[j] = 0.0
    oldest = base - longest
    i = 0
    while i + 4 <= end - start:
        if base + i + 3 >= 2 * PITCH_RING:
            break
        x0 = signal[base + i]
        x1 = signal[base + i + 1]
        x2 = signal[base + i + 2]
        x3 = signal[base + i + 3]
        past = signal[oldest + i : oldest + i + longest + 3]
        for j in range(longest):
            row[j] += x0 * past[j] + x1 * past[j + 1] + x2 * past[j + 2] + x3 * past[j + 3]
        i += 4
    while i < end - start:
        at = base + i
        if at >= 2 * PITCH_RING:
            at -= PITCH_RING
        x0 = signal[at]
        past = signal[at - longest : at]
        if at < longest:
            past = signal[at + PITCH_RING - longest : at + PITCH_RING]
        for j in range(longest):
            row[j] += x0 * past[j]
        i += 1
    state.hop_start = end
    state.n_hops += 1


@kernel
def energy_between(state: Any, first: int, end: int) -> float:
    """[audio] Energy of the pitch signal over samples first <= i < end (counted from the start of the run)."""
    until = state.energy_until
    upper = until[(end - 1) & (PITCH_RING - 1)]
    lower = until[(first - 1) & (PITCH_RING - 1)]
    return np.float64(upper - lower) * ENERGY_UNIT


@kernel
def compute_nsdf(state: Any, window: int) -> None:
    """[audio] state.nsdf[lag] for every lag: 2 sum x[i] x[i-lag] / sum (x[i]^2 + x[i-lag]^2), from -1 to 1.

    The sum runs over the newest max(lag, window) samples, rounded up to whole hops. McLeod and Wyvill 2005, section 3.
    """
    longest = state.longest_lag
    rows = state.rows
    numerator = state.numerator
    nsdf = state.nsdf
    for lag in range(longest + 1):
        numerator[lag] = 0.0
        nsdf[lag] = 0.0
    now = state.n_pitch_samples
    covered = 0
    first_lag = 1
    n_rows = min(state.n_hops, N_ROWS)
    for k in range(n_rows):
        at_row = (state.n_hops - 1 - k) % N_ROWS
        row = rows[at_row]
        # Lags from first_lag on still need this row.
        for j in range(longest - first_lag + 1):
            numerator[longest - j] += row[j]
        covered += state.row_lengths[at_row]
        if covered < window and k < n_rows - 1:
            continue
        last_lag = min(covered, longest)
        if k == n_rows - 1:
            last_lag = longest
        recent = energy_between(state, now - covered, now)
        for lag in range(first_lag, last_lag + 1):
            energy = recent + energy_between(state, now - covered - lag, now - lag)
            if energy > 1e-14:
                nsdf[lag] = np.float32(2.0 * numerator[lag] / energy)
        first_lag = last_lag + 1
        if first_lag > longest:
            break
