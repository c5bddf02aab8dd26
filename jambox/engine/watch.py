"""Whether a stream is well: does the device ask for blocks, does the network keep up, does it feed back. [control]"""

from __future__ import annotations

import time

from jambox.engine.engine import Engine
from jambox.engine.howl import HowlGuard
from jambox.errors import JamboxError
from jambox.params import INDEX

# A device that asks for no block for so long, while we looked so often, is gone. Looks are counted too: an engine that was
# itself stopped for a while must not blame the device.
SILENT_DEVICE_S = 1.0
SILENT_LOOKS = 20


class Watch:
    """Over one stream, from its opening on."""

    def __init__(self) -> None:
        self._moved_at = time.monotonic()
        self._looks, self._position = 0, -1
        self._bypassed = False
        self._faults = 0
        self._broken = 0
        self._howl_guard = HowlGuard()

    def is_gone(self, engine: Engine) -> bool:
        """Whether the device went away: the stream ended by itself, or nothing has been asked for for too long."""
        now, position = time.monotonic(), engine.position
        if position != self._position:
            self._position, self._moved_at, self._looks = position, now, 0
        self._looks += 1
        return engine.gone or (now - self._moved_at > SILENT_DEVICE_S and self._looks > SILENT_LOOKS)

    def complaints(self, engine: Engine, instrument: str) -> list[str]:
        """Sentences about what began to go wrong since the last look."""
        sentences = []
        bypassed = bool(engine.stage.record["bypassed"])
        if bypassed and not self._bypassed:
            sentences.append(f"{instrument} is too slow for this device and was silenced.")
        self._bypassed = bypassed
        faults = int(engine.instrument.header["network_faults"])
        if faults > 0 and self._faults == 0:
            sentences.append(f"{instrument} computes what is no number; those moments are silent.")
        self._faults = faults
        broken = int(engine.stage.record["broken_inputs"])
        if broken > 0 and self._broken == 0:
            sentences.append("The input sends what is no number; those samples are silent.")
        self._broken = broken
        return sentences

    def howls(self, engine: Engine) -> list[str]:
        """Ducks the output when a loudspeaker feeds back, and lets it up again; what to say about it, if that just began."""
        guard = self._howl_guard
        if engine.instrument.header["param_target"][INDEX.howl_guard] < 0.5 or not guard.look(engine.stage):
            return []
        try:
            engine.duck(guard.level_db)
        except JamboxError:  # the queue is full, since the device asks for nothing
            return []
        engine.stage.record["howls"] = guard.howls
        return [guard.sentence] if guard.sentence is not None else []
