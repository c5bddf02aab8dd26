"""Keeps a run as a take: a thread that carries samples and events from the rings of the audio thread to the disk."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from jambox.engine.stage import ADMISSIONS, Stage, taken
from jambox.instrument import Instrument
from jambox.instrument.events import EVENT_SET
from jambox.instrument.layout import EVENT_CAPACITY
from jambox.params import PARAMS
from jambox.take import Event, Origin, Player, Session, TakeWriter

# A log waits for slow disks longer than the meters do.
LOG_RING_S = 30.0
_EVERY_S = 0.05


class _OnStage:
    """An instrument whose changes are kept: its number in the order of coming, and the sample at which it came."""

    def __init__(self, instrument: Instrument, number: int, origin: Origin | None) -> None:
        self.instrument, self.number, self.origin = instrument, number, origin
        self.came_at: int | None = None

    def events(self) -> list[Event]:
        """What was applied since the last call."""
        if self.came_at is None:
            return []
        queue = self.instrument.header["applied"]
        events = []
        read, written = int(queue["read"][0]), int(queue["written"][0])
        for number in range(read, written):
            at = number % EVENT_CAPACITY
            kind, index = int(queue["kind"][at]), int(queue["index"][at])
            events.append(
                Event(
                    time=self.came_at + int(queue["time"][at]),
                    kind=kind,
                    index=index,
                    value=float(queue["value"][at]),
                    id=PARAMS[index].id if kind == EVENT_SET else "",
                    player=self.number,
                )
            )
        queue["read"][0] = written
        return events


class RunLog:
    """Drains the rings while the instruments play; `stop` writes the rest. `lost` counts samples that came too fast."""

    def __init__(self, stage: Stage, instrument: Instrument, folder: Path, session: Session) -> None:
        self._stage = stage
        self._rings = stage.ring_in, stage.ring_out, stage.ring_side
        self._writer = TakeWriter(folder, session)
        self._done = threading.Event()
        self._at = 0
        self.lost = 0
        self._failure: str | None = None
        self._came = 1
        # The control thread appends, the log's thread takes away.
        self._on_stage = [_OnStage(instrument, 0, None)]
        self._thread = threading.Thread(target=self._run, name="jambox-log", daemon=True)

    def enters(self, instrument: Instrument, origin: Origin) -> None:
        """[control] `instrument` is about to take over; call this before it is handed to the stage."""
        self._on_stage.append(_OnStage(instrument, self._came, origin))
        self._came += 1

    def start(self) -> None:
        self._thread.start()

    @property
    def problem(self) -> str | None:
        """Why the log is not whole, in a sentence."""
        if self._failure is not None:
            return f"The log could not be written any further: {self._failure}."
        return f"The log lacks {self.lost} samples: the disk was too slow." if self.lost else None

    def stop(self) -> None:
        """Write what is left and close the files; the stream must have stopped. A second call does nothing."""
        if self._done.is_set():
            return
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()
        self._drain()
        try:
            self._writer.close(complete=self.lost == 0)
        except (OSError, soundfile.LibsndfileError) as error:
            self._failure = self._failure or str(error)

    def _run(self) -> None:
        while not self._done.wait(_EVERY_S):
            self._drain()

    def _drain(self) -> None:
        """Write what is new. A full disk ends the log, not the music."""
        if self._failure is not None:
            return
        try:
            self._write_new()
        except (OSError, AssertionError, soundfile.LibsndfileError) as error:
            # soundfile asserts that all samples were taken: on a full disk they are not.
            self._failure = str(error) or "the disk is full"

    def _write_new(self) -> None:
        # Events first: a sample on disk must never lack the event that shaped it.
        written = self._stage.position
        players = self._newcomers()
        events = self._events()
        size = len(self._rings[0])
        if written - self._at > size:
            self.lost += written - size - self._at
            self._at = written - size
        slots = np.arange(self._at, written) % size
        x, y, side = (self._copied(ring, slots) for ring in self._rings)
        self._at = written
        self._writer.write(x, y, side, events, players)

    @staticmethod
    def _copied(ring: NDArray[np.float32], slots: NDArray[np.int64]) -> NDArray[np.float32]:
        return ring[slots]

    def _newcomers(self) -> list[Player]:
        """Who came on stage since the last look."""
        record, came = self._stage.record, []
        for one in self._on_stage:
            if one.came_at is None and one.number < taken(record["admissions"]):
                one.came_at = int(record["admitted_at"][one.number % ADMISSIONS])
                if one.origin is not None:
                    listen, fade = int(record["listen_samples"]), int(record["fade_samples"])
                    origin = one.origin.model_dump()
                    came.append(Player(**origin, time=one.came_at, listen_samples=listen, fade_samples=fade))
        return came

    def _events(self) -> list[Event]:
        """What was applied since the last look; who left by then is forgotten."""
        record = self._stage.record
        playing = {int(record[name][0]) for name in ("current", "next")}
        events = []
        for one in list(self._on_stage):
            gone = one.came_at is not None and one.instrument.memory.block.ctypes.data not in playing
            events += one.events()
            if gone:
                self._on_stage.remove(one)
        return sorted(events, key=lambda event: event.time)
