"""Callbacks to hold ours against: one that does nothing, and one that only reads and writes as much memory as an instrument.

What the first loses, the device and the machine lose by themselves. How long the second takes at its longest, the machine
can take for work that never branches: what is beyond it is ours.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.engine import devices
from jambox.engine.block import begin_block, end_block
from jambox.engine.callback import c_callback
from jambox.engine.load import Load, LoadMeter
from jambox.engine.stage import Stage, stage_dtype
from jambox.kernels import carray
from tests.engine.singing import singer

RATE = 48_000
# A stage with such rings holds 3 MB: as much as an instrument's network and room go through in a block of 128.
_RING_S = 8.2
_LINE = 16  # float32 in a cache line


def reference_load(x: NDArray[np.float32], seconds: float, *, touch: bool = False) -> Load:
    """Load of a callback that writes silence, without its first two seconds; `touch`: and goes through its memory.

    It is sung into as the instrument is: the singer is a client that the server waits for too.
    """
    sd = devices.portaudio()
    route = devices.choose_route()
    stage = Stage(RATE, _RING_S)
    callback: Any = c_callback(_touch if touch else _silence)
    stream = sd._StreamBase(
        kind="duplex",
        samplerate=RATE,
        blocksize=0,
        device=(route.input.index, route.output.index),
        channels=(2, 2),
        dtype="float32",
        latency="low",
        callback=sd._ffi.cast("PaStreamCallback*", callback.address),
        userdata=sd._ffi.cast("void*", stage.block.ctypes.data),
    )
    stream.start()
    clock = threading.Event()
    with singer(x):
        clock.wait(2.0)
        meter = LoadMeter(stage.record)
        clock.wait(seconds)
        load = meter.read()
    stream.close()
    return load


def _silence(source: Any, target: Any, frames: Any, time_info: Any, status: Any, user_data: Any) -> int:
    n = int(frames)
    s = carray(user_data, (1,), stage_dtype)[0]
    begin_block(s, int(status), n, 0.0)
    into = carray(target, (n * 2,))
    for i in range(n * 2):
        into[i] = np.float32(0.0)
    end_block(s, n)
    return 0


def _touch(source: Any, target: Any, frames: Any, time_info: Any, status: Any, user_data: Any) -> int:
    n = int(frames)
    s = carray(user_data, (1,), stage_dtype)[0]
    f32 = carray(user_data, (s.n_bytes // 4,), np.float32)
    begin_block(s, int(status), n, 0.0)
    total = np.float32(0.0)
    for at in range(s.ring_in_at, s.ring_out_at + s.ring_size, _LINE):
        total += f32[at]
        f32[at] = np.float32(1e-9)
    into = carray(target, (n * 2,))
    for i in range(n * 2):
        # Silence that the compiler cannot know to be silent.
        into[i] = total * np.float32(1e-30)
    end_block(s, n)
    return 0
