"""Callbacks to hold ours against: one that does nothing, and one that only counts for as long as an instrument plays.

What the first loses, the device and the machine lose by themselves. The second does the same few operations in registers,
touches no memory and never waits for anything; as an instrument that is changed every second, it does twice as many for as
long as two play at once. A block of it that takes longer than that was slowed by the machine.
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
from jambox.engine.stage import CROSSFADE_S, LISTEN_S, Stage, stage_dtype
from jambox.kernels import carray
from tests.engine.singing import singer

RATE = 48_000
# A callback that counts finds how far to count in this place of its stage's record (no channel of the device is chosen).
_COUNT_TO = "channel_in"


def reference_load(x: NDArray[np.float32], seconds: float, share: float = 0.0) -> Load:
    """Load of a callback that writes next to nothing (-600 dBFS), without its first two seconds; with a `share` (0 to 1) it
    counts before, for as much of its deadline on average.

    It is sung into as the instrument is: the singer is a client that the server waits for too.
    """
    sd = devices.portaudio()
    route = devices.choose_route()
    stage = Stage(RATE)
    callback: Any = c_callback(_count)
    stage.record[_COUNT_TO] = 1000 if share else 0
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
        for _ in range(5 if share else 0):
            clock.wait(0.5)
            # The median block is one of those that count once.
            alone = share / (1.0 + LISTEN_S + CROSSFADE_S)
            stage.record[_COUNT_TO] = round(stage.record[_COUNT_TO] * alone / meter.read().p50)
        meter.read()
        clock.wait(seconds)
        load = meter.read()
    stream.close()
    return load


def _count(source: Any, target: Any, frames: Any, time_info: Any, status: Any, user_data: Any) -> int:
    n = int(frames)
    s = carray(user_data, (1,), stage_dtype)[0]
    begin_block(s, int(status), n, 0.0)
    value = np.float32(0.5)
    second = int(s.sample_rate)
    alone = (s.callbacks * n) % second >= s.listen_samples + s.fade_samples
    for _ in range(s.channel_in if alone else 2 * s.channel_in):
        # The logistic map: every step needs the one before, so no step can be left out.
        value = np.float32(3.9) * value * (np.float32(1.0) - value)
    into = carray(target, (n * 2,))
    for i in range(n * 2):
        into[i] = value * np.float32(1e-30)
    end_block(s, n)
    return 0
