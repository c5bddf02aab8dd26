"""The player's own voice in the output, held back by as long as the instrument takes: both sound together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.kernels import kernel

# From a 20 dB step of a 220 Hz tone at the input to half of it (in dB) at the output, beyond the device: the mean of a step
# up and one down, each the median over where in a hop it falls, rounded up (tests/engine/test_latency.py measures it).
ANALYSIS_LATENCY_S = 0.0044


def own_delay_size(sample_rate: float) -> int:
    """Samples by which the voice is held back."""
    return round(ANALYSIS_LATENCY_S * sample_rate)


@kernel
def delay_own_voice(h: Any, f32: NDArray[np.float32], sample: float) -> float:
    """[audio] Takes the newest sample of the input and gives the one that is due."""
    at = h.own_delay_at + h.own_next
    due = f32[at]
    f32[at] = np.float32(sample)
    h.own_next = (h.own_next + 1) % h.own_delay_size
    return float(due)
