"""Keyboards: the MIDI ports that are played from, and the thread that reads them.

A message is stamped with the sample at which the stream was when it came, and what it means begins exactly one block later:
so it sounds at its own sample, however the thread was held up, as long as that was for less than a block.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jambox.engine.stage import Stage
from jambox.errors import JamboxError
from jambox.instrument.note_events import NoteEvent
from jambox.midi.interpreter import Interpreter
from jambox.midi.ports import InputPort, PortName, Ports

POLL_S = 0.001
VIRTUAL = "in"
# Above whatever paints or computes, far below the sound server.
PRIORITY = 5
# Whoever sends active sensing does so every 300 ms.
SILENT_S = 0.4


def _byte_stream() -> Any:
    # Only who plays by MIDI waits for its library.
    from jambox.midi.stream import ByteStream

    return ByteStream()


@dataclass
class _Keyboard:
    """An open port with all that it was told."""

    port: InputPort
    stream: Any = field(default_factory=_byte_stream)
    interpreter: Interpreter = field(default_factory=Interpreter)
    heard_s: float = 0.0


@dataclass(frozen=True)
class Found:
    """Ports there are, those that are open, and wishes that none of them fulfils."""

    there: list[PortName]
    open: list[PortName]
    missing: list[str]


class Keyboards:
    """What is played by MIDI; nothing is open until `look` is told what is wished for.

    `wake` is called when the control thread has something to do. `stage` is where notes go, None while nothing plays.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self.stage: Stage | None = None
        self.messages = self.notes = 0
        self._wake = wake
        self._ports: Ports | None = None
        self._open: tuple[_Keyboard, ...] = ()
        self._lock = threading.Lock()  # held while ports are read, or taken away
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def n_open(self) -> int:
        """[any] Ports that are open."""
        return len(self._open)

    def look(self, wishes: list[str]) -> Found:
        """[worker] Open the ports that are there and wished for, let go of the others. NoMidi."""
        if self._ports is None:
            self._ports = Ports()
        there = self._ports.inputs()
        wanted = [name for name in there if any(name.meant_by(wish) for wish in wishes)]
        now = self._open
        ours = [one for one in now if one.port.name not in there and one.port.name.name.startswith("jambox")]
        kept = [one for one in now if one.port.name in wanted] + (ours if wishes else [])
        opened = [self._ports.open_input(name) for name in wanted if name not in [one.port.name for one in kept]]
        if wishes and not ours:
            opened += self._ports.virtual_input(VIRTUAL)
        fresh = [_Keyboard(port) for port in opened if port is not None]
        with self._lock:
            self._open = (*kept, *fresh)
            for one in now:
                if one not in kept:
                    self._let_go(one)
                    one.port.close()
        if self._open and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="jambox-midi", daemon=True)
            self._thread.start()
        missing = [wish for wish in wishes if wish != "all" and not any(name.meant_by(wish) for name in there)]
        return Found(there, [one.port.name for one in self._open], missing)

    def close(self) -> None:
        """[control] Read no more; ports are left to the end of the process, since their system may be gone."""
        self._ended.set()

    def _run(self) -> None:
        with contextlib.suppress(OSError, AttributeError):  # not allowed, or no such thing: then as others are
            os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
        while not self._ended.wait(POLL_S):
            with self._lock:
                self._read()

    def _read(self) -> None:
        """[midi] Whatever came, in the order in which it came."""
        came = [(moment_s, i, data) for i, one in enumerate(self._open) for moment_s, data in one.port.read()]
        for moment_s, i, data in sorted(came):
            self._open[i].heard_s = moment_s
            self._take(self._open[i], moment_s, data)
        now_s = time.monotonic()
        for one in self._open:
            if one.stream.sensed and now_s - one.heard_s > SILENT_S:
                one.stream.sensed = False
                self._let_go(one)

    def _take(self, one: _Keyboard, moment_s: float, data: bytes) -> None:
        messages = one.stream.feed(data)
        if not messages:
            return
        starts = self._starts(moment_s)
        for message in messages:
            self.messages += 1
            self.notes += message.type == "note_on" and message.velocity > 0
            self._play(one.interpreter.read(message, starts))

    def _starts(self, moment_s: float) -> int:
        """The sample of the stream at which what came at this moment begins: one block after its stamp."""
        if self.stage is None:
            return 0
        sample, block = self.stage.now(time.monotonic() - moment_s)
        return sample + block

    def _play(self, events: list[NoteEvent]) -> None:
        stage = self.stage
        if stage is None:
            return
        for event in events:
            with contextlib.suppress(JamboxError):  # the queue is full, since the device asks for nothing
                stage.play(event)

    def _let_go(self, one: _Keyboard) -> None:
        self._play(one.interpreter.let_go(self._starts(time.monotonic())))
