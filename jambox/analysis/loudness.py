"""How loud it is now: A-weighted level in dB over a whole number of pitch periods."""

from __future__ import annotations

import math
from typing import Any

from jambox.analysis.state import LOUDNESS_FLOOR_DB, WEIGHTED_RING
from jambox.kernels import kernel

VOICED_WINDOW_S = 0.006
UNVOICED_WINDOW_S = 0.008


@kernel
def measure_loudness(state: Any, period_s: float) -> float:
    """[audio] Level in dB of the newest 4 to 8 ms: 10 lg of the mean square of the A-weighted signal, -120 at least.

    A 997 Hz sine of amplitude 1 gives -3.01 dB. The window is rectangular and ends at the newest sample. With
    `period_s` > 0 it is the whole number of periods nearest to 6 ms (one at least, so up to 20 ms at 50 Hz), which leaves
    no ripple at the pitch; its oldest sample counts by the fraction that lies inside. With 0 it is 8 ms.
    """
    if period_s > 0.0:
        window_s = max(1.0, math.floor(VOICED_WINDOW_S / period_s + 0.5)) * period_s
    else:
        window_s = UNVOICED_WINDOW_S
    length = min(window_s * state.sample_rate, WEIGHTED_RING - 2.0)
    whole = int(length)
    newest = state.n_samples - 1
    weighted_square = state.weighted_square
    total = (length - whole) * weighted_square[(newest - whole) & (WEIGHTED_RING - 1)]
    for i in range(whole):
        total += weighted_square[(newest - i) & (WEIGHTED_RING - 1)]
    mean_square = total / length
    floor = 10.0 ** (LOUDNESS_FLOOR_DB / 10.0)
    return 10.0 * math.log10(max(mean_square, floor))
