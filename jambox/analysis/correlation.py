"""How well the sound repeats after each lag: the normalised square difference function over a window that suits the lag.

Each hop adds one row of lagged products. A window of any length is then a sum of the newest rows, so that short and long
windows cost the same products, no sum is ever updated by subtraction and rounding cannot pile up.
"""

from __future__ import annotations

from typing import Any

from jambox.analysis.state import ENERGY_UNIT, N_ROWS, PITCH_RING
from jambox.kernels import kernel

# A lag is judged over so many times itself, but over this long at least.
WINDOW_PER_LAG = 0.83
SHORTEST_WINDOW_S = 0.0026
# -110 dBFS: what is weaker does not repeat.
SMALLEST_MEAN_SQUARE = 1e-11


@kernel
def ring_position(sample: int, history: int) -> int:
    """[audio] Where pitch sample `sample` lies in a ring written twice, `history` samples before it in one piece."""
    at = sample & (PITCH_RING - 1)
    if at < history:
        at += PITCH_RING
    return at


@kernel
def add_row(state: Any) -> None:
    """[audio] The lagged products of the newest hop: row[longest_lag - lag] = sum of x[i] x[i - lag] over the hop."""
    start = state.hop_start
    count = state.n_pitch_samples - start
    longest = state.longest_lag
    newest = state.n_hops % N_ROWS
    row = state.rows[newest]
    signal = state.pitch_signal
    base = ring_position(start, longest)
    for j in range(longest):
        row[j] = 0.0
    # Four samples at a time: a quarter of the passes over the row.
    i = 0
    while i + 4 <= count:
        x0, x1, x2, x3 = signal[base + i], signal[base + i + 1], signal[base + i + 2], signal[base + i + 3]
        past = signal[base + i - longest : base + i + 3]
        for j in range(longest):
            row[j] += x0 * past[j] + x1 * past[j + 1] + x2 * past[j + 2] + x3 * past[j + 3]
        i += 4
    while i < count:
        x0 = signal[base + i]
        past = signal[base + i - longest : base + i]
        for j in range(longest):
            row[j] += x0 * past[j]
        i += 1
    state.row_lengths[newest] = count
    state.hop_start = start + count
    state.n_hops += 1


@kernel
def energy_between(state: Any, first: int, end: int) -> float:
    """[audio] Energy of the pitch signal over samples first <= i < end (counted from the start of the run)."""
    until = state.energy_until
    return float(until[(end - 1) & (PITCH_RING - 1)] - until[(first - 1) & (PITCH_RING - 1)]) * ENERGY_UNIT


@kernel
def compute_nsdf(state: Any) -> None:
    """[audio] state.nsdf[lag] for every lag: 2 sum x[i] x[i-lag] / sum (x[i]^2 + x[i-lag]^2), from -1 to 1.

    The sum runs over the newest 0.83 lags, at least 2.6 ms, rounded up to whole hops: much less does not hold a period,
    and any longer window answers later. Steadiness is left to the path through the hops.
    McLeod and Wyvill 2005, "A smarter way to find pitch", section 4.
    """
    longest = state.longest_lag
    products = state.products
    nsdf = state.nsdf
    for lag in range(longest + 1):
        products[lag] = 0.0
        nsdf[lag] = 0.0
    now = state.n_pitch_samples
    least = int(SHORTEST_WINDOW_S * state.pitch_rate)
    covered = 0
    lag_from = 1
    for k in range(min(state.n_hops, N_ROWS)):
        newest = (state.n_hops - 1 - k) % N_ROWS
        row = state.rows[newest]
        # Lags from lag_from on still need this row.
        for j in range(longest - lag_from + 1):
            products[j] += row[j]
        covered += state.row_lengths[newest]
        if covered < least:
            continue
        lag_to = min(int(covered / WINDOW_PER_LAG), longest)
        recent = energy_between(state, now - covered, now)
        floor = 2.0 * covered * SMALLEST_MEAN_SQUARE
        for lag in range(lag_from, lag_to + 1):
            energy = recent + energy_between(state, now - covered - lag, now - lag)
            if energy > floor:
                nsdf[lag] = 2.0 * products[longest - lag] / energy
        lag_from = lag_to + 1
        if lag_from > longest:
            break


@kernel
def nsdf_over(state: Any, lag: int, n_rows: int) -> float:
    """[audio] The same function at one lag over the newest `n_rows` hops."""
    product = 0.0
    covered = 0
    for k in range(min(state.n_hops, n_rows)):
        newest = (state.n_hops - 1 - k) % N_ROWS
        product += state.rows[newest, state.longest_lag - lag]
        covered += state.row_lengths[newest]
    now = state.n_pitch_samples
    energy = energy_between(state, now - covered, now) + energy_between(state, now - covered - lag, now - lag)
    return 2.0 * product / energy if energy > 2.0 * covered * SMALLEST_MEAN_SQUARE else 0.0
