"""How sure it is that there is a note: whether the sound repeats longer, and in a wider band, than noise ever would."""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.analysis.correlation import SMALLEST_MEAN_SQUARE, nsdf_over, ring_position
from jambox.analysis.state import MAX_LAG, N_ROWS
from jambox.kernels import kernel

# Noise repeats by chance, over a short window more than over a long one. Entry n - 1 lies 0.08 or more above the highest
# value that white and pink noise, breath, "s" and "sh" reached in the flat band over n hops in 100 s; one or two hops
# prove nothing.
_NOTE_ABOVE = np.array(
    [9.0, 9.0, 0.88, 0.84, 0.80, 0.75, 0.70, 0.66, 0.62, 0.60, 0.58, 0.56, 0.54, 0.53, 0.52, 0.51, 0.50, 0.49, 0.48, 0.47]
)
_N_HOPS = len(_NOTE_ABOVE)
# The same in the pitch band over 27 ms, for a plain tone in noise that drowns it elsewhere.
_PLAIN_TONE_ABOVE = 0.75
# Confidence 0.5 is the threshold itself; so much repetition above it is certainty, so much below nothing.
_HALF_WIDTH = 0.3


@kernel
def measure_confidence(state: Any, lag: float) -> float:
    """[audio] 0 to 1 for a period of `lag` pitch samples: 0.5 where repetition beats all chance, 1 when it is 0.3 above.

    Repetition is the NSDF of the flat band over the newest 3, 4, ... 20 hops (4 to 27 ms), the best margin counts: a note
    that has just begun is found in the short windows (silence before it takes no part), a hoarse one in the long.
    """
    signal = state.flat_signal
    middle = int(lag + 0.5)
    end = ring_position(state.n_pitch_samples, 2 * MAX_LAG + _N_HOPS * 128)
    now_energy = 0.0
    before = after = at = 0.0
    before_energy = after_energy = at_energy = 0.0
    margin = nsdf_over(state, middle, _N_HOPS) - _PLAIN_TONE_ABOVE
    length = 0
    for k in range(min(state.n_hops, _N_HOPS)):
        count = state.row_lengths[(state.n_hops - 1 - k) % N_ROWS]
        for i in range(end - count, end):
            x = float(signal[i])
            y0, y1, y2 = float(signal[i - middle + 1]), float(signal[i - middle]), float(signal[i - middle - 1])
            now_energy += x * x
            before += x * y0
            at += x * y1
            after += x * y2
            before_energy += y0 * y0
            at_energy += y1 * y1
            after_energy += y2 * y2
        end -= count
        length += count
        if now_energy + at_energy > 2.0 * length * SMALLEST_MEAN_SQUARE:
            # The period lies between whole lags: take the top of the parabola through three of them.
            left = 2.0 * before / (now_energy + before_energy)
            r = 2.0 * at / (now_energy + at_energy)
            right = 2.0 * after / (now_energy + after_energy)
            curvature = 2.0 * r - left - right
            if r >= left and r >= right and curvature > 0.0:
                r += 0.125 * (right - left) ** 2 / curvature
            else:
                r = max(left, r, right)
            margin = max(margin, r - _NOTE_ABOVE[k])
    return min(max(0.5 + 0.5 * margin / _HALF_WIDTH, 0.0), 1.0)
