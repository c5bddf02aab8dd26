"""The audio callback as a C function: nopython mode is the proof that no interpreter runs on the audio thread.

PortAudio calls it with a pointer to the stage as user data. Its type depends on no instrument, so it is compiled once per
machine and loaded as it is ever after.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox import native
from jambox.engine.block import begin_block, end_block, give_output, take_input
from jambox.engine.stage import Stage, admit, crossfade, stage_dtype
from jambox.instrument.entry import linked_process, process
from jambox.instrument.instrument import LARGEST_BLOCK
from jambox.kernels import carray, kernel, pointer_to

CONTINUE = 0  # paContinue
# Of the three times that PaStreamCallbackTimeInfo has (portaudio.h), the one at which the callback was called.
_CURRENT_TIME = 1

_NAME = "callback"
_prototype = ctypes.CFUNCTYPE(
    ctypes.c_int32,
    *[ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p],
)


@kernel
def play_device_block(s: Any, f32: Any, frames_in: Any, frames_out: Any, n: int, status: int, stream_s: float) -> None:
    """[audio] A whole device block of `n` frames, of any size, with its clocks and its rings; `f32` is the stage's."""
    begin_block(s, status, n, stream_s)
    heard = f32[s.heard_at : s.heard_at + LARGEST_BLOCK]
    played = f32[s.played_at : s.played_at + LARGEST_BLOCK]
    coming = f32[s.coming_at : s.coming_at + LARGEST_BLOCK]
    played_side = f32[s.played_side_at : s.played_side_at + LARGEST_BLOCK]
    coming_side = f32[s.coming_side_at : s.coming_side_at + LARGEST_BLOCK]
    admit(s)
    first = 0
    while first < n:
        count = min(n - first, LARGEST_BLOCK)
        take_input(s, f32, frames_in, first, count)
        if s.current[0] != 0:
            process(s.current[0], heard.ctypes.data, played.ctypes.data, played_side.ctypes.data, 0, count)
        else:
            played[:count] = np.float32(0.0)
            played_side[:count] = np.float32(0.0)
        if s.next[0] != 0:
            process(s.next[0], heard.ctypes.data, coming.ctypes.data, coming_side.ctypes.data, 0, count)
        crossfade(s, f32, count)
        give_output(s, f32, frames_out, first, count)
        first += count
    end_block(s, n)


def _callback(input: Any, output: Any, frames: Any, time_info: Any, status: Any, user_data: Any) -> int:
    n = int(frames)
    s = carray(user_data, (1,), stage_dtype)[0]
    f32 = carray(user_data, (s.n_bytes // 4,), np.float32)
    frames_in = carray(input, (n * s.channels_in,))
    frames_out = carray(output, (n * s.channels_out,))
    stream_s = 0.0
    if time_info != 0:
        stream_s = carray(pointer_to(time_info), (3,), np.float64)[_CURRENT_TIME]
    play_device_block(s, f32, frames_in, frames_out, n, int(status), stream_s)
    return CONTINUE


def c_callback(function: Any) -> Any:
    """[main] `function`, of the arguments that PortAudio gives a callback, compiled by numba to a C function."""
    from numba import cfunc, types

    samples = types.CPointer(types.float32)
    return cfunc(types.int32(samples, samples, types.uint64, types.intp, types.uint64, types.voidptr))(function)


def compile_callback() -> Any:
    """[main] The callback, compiled by numba now."""
    return c_callback(_callback)


def is_compiled() -> bool:
    """Whether the callback of this version was compiled on this machine before."""
    return native.is_kept(_NAME)


class AudioCallback:
    """The callback as a C function; `address` is its pointer, good until the process ends. [main]"""

    def __init__(self) -> None:
        linked_process()
        self.address = native.entry(_NAME, compile_callback)
        self._call = _prototype(self.address)

    def play(self, stage: Stage, x: NDArray[np.float32], y: NDArray[np.float32]) -> None:
        """One device block of mono frames (shape [n]), as the device would ask for it."""
        self._call(x.ctypes.data, y.ctypes.data, len(x), None, 0, stage.block.ctypes.data)
