"""One device block, as the audio thread sees it: interleaved frames in, interleaved frames out, time kept.

`take_input`, the instrument, `give_output`: the compiled callback runs the three in one go, the Python callback of the
torchscript runtime runs the same three with the network's steps between.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from jambox.instrument.events import store_release
from jambox.instrument.layout import LOAD_BINS
from jambox.kernels import kernel

# PortAudio's status flags (portaudio.h).
INPUT_OVERFLOW = 2
OUTPUT_UNDERFLOW = 4

_HAS_CLOCKS = sys.platform != "win32"
_THREAD_CPU = int(getattr(time, "CLOCK_THREAD_CPUTIME_ID", 0))
_MONOTONIC = int(getattr(time, "CLOCK_MONOTONIC", 0))
# A symbol of the C library, so that reading a clock costs no interpreter and the callback can be cached.
_clock_gettime: Any = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.intp))


@kernel
def _now_s(scratch: NDArray[np.int64], clock: int) -> float:
    """[audio] Seconds on a clock of the system; 0 where there is none."""
    if _HAS_CLOCKS:
        _clock_gettime(clock, scratch.ctypes.data)
        return float(scratch[0] + 1e-9 * scratch[1])
    return 0.0


@kernel
def take_input(h: Any, f32: NDArray[np.float32], frames_in: NDArray[np.float32], first: int, count: int) -> None:
    """[audio] Frames first.. of an interleaved block: the chosen channel goes to `device_in`."""
    device = h.device
    into = f32[h.device_in_at : h.device_in_at + h.device_in_size]
    for i in range(count):
        into[i] = frames_in[(first + i) * device.channels_in + device.channel_in]


@kernel
def give_output(h: Any, f32: NDArray[np.float32], frames_out: NDArray[np.float32], first: int, count: int) -> None:
    """[audio] `device_out` goes to every channel of an interleaved block, and input and output to the log rings."""
    device = h.device
    played = f32[h.device_out_at : h.device_out_at + h.device_out_size]
    for i in range(count):
        for channel in range(device.channels_out):
            frames_out[(first + i) * device.channels_out + channel] = played[i]
    if device.logging:
        heard = f32[h.device_in_at : h.device_in_at + h.device_in_size]
        size = h.log_in_size
        at = device.logged[0]
        for i in range(count):
            slot = (at + i) % size
            f32[h.log_in_at + slot] = heard[i]
            f32[h.log_out_at + slot] = played[i]
        store_release(device.logged, at + count)


@kernel
def begin_block(h: Any, times: NDArray[np.float64], status: int) -> None:
    """[audio] Start the clocks (times: shape [2]) and count what the device reports."""
    device = h.device
    if status & INPUT_OVERFLOW:
        device.overflows += 1
    if status & OUTPUT_UNDERFLOW:
        device.underflows += 1
    times[0] = _now_s(device.clock, _THREAD_CPU)
    times[1] = _now_s(device.clock, _MONOTONIC)


@kernel
def end_block(h: Any, times: NDArray[np.float64], count: int) -> None:
    """[audio] Note how much of the deadline the block took, in thread CPU time and on the wall."""
    device = h.device
    deadline_s = count / h.sample_rate
    cpu = (_now_s(device.clock, _THREAD_CPU) - times[0]) / deadline_s
    wall = (_now_s(device.clock, _MONOTONIC) - times[1]) / deadline_s
    device.cpu_load[min(max(int(cpu * 1000.0), 0), LOAD_BINS - 1)] += 1
    device.wall_load[min(max(int(wall * 1000.0), 0), LOAD_BINS - 1)] += 1
    device.cpu_sum += cpu
    device.cpu_max = max(device.cpu_max, cpu)
    device.wall_max = max(device.wall_max, wall)
    if wall > 1.0:
        device.late += 1
    device.callbacks += 1
