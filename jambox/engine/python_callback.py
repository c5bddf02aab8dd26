"""The callback of the torchscript runtime: Python around the same kernels, with the network stepped by torch in between.

A network that is too slow for the device would stutter for ever and starve whoever shares the machine: after a few blocks
in a row beyond their deadline it is bypassed to silence until another instrument comes.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.engine.block import begin_block, end_block, give_output, take_input
from jambox.engine.stage import Stage, admit, crossfade
from jambox.instrument.instrument import LARGEST_BLOCK

OVERRUNS_UNTIL_BYPASS = 3
# Another thread lets go of the interpreter after so long when the audio thread asks for it (Python's own: 5 ms, a block).
SWITCH_S = 0.0005


class PythonCallback:
    """What sounddevice's RawStream calls; plays every instrument, compiled or not."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._warm: set[int] = set()
        self._overruns = 0

    @staticmethod
    def prepare() -> None:
        """[main] Before the clock runs: what is there now is no garbage ever, and threads take turns quickly."""
        gc.collect()
        gc.freeze()
        sys.setswitchinterval(SWITCH_S)

    def __call__(self, indata: Any, outdata: Any, frames: int, time: Any, status: Any) -> None:
        """[audio] One device block."""
        frames_in = np.frombuffer(indata, dtype=np.float32)
        frames_out = np.frombuffer(outdata, dtype=np.float32)
        self.play(frames_in, frames_out, frames, int(status._flags), float(time.currentTime))

    def play(
        self,
        frames_in: NDArray[np.float32],
        frames_out: NDArray[np.float32],
        frames: int,
        status: int,
        stream_s: float = 0.0,
    ) -> None:
        """[audio] The same with plain arrays, PortAudio's status flags and the stream's time."""
        stage, s, f32 = self._stage, self._stage.record, self._stage.f32
        before = int(s["current"][0]), int(s["next"][0])
        admit(s)
        if (int(s["current"][0]), int(s["next"][0])) != before:
            s["bypassed"] = 0
            self._overruns = 0
        current, coming = int(s["current"][0]), int(s["next"][0])
        # Torch specialises itself on the thread that calls it, once, before the clock runs.
        fresh = [address for address in (current, coming) if address and address not in self._warm]
        for address in fresh:
            network = stage.at(address).network
            if network is not None:
                network.warm_up()
            self._warm.add(address)
        begin_block(s, status, frames, stream_s)
        for first in range(0, frames, LARGEST_BLOCK):
            count = min(frames - first, LARGEST_BLOCK)
            take_input(s, f32, frames_in, first, count)
            self._play(current, stage.played, stage.played_side, count)
            if coming:
                self._play(coming, stage.coming, stage.coming_side, count)
            crossfade(s, f32, count)
            give_output(s, f32, frames_out, first, count)
        late = int(s["late"])
        end_block(s, frames)
        self._overruns = self._overruns + 1 if int(s["late"]) > late else 0
        if self._overruns >= OVERRUNS_UNTIL_BYPASS:
            s["bypassed"] = 1
        if int(s["retired"][0]):
            self._warm.discard(current)

    def _play(self, address: int, into: NDArray[np.float32], side: NDArray[np.float32], count: int) -> None:
        stage = self._stage
        if not address or (stage.record["bypassed"] and stage.at(address).network is not None):
            into[:count] = side[:count] = 0.0
        else:
            stage.at(address).process_into(stage.heard[:count], into[:count], side[:count])
