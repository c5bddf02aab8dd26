"""One device block, as the audio thread sees it: interleaved frames in, interleaved frames out, time kept.

`take_input`, the instrument, `give_output`: the compiled callback runs the three in one go, the Python callback of the
torchscript runtime runs the same three with the network's steps between. `s` is the stage's record.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.engine.clock import MONOTONIC, STREAM, follow_clock
from jambox.engine.load import LOAD_BINS
from jambox.instrument.events import store_release
from jambox.kernels import OfNumba, kernel

# PortAudio's status flags (portaudio.h).
INPUT_OVERFLOW = 2
OUTPUT_UNDERFLOW = 4

IN_TIME, TOO_MUCH_WORK, KEPT_WAITING = 0, 1, 2

_HAS_CLOCKS = sys.platform != "win32"
_THREAD_CPU = int(getattr(time, "CLOCK_THREAD_CPUTIME_ID", 0))
_MONOTONIC = int(getattr(time, "CLOCK_MONOTONIC", 0))


def _find_clock_gettime() -> Any:
    from numba import types

    return types.ExternalFunction("clock_gettime", types.int32(types.int32, types.intp))


# A symbol of the C library, so that reading a clock costs no interpreter and the callback can be cached.
_clock_gettime: Any = OfNumba(_find_clock_gettime)


@kernel
def _now_s(scratch: NDArray[np.int64], clock: int) -> float:
    """[audio] Seconds on a clock of the system; 0 where there is none."""
    if _HAS_CLOCKS:
        _clock_gettime(clock, scratch.ctypes.data)
        return float(scratch[0] + 1e-9 * scratch[1])
    return 0.0


@kernel
def take_input(s: Any, f32: NDArray[np.float32], frames_in: NDArray[np.float32], first: int, count: int) -> None:
    """[audio] Frames first.. of an interleaved block: the chosen channel, or the mean of all, is what is heard."""
    heard = f32[s.heard_at : s.heard_at + count]
    channels = s.channels_in
    for i in range(count):
        at = (first + i) * channels
        if s.channel_in >= 0:
            sample = frames_in[at + s.channel_in]
        else:
            sample = np.float32(0.0)
            for channel in range(channels):
                sample += frames_in[at + channel]
            sample = np.float32(sample / channels)
        if not np.isfinite(sample):
            sample = np.float32(0.0)
            s.broken_inputs += 1
        heard[i] = sample


@kernel
def give_output(s: Any, f32: NDArray[np.float32], frames_out: NDArray[np.float32], first: int, count: int) -> None:
    """[audio] What is played goes to the chosen channels of an interleaved block, and input and output to the rings.

    Left and right in turn; a single channel gets what both have in common.
    """
    played = f32[s.played_at : s.played_at + count]
    side = f32[s.played_side_at : s.played_side_at + count]
    last = s.first_out + s.n_out
    for i in range(count):
        at = (first + i) * s.channels_out
        for channel in range(s.channels_out):
            sample = np.float32(0.0)
            if s.first_out <= channel < last:
                sample = played[i]
                if s.n_out > 1:
                    sample += side[i] if (channel - s.first_out) % 2 == 0 else -side[i]
            frames_out[at + channel] = sample
    heard = f32[s.heard_at : s.heard_at + count]
    position = s.position[0]
    for i in range(count):
        slot = (position + i) % s.ring_size
        f32[s.ring_in_at + slot] = heard[i]
        f32[s.ring_out_at + slot] = played[i]
        f32[s.ring_side_at + slot] = side[i]
    store_release(s.position, position + count)


@kernel
def begin_block(s: Any, status: int, count: int, stream_s: float) -> None:
    """[audio] Start the clocks; count what the device reports as lost, and whose doing it was.

    `stream_s` is the stream's own time at this moment; where the device tells none (0), the machine's clock serves.
    """
    if status & INPUT_OVERFLOW:
        s.overflows += 1
    if status & OUTPUT_UNDERFLOW:
        s.underflows += 1
    if status & (INPUT_OVERFLOW | OUTPUT_UNDERFLOW):
        # The device left samples out: its clock stands otherwise to ours from now on.
        s.stream_clock.next_s = -1e9
        if s.cause == TOO_MUCH_WORK:
            s.dropouts_ours += 1
        elif s.cause == KEPT_WAITING:
            s.dropouts_machine += 1
        else:
            s.dropouts_device += 1
    s.times[0] = _now_s(s.clock, _THREAD_CPU)
    s.times[1] = _now_s(s.clock, _MONOTONIC)
    if stream_s > 0.0:
        follow_clock(s.stream_clock, STREAM, stream_s, s.position[0], count, s.sample_rate)
    else:
        follow_clock(s.stream_clock, MONOTONIC, s.times[1], s.position[0], count, s.sample_rate)


@kernel
def end_block(s: Any, count: int) -> None:
    """[audio] Note how much of the deadline the block took, in thread CPU time and on the wall."""
    deadline_s = count / s.sample_rate
    cpu = (_now_s(s.clock, _THREAD_CPU) - s.times[0]) / deadline_s
    wall = (_now_s(s.clock, _MONOTONIC) - s.times[1]) / deadline_s
    s.cpu_load[min(max(int(cpu * 1000.0), 0), LOAD_BINS - 1)] += 1
    s.wall_load[min(max(int(wall * 1000.0), 0), LOAD_BINS - 1)] += 1
    s.cpu_sum += cpu
    s.cpu_max = max(s.cpu_max, cpu)
    s.wall_max = max(s.wall_max, wall)
    s.cause = IN_TIME
    if wall > 1.0:
        s.late += 1
        s.cause = TOO_MUCH_WORK if cpu > 1.0 else KEPT_WAITING
    s.callbacks += 1
    s.block = count
