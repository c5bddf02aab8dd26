"""The audio callback as a C function: nopython mode is the proof that no interpreter runs on the audio thread.

PortAudio calls it with a pointer to the instrument's memory as user data. Its type depends on no instrument, so it is
compiled once per machine and read from the cache ever after.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, cfunc, types

from jambox.engine.block import begin_block, end_block, give_output, take_input
from jambox.instrument.chain import process_block
from jambox.instrument.instrument import LARGEST_BLOCK
from jambox.instrument.layout import header_dtype
from jambox.kernels import kernel

CONTINUE = 0  # paContinue

_SIGNATURE = types.int32(
    types.CPointer(types.float32),
    types.CPointer(types.float32),
    types.uint64,
    types.voidptr,
    types.uint64,
    types.voidptr,
)


@kernel
def play_device_block(h: Any, f64: Any, f32: Any, frames_in: Any, frames_out: Any, n: int, status: int) -> None:
    """[audio] A whole device block of `n` frames, of any size, with its clocks and its log."""
    begin_block(h, h.device.times, status)
    first = 0
    while first < n:
        count = min(n - first, LARGEST_BLOCK)
        take_input(h, f32, frames_in, first, count)
        process_block(
            h,
            f64,
            f32,
            f32[h.device_in_at : h.device_in_at + h.device_in_size],
            f32[h.device_out_at : h.device_out_at + h.device_out_size],
            int(np.int64(0)),  # a literal would be a type of its own, and compile the signal path once more
            count,
        )
        give_output(h, f32, frames_out, first, count)
        first += count
    end_block(h, h.device.times, n)


def _callback(input: Any, output: Any, frames: Any, time_info: Any, status: Any, user_data: Any) -> int:
    n = int(frames)
    h = carray(user_data, (1,), header_dtype)[0]
    f64 = carray(user_data, (h.n_bytes // 8,), np.float64)
    f32 = carray(user_data, (h.n_bytes // 4,), np.float32)
    frames_in = carray(input, (n * h.device.channels_in,))
    frames_out = carray(output, (n * h.device.channels_out,))
    play_device_block(h, f64, f32, frames_in, frames_out, n, int(status))
    return CONTINUE


def compile_callback() -> Any:
    """[main] The callback as a compiled C function (`.address` is its pointer; keep the object alive while it is used)."""
    return cfunc(_SIGNATURE, cache=True)(_callback)
