"""Keyboards: the MIDI ports that are played from and those that hear what is sung, and the thread between.

A message is stamped with the sample at which the stream was when it came, and what it means begins exactly one block later:
so it sounds at its own sample, however the thread was held up, as long as that was for less than a block.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jambox.engine.stage import Stage
from jambox.errors import JamboxError
from jambox.instrument import Instrument
from jambox.instrument.note_events import NoteEvent
from jambox.midi.controllers import Controller, Controllers
from jambox.midi.interpreter import MONO, POLY, Interpreter
from jambox.midi.ports import CLIENT, InputPort, OutputPort, PortName, Ports
from jambox.midi.singing import SungNotes

POLL_S = 0.001
VIRTUAL, VIRTUAL_MELODY = "in", "melody"
# Above whatever paints or computes, far below the sound server.
PRIORITY = 5
# Whoever sends active sensing does so every 300 ms.
SILENT_S = 0.4
# Whoever holds the interpreter gives it up after so long when this thread asks for it (Python's own: 5 ms, two blocks).
SWITCH_S = 0.0005


def _byte_stream() -> Any:
    # Only who plays by MIDI waits for its library.
    from jambox.midi.stream import ByteStream

    return ByteStream()


def keep_time() -> None:
    """[midi, control] Let this thread run before what paints or computes, where the system allows it.

    Both do: they share the interpreter, and whoever is kept from running while it holds it keeps the other waiting.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))


@contextlib.contextmanager
def time_kept() -> Iterator[None]:
    """[worker] The same for as long as something short is done."""
    keep_time()
    try:
        yield
    finally:
        with contextlib.suppress(OSError, AttributeError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@dataclass
class Keyboard:
    """An open port with all that it was told. [midi]"""

    port: InputPort
    stream: Any = field(default_factory=_byte_stream)
    interpreter: Interpreter = field(default_factory=Interpreter)
    controllers: Controllers = field(default_factory=Controllers)
    heard_s: float = 0.0


@dataclass(frozen=True)
class Turned:
    """Controllers of a keyboard were moved, each to a place from 0 to 1."""

    keyboard: str
    controllers: list[tuple[Controller, float]]


@dataclass(frozen=True)
class Program:
    """A program was chosen, 0 to 127."""

    number: int


@dataclass(frozen=True)
class Mode:
    """One note at a time, or chords."""

    mono: bool


@dataclass(frozen=True)
class Found:
    """Ports there are, those that are played from, those that hear the melody, and wishes that none of them fulfils."""

    there: list[PortName]
    open: list[PortName]
    melody: list[PortName]
    missing: list[str]


class Keyboards:
    """What is played by MIDI; nothing is open until `look` is told what is wished for.

    `stage` is where notes go, None while nothing plays. What is for the control thread (controllers, programs, modes) waits
    in `wishes` until it looks: a knob may be turned faster than anybody hears. `taken(keyboard, controller)` says whether a
    controller moves a parameter and nothing else.
    """

    def __init__(self) -> None:
        self.stage: Stage | None = None
        self.wishes: queue.SimpleQueue[Turned | Program | Mode] = queue.SimpleQueue()
        self.taken: Callable[[str, Controller], bool] = lambda keyboard, controller: False
        self.messages = self.notes = 0
        self.melody: tuple[OutputPort, ...] = ()  # as well
        self._sung = SungNotes()
        self._ports: Ports | None = None
        self._missing = False  # whether a port was wished for that was not there
        self.open: tuple[Keyboard, ...] = ()  # changed under the lock
        self._lock = threading.Lock()  # held while ports are read, or taken away
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def n_open(self) -> int:
        """[any] Ports that are open."""
        return len(self.open)

    def look(self, wishes: list[str], melody: list[str]) -> Found:
        """[worker] Open the ports that are there and wished for, let go of the others. NoMidi."""
        with time_kept():
            return self._look(wishes, melody)

    def _look(self, wishes: list[str], melody: list[str]) -> Found:
        if self._ports is None:
            self._ports = Ports()
        elif self._missing:
            self._ports.look_again()
        there = self._ports.inputs()
        wanted = [name for name in there if any(name.meant_by(wish) for wish in wishes)]
        now = self.open
        ours = [one for one in now if one.port.name not in there and one.port.name.name.startswith(CLIENT)]
        kept = [one for one in now if one.port.name in wanted] + (ours if wishes else [])
        opened = [self._ports.open_input(name) for name in wanted if name not in [one.port.name for one in kept]]
        if wishes and not ours:
            opened += self._ports.virtual_input(VIRTUAL)
        fresh = [Keyboard(port) for port in opened if port is not None]
        with self._lock:
            self.open = (*kept, *fresh)
            for one in now:
                if one not in kept:
                    self._let_go(one)
                    one.port.close()
        missing = [wish for wish in wishes if wish != "all" and not any(name.meant_by(wish) for name in there)]
        missing += self._look_for_listeners(self._ports, melody)
        self._missing = bool(missing)
        if (self.open or self.melody) and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="jambox-midi", daemon=True)
            self._thread.start()
        return Found(there, [one.port.name for one in self.open], [port.name for port in self.melody], missing)

    def listeners(self) -> list[PortName]:
        """[worker] Ports that the melody could go to; those there are, once ports were looked for."""
        return self._ports.outputs() if self._ports is not None else []

    def _look_for_listeners(self, ports: Ports, wishes: list[str]) -> list[str]:
        """Ports that the melody goes to; wishes that none fulfils."""
        there = ports.outputs() if wishes else []
        now = self.melody
        wanted = [name for name in there if any(name.meant_by(wish) for wish in wishes)]
        ours = [one for one in now if one.name.name.startswith(CLIENT)] if wishes else []
        kept = [one for one in now if one.name in wanted] + ours
        opened = [ports.open_output(name) for name in wanted if name not in [one.name for one in kept]]
        if wishes and not ours:
            opened += ports.virtual_output(VIRTUAL_MELODY)
        fresh = [port for port in opened if port is not None]
        with self._lock:
            for message in self._sung.end():  # whoever goes must not keep a key, and who comes missed it
                self._send(message)
            self.melody = (*kept, *fresh)
            for message in self._sung.begin() if fresh else []:
                self._send(message)
            for one in now:
                if one not in kept:
                    one.close()
        return [wish for wish in wishes if wish != "all" and not any(name.meant_by(wish) for name in there)]

    def close(self) -> None:
        """[control] Read no more; ports are left to the end of the process, since their system may be gone."""
        self._ended.set()

    def _run(self) -> None:
        keep_time()
        sys.setswitchinterval(SWITCH_S)
        while not self._ended.wait(POLL_S):
            with self._lock:
                self.read()
                self.sing()

    def read(self) -> None:
        """[midi] Whatever came, in the order in which it came."""
        came = [(moment_s, i, data) for i, one in enumerate(self.open) for moment_s, data in one.port.read()]
        for moment_s, i, data in sorted(came):
            self.open[i].heard_s = moment_s
            self._take(self.open[i], moment_s, data)
        now_s = time.monotonic()
        for one in self.open:
            if one.stream.sensed and now_s - one.heard_s > SILENT_S:
                one.stream.sensed = False
                self._let_go(one)

    def sing(self) -> None:
        """[midi] What is sung, to those who hear it."""
        stage = self.stage
        if not self.melody:
            return
        with contextlib.ExitStack() as stack:
            if stage is not None:
                stack.enter_context(stage.lock)  # the instrument that listens may leave
            heard = stage.players()[-1:] if stage is not None else []
            if stage is None or not heard:
                messages = self._sung.end()
            else:
                # By the stream's time, so that a device that was late does not stretch what was sung.
                time_s = stage.position / float(stage.record["sample_rate"])
                messages = self._sung.step(time_s, *_heard(heard[0][0]))
        for message in messages:
            self._send(message)

    def _send(self, message: bytes) -> None:
        for port in self.melody:
            port.send(message)

    def _take(self, one: Keyboard, moment_s: float, data: bytes) -> None:
        messages = one.stream.feed(data)
        if not messages:
            return
        starts = self._starts(moment_s)
        for message in messages:
            self.messages += 1
            self.notes += message.type == "note_on" and message.velocity > 0
            if self._ask(one, message):
                self._play(one.interpreter.read(message, starts))

    def _ask(self, one: Keyboard, message: Any) -> bool:
        """What is for the control thread goes there; whether the message means something to notes besides."""
        name = one.port.name.name
        moved = one.controllers.read(message)
        if moved:
            self.wishes.put(Turned(name, moved))
        elif message.type == "program_change":
            self.wishes.put(Program(message.program))
        elif message.type == "control_change" and message.control in (MONO, POLY):
            self.wishes.put(Mode(message.control == MONO))
        else:
            return True
        return not any(self.taken(name, controller) for controller, _ in moved)

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

    def _let_go(self, one: Keyboard) -> None:
        self._play(one.interpreter.let_go(self._starts(time.monotonic())))


def _heard(instrument: Instrument) -> tuple[float, bool, float]:
    """Pitch of what is sung in Hz, whether it is a note, and its loudness in dB."""
    meters = instrument.meters()
    return meters["f0_hz"], meters["voiced"], meters["loudness_db"]
