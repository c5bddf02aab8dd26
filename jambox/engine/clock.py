"""Which sample of the stream belongs to a moment: a delay-locked loop over the times at which the device asked for blocks.

The loop is of second order (Adriaensen, "Using a DLL to filter time", Linux Audio Conference 2005). Callbacks come late,
never early, so a block is taken to begin as long before the loop's mean as the earliest callbacks of late did.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.instrument.events import load_acquire, store_release
from jambox.kernels import kernel

BANDWIDTH_HZ = 0.5
# Further off than this is no jitter: the device paused, or runs as fast as it can.
LOST_S = 0.05
# A sample takes no longer or shorter than the nominal rate says, give or take this share.
DRIFT = 0.01
# The earliest callbacks are forgotten by this share a block, and believed up to half a block.
FORGETTING = 0.002

UNKNOWN, STREAM, MONOTONIC = 0, 1, 2

clock_dtype = np.dtype(
    [
        ("writing", np.int64, (1,)),  # odd while the rest is being written
        ("source", np.int64),  # whose seconds these are: the stream's own or the machine's
        ("position", np.int64),  # first sample of the newest block
        ("begins_s", np.float64),  # when it began, smoothed
        ("next_s", np.float64),  # when the one after it is expected
        ("sample_s", np.float64),  # seconds that a sample takes
        ("early_s", np.float64),  # how much earlier than that the earliest come
    ],
    align=True,
)

_FIELDS = tuple(name for name in clock_dtype.names or () if name != "writing")


@kernel
def follow_clock(clock: Any, source: int, now_s: float, position: int, count: int, sample_rate: float) -> None:
    """[audio] The device asks at `now_s` for the `count` samples from `position` on."""
    writing = clock.writing[0]
    store_release(clock.writing, writing + 1)
    error = now_s - clock.next_s
    if clock.source != source or not abs(error) < LOST_S:
        clock.source = source
        clock.begins_s = now_s
        clock.sample_s = 1.0 / sample_rate
        clock.next_s = now_s + count * clock.sample_s
        clock.early_s = 0.0
    else:
        omega = min(2.0 * np.pi * BANDWIDTH_HZ * count / sample_rate, 0.5)
        clock.begins_s = clock.next_s
        clock.next_s += np.sqrt(2.0) * omega * error + count * clock.sample_s
        slower = clock.sample_s + omega * omega * error / count
        clock.sample_s = min(max(slower, (1.0 - DRIFT) / sample_rate), (1.0 + DRIFT) / sample_rate)
        earliest = max(clock.early_s * (1.0 - FORGETTING), -error)
        clock.early_s = min(earliest, 0.5 * count / sample_rate)
    clock.position = position
    store_release(clock.writing, writing + 2)


def sample_at(clock: Any, stream_s: float) -> float:
    """[any] The sample of the stream that belongs to the moment `stream_s`, a time of the clock's own source."""
    seen = _seen(clock)
    if seen["source"] == UNKNOWN:
        return 0.0
    return float(seen["position"] + (stream_s - seen["begins_s"] + seen["early_s"]) / seen["sample_s"])


def _seen(clock: Any) -> dict[str, Any]:
    """All fields, of one moment; after eight tries, of nearly one."""
    seen: dict[str, Any] = {}
    for _ in range(8):
        before = load_acquire(clock["writing"])
        seen = {name: clock[name] for name in _FIELDS}
        if before % 2 == 0 and load_acquire(clock["writing"]) == before:
            break
    return seen


def is_of_stream(clock: Any) -> bool:
    """[any] Whether moments are times of the stream, and not of the machine's own clock."""
    return int(clock["source"]) == STREAM
