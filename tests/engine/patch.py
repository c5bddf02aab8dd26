"""A second JACK client beside the instrument: it sings into its input and hears its output, sample by sample."""

from __future__ import annotations

import threading
from types import TracebackType

import jack
import numpy as np
from numpy.typing import NDArray

CLIENT = "jambox"


class Patch:
    """Plays `x` (float32, shape [n]) into the instrument's first input and records its first output from then on.

    Made while the engine's stream runs: it takes the place of the sound card's connections.
    """

    def __init__(self, x: NDArray[np.float32], record_s: float = 0.0, engine: str = CLIENT) -> None:
        self._x = x
        self.heard = np.zeros(len(x) + round(record_s * 48_000), dtype=np.float32)
        self._at = 0
        self._freewheeling = False
        self.done = threading.Event()
        self.client = jack.Client("patch")
        self._out = self.client.outports.register("out")
        self._in = self.client.inports.register("in")
        self.client.set_process_callback(self._process)
        self.client.activate()
        source = self.client.get_ports(f"{engine}:", is_input=True, is_audio=True)[0]
        target = self.client.get_ports(f"{engine}:", is_output=True, is_audio=True)[0]
        for port in self.client.get_all_connections(source):
            self.client.disconnect(port, source)
        self.client.connect(target, self._in)
        self.client.connect(self._out, source)

    def freewheel(self, on: bool) -> None:
        """Let the server run as fast as it can, every block in order, or in real time again."""
        if on != self._freewheeling:
            self.client.set_freewheel(on)
            self._freewheeling = on

    def _process(self, frames: int) -> None:
        at = self._at
        block = np.zeros(frames, dtype=np.float32)
        part = self._x[at : at + frames]
        block[: len(part)] = part
        self._out.get_array()[:] = block
        room = self.heard[at : at + frames]
        room[:] = self._in.get_array()[: len(room)]
        self._at += frames
        if self._at >= len(self.heard):
            self.done.set()

    def __enter__(self) -> Patch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.client.deactivate()
        self.client.close()
