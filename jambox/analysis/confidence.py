"""How sure it is that there is a note: whether the sound repeats longer, and in a wider band, than noise ever would."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jambox.analysis.correlation import SMALLEST_MEAN_SQUARE, energy_between, nsdf_over, ring_position
from jambox.analysis.state import MAX_LAG, N_ROWS
from jambox.kernels import kernel

# Noise repeats by chance, over a short window more than over a long one. Entry n - 1 lies 0.08 or more above the highest
# value that white and pink noise, breath, "s" and "sh" reached in the flat band over n hops in 100 s; one or two hops
# prove nothing.
_NOTE_ABOVE = np.array(
    [9.0, 9.0, 0.88, 0.84, 0.80, 0.75, 0.70, 0.66, 0.62, 0.60, 0.58, 0.56, 0.54, 0.53, 0.52, 0.51, 0.50, 0.49, 0.48, 0.47]
)
_N_HOPS = len(_NOTE_ABOVE)
# The same in the pitch band over 27 ms, for a plain tone in noise that drowns it elsewhere; only if most of these hops lie
# within 20 dB of the loudest, for what is left of a burst is too short to prove anything.
_PLAIN_TONE_ABOVE = 0.75
_PLAIN_TONE_RANGE = 0.01
_PLAIN_TONE_HOPS = 16
# Hops 30 dB below the loudest in the window are no part of what is judged; sound that has fallen 25 dB has ended.
_ACTIVE_RANGE = 0.001
_ENDED_RANGE = 0.003
# -90 dBFS: nobody plays below it.
_SILENT_MEAN_SQUARE = 1e-9
# Confidence 0.5 is the threshold itself; so much repetition above it is certainty, so much below nothing.
_HALF_WIDTH = 0.3
# From certainty to nothing takes 17 ms at least, so that a rough patch does not cut a note in two; an end is not waited for.
_FALL_PER_HOP = 0.08


@kernel
def measure_confidence(state: Any, lag: float) -> float:
    """[audio] 0 to 1 for a period of `lag` pitch samples: 0.5 where repetition beats all chance, 1 when it is 0.3 above.

    Repetition is the NSDF of the flat band over the newest 3, 4, ... 20 hops (4 to 27 ms); the best margin counts, so that
    a note that has just begun is found in the short windows and a hoarse one in the long. Rises at once, falls by 0.08 a hop
    or to 0 where the sound ends.
    """
    period = int(lag + 0.5)
    now = state.n_pitch_samples
    heard = period + state.row_lengths[(state.n_hops - 1) % N_ROWS]
    if energy_between(state, now - heard, now) < heard * _SILENT_MEAN_SQUARE:
        return 0.0
    margin = _flat_margin(state, period)
    if _is_steady(state):
        margin = max(margin, nsdf_over(state, period, _N_HOPS) - _PLAIN_TONE_ABOVE)
    if has_ended(state, lag):
        return 0.0
    confidence = min(max(0.5 + 0.5 * margin / _HALF_WIDTH, 0.0), 1.0)
    return float(max(confidence, state.f0_confidence - _FALL_PER_HOP))


@kernel
def _flat_margin(state: Any, period: int) -> float:
    """[audio] By how much the best window of the flat band passes its threshold; leaves the energy of each hop behind."""
    signal = state.flat_signal
    energies = state.flat_energies
    end = ring_position(state.n_pitch_samples, 2 * MAX_LAG + _N_HOPS * 128)
    now_energy = loudest = 0.0
    before = after = at = 0.0
    before_energy = after_energy = at_energy = 0.0
    margin = -1.0
    length = 0
    for k in range(min(state.n_hops, _N_HOPS)):
        count = state.row_lengths[(state.n_hops - 1 - k) % N_ROWS]
        energies[k] = 0.0
        for i in range(end - count, end):
            x = float(signal[i])
            y0, y1, y2 = float(signal[i - period + 1]), float(signal[i - period]), float(signal[i - period - 1])
            energies[k] += x * x
            before += x * y0
            at += x * y1
            after += x * y2
            before_energy += y0 * y0
            at_energy += y1 * y1
            after_energy += y2 * y2
        end -= count
        length += count
        now_energy += energies[k]
        loudest = max(loudest, energies[k])
        n_active = 0
        for hop in range(k + 1):
            if energies[hop] > _ACTIVE_RANGE * loudest:
                n_active += 1
        if n_active > 0 and now_energy + at_energy > 2.0 * length * SMALLEST_MEAN_SQUARE:
            # The period lies between whole lags: take the top of the parabola through three of them.
            left = 2.0 * before / (now_energy + before_energy)
            r = 2.0 * at / (now_energy + at_energy)
            right = 2.0 * after / (now_energy + after_energy)
            curvature = 2.0 * r - left - right
            if r >= left and r >= right and curvature > 0.0:
                r += 0.125 * (right - left) ** 2 / curvature
            else:
                r = max(left, r, right)
            margin = max(margin, r - _NOTE_ABOVE[n_active - 1])
    return margin


@kernel
def has_ended(state: Any, lag: float) -> bool:
    """[audio] Whether the newest period, and a hop, is silent beside the loudest hop of the window."""
    n_hops = min(state.n_hops, _N_HOPS)
    n_newest = min(math.ceil(lag / (state.hop_s * state.pitch_rate)) + 1, n_hops)
    loudest = newest = 0.0
    for k in range(n_hops):
        loudest = max(loudest, state.flat_energies[k])
        if k < n_newest:
            newest += state.flat_energies[k]
    return newest < _ENDED_RANGE * loudest


@kernel
def _is_steady(state: Any) -> bool:
    """[audio] Whether most of the newest 20 hops are about as loud as the loudest of them, in the pitch band."""
    loudest = 0.0
    n_steady = 0
    for is_counting in (False, True):
        end = state.n_pitch_samples
        for k in range(min(state.n_hops, _N_HOPS)):
            count = state.row_lengths[(state.n_hops - 1 - k) % N_ROWS]
            energy = energy_between(state, end - count, end)
            end -= count
            if not is_counting:
                loudest = max(loudest, energy)
            elif energy > _PLAIN_TONE_RANGE * loudest:
                n_steady += 1
    return n_steady >= _PLAIN_TONE_HOPS
