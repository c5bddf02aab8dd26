"""Whether the pitch just found is believed, or the last one held: through breath, silence and the end of a note."""

from __future__ import annotations

from typing import Any

from jambox.analysis.confidence import has_ended
from jambox.analysis.correlation import nsdf_over
from jambox.kernels import kernel

# There may be a note, or the pitch band repeats this well over 16 ms: far less than proves a note in noise, and more than
# noise does but now and then.
_LEAST_CONFIDENCE = 0.2
_LEAST_R = 0.4
_HOPS = 12
# When a note stops, the newest 2 hops repeat nothing, while the tail of a long window still does, best at long lags. So the
# newest sound must bear the pitch out; more so if it is another pitch, and a lower one also better than the old one did.
_NEWEST_HOPS = 2
_NEWEST_R = 0.3
_OTHER_R = 0.5
_LOWER_R = 0.8
_LOWER_GAIN = 0.1
_SAME_WITHIN = 0.06


@kernel
def is_believed(state: Any, lag: float, f0_hz: float) -> bool:
    """[audio] Whether state.f0_hz is to become `f0_hz`, found at `lag`; call after measure_confidence."""
    if has_ended(state, lag):
        return False
    if state.f0_confidence < _LEAST_CONFIDENCE and nsdf_over(state, int(lag + 0.5), _HOPS) < _LEAST_R:
        return False
    newest = nsdf_over(state, int(lag + 0.5), _NEWEST_HOPS)
    if abs(f0_hz - state.f0_hz) < _SAME_WITHIN * state.f0_hz:
        return newest > _NEWEST_R
    if f0_hz < state.f0_hz and newest < _LOWER_R:
        held = nsdf_over(state, int(state.pitch_rate / state.f0_hz + 0.5), _NEWEST_HOPS)
        return newest > max(_OTHER_R, held + _LOWER_GAIN)
    return newest > _OTHER_R
