"""Width: a second signal, as loud as the first and unlike it, for left = mid + side and right = mid - side.

Allpass sections in a row (Schroeder 1961) keep the power of every frequency and scatter its phase, so that each partial gets
a place of its own between the loudspeakers. The mean of left and right is the mono sound: nothing is lost or coloured where
they are heard as one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.kernels import kernel

# None long enough to be heard as an echo. An odd number of sections: on the average over frequency the side then holds next
# to nothing of the mid (-0.03), and neither left nor right is the louder one.
DELAYS_S = (0.0009, 0.0017, 0.0031, 0.0053, 0.0083)
FEEDBACK = 0.5
# Full width: the side is so much of the dry sound, in which a strong partial must not lean far to one side, and all of the
# room, which comes from everywhere anyway.
FULL_DRY, FULL_WET = 0.4, 1.0
_SILENT = 1e-15

width_dtype = np.dtype(
    [("sizes", np.int64, (len(DELAYS_S),)), ("next", np.int64, (len(DELAYS_S),)), ("sounds", np.int64)], align=True
)


def design_width(state: Any, sample_rate: int) -> None:
    """[main] Delays at this rate; the lines of `width_size` samples are the caller's to clear."""
    state["sizes"] = delays(sample_rate)
    reset_width(state)


def reset_width(state: Any) -> None:
    """[main] Begin anew."""
    state["next"] = state["sounds"] = 0


def delays(sample_rate: int) -> list[int]:
    """Samples that each section holds."""
    return [round(each * sample_rate) for each in DELAYS_S]


def width_size(sample_rate: int) -> int:
    """Samples that all sections hold."""
    return sum(delays(sample_rate))


@kernel
def widen(state: Any, lines: NDArray[np.float32], sample: float) -> float:
    """[audio] The side to one sample of the mid, before it is scaled; `lines` has `width_size` samples."""
    at, x = 0, sample
    for i in range(len(DELAYS_S)):
        place = at + state.next[i]
        held = lines[place]
        into = x + FEEDBACK * held
        lines[place] = np.float32(into) if abs(into) > _SILENT else np.float32(0.0)
        x = held - FEEDBACK * into
        state.next[i] = (state.next[i] + 1) % state.sizes[i]
        at += state.sizes[i]
    return x
