"""MIDI ports: which there are, messages in with the moment of their arrival, messages out. The only user of rtmidi.

Messages are fetched, never delivered: rtmidi would call Python from a thread of its own, and with JACK that is one which the
whole sound server waits for. So its queue keeps them, with the time that passed between one and the next.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from jambox.errors import JamboxError
from jambox.quiet import quiet_stderr

CLIENT = "jambox-midi"
_QUEUE = 4096
# A message that seems to have waited longer than this did not: the count of times was broken.
LONGEST_WAIT_S = 0.03
# Clocks of a MIDI system and of the machine may drift apart by this share.
_DRIFT = 5e-5
_SYSTEMS = {1: "CoreMIDI", 2: "ALSA", 3: "JACK", 4: "WinMM"}  # RtMidi.h, RtMidi::Api
# ALSA's own number of a port changes whenever it is plugged in.
_NUMBER = re.compile(r" \d+:\d+$")


class NoMidi(JamboxError):
    """MIDI cannot be used on this machine, for the reason that the sentence gives."""


@dataclass(frozen=True)
class PortName:
    """A port as a person names it, and the system that has it."""

    name: str
    system: str

    def meant_by(self, wish: str) -> bool:
        """Whether `wish` is part of the name, or asks for every port."""
        return wish == "all" or wish.lower() in self.name.lower()


class Arrivals:
    """From the times between messages to the moments at which they came, as `time.monotonic` counts.

    Whoever fetches comes late, by more or less: those fetched soonest tell how the two clocks stand to each other.
    """

    def __init__(self) -> None:
        self._since_first_s = 0.0
        self._first_s: float | None = None

    def moment_s(self, since_last_s: float, fetched_s: float) -> float:
        """When a message came that was fetched at `fetched_s`, `since_last_s` after the one before."""
        self._since_first_s += since_last_s
        first_s = fetched_s - self._since_first_s
        if self._first_s is None or first_s - self._first_s > LONGEST_WAIT_S:
            self._first_s = first_s
        self._first_s = min(self._first_s + _DRIFT * since_last_s, first_s)
        return self._first_s + self._since_first_s


class InputPort:
    """A port that is open. `read` fetches what came. [one thread at a time]"""

    def __init__(self, name: PortName, port: Any) -> None:
        self.name = name
        self._port = port
        self._arrivals = Arrivals()

    def read(self) -> list[tuple[float, bytes]]:
        """Messages since the last call, each with the moment of its arrival (time.monotonic)."""
        messages = []
        while (fetched := self._port.get_message()) is not None:
            data, since_last_s = fetched
            messages.append((self._arrivals.moment_s(since_last_s, time.monotonic()), bytes(data)))
        return messages

    def close(self) -> None:
        """Let go of it; a system that has gone is let go of silently."""
        _close(self._port)


class OutputPort:
    """A port that messages are sent to. [one thread at a time]"""

    def __init__(self, name: PortName, port: Any) -> None:
        self.name = name
        self._port = port

    def send(self, message: bytes) -> None:
        """Send one; what no longer takes it is passed over, and found gone by whoever looks for it."""
        with contextlib.suppress(OSError):
            self._port.send_message(message)

    def close(self) -> None:
        """Let go of it."""
        _close(self._port)


class Ports:
    """Every MIDI system that this machine has. NoMidi if it has none. [one thread at a time]"""

    def __init__(self) -> None:
        self._rtmidi = _rtmidi()
        self._inputs: dict[int, Any] = {}
        self.look_again()
        self._outputs: dict[int, Any] = {}
        if not self._inputs:
            raise NoMidi("There is no MIDI on this machine: neither the system's own nor a JACK server answers.")

    def look_again(self) -> None:
        """Find systems that were not there when this was asked last."""
        self._inputs |= self._of_every_system(self._rtmidi.MidiIn, self._inputs)

    def inputs(self) -> list[PortName]:
        """Ports that send, of all systems; our own are none of them."""
        return _names(self._inputs)

    def outputs(self) -> list[PortName]:
        """Ports that take messages."""
        elsewhere = _SYSTEMS.keys() - self._inputs.keys()
        self._outputs |= self._of_every_system(self._rtmidi.MidiOut, self._outputs.keys() | elsewhere)
        return _names(self._outputs)

    def open_input(self, name: PortName) -> InputPort | None:
        """The port of that name; None if it has gone meanwhile."""
        port = self._opened(self._rtmidi.MidiIn, name, queue_size_limit=_QUEUE)
        if port is None:
            return None
        port.ignore_types(sysex=False, timing=True, active_sense=False)
        return InputPort(name, port)

    def open_output(self, name: PortName) -> OutputPort | None:
        """The port of that name; None if it has gone meanwhile."""
        port = self._opened(self._rtmidi.MidiOut, name)
        return OutputPort(name, port) if port is not None else None

    def virtual_input(self, name: str) -> list[InputPort]:
        """A port of our own that others connect to, one in each system that has such things."""
        opened = []
        for system in self._inputs:
            with contextlib.suppress(OSError, NotImplementedError), quiet_stderr():
                port = self._rtmidi.MidiIn(rtapi=system, name=CLIENT, queue_size_limit=_QUEUE)
                port.open_virtual_port(name)
                port.ignore_types(sysex=False, timing=True, active_sense=False)
                opened.append(InputPort(PortName(f"{CLIENT}:{name}", _SYSTEMS[system]), port))
        return opened

    def virtual_output(self, name: str) -> list[OutputPort]:
        """As `virtual_input`, for messages of ours."""
        opened = []
        for system in self._inputs:
            with contextlib.suppress(OSError, NotImplementedError), quiet_stderr():
                port = self._rtmidi.MidiOut(rtapi=system, name=CLIENT)
                port.open_virtual_port(name)
                opened.append(OutputPort(PortName(f"{CLIENT}:{name}", _SYSTEMS[system]), port))
        return opened

    def close(self) -> None:
        """Let go of all systems; open ports stay open."""
        for port in (*self._inputs.values(), *self._outputs.values()):
            port.delete()
        self._inputs, self._outputs = {}, {}

    def _of_every_system(self, kind: Any, known: Collection[int]) -> dict[int, Any]:
        found = {}
        for system in self._rtmidi.get_compiled_api():
            if system in _SYSTEMS and system not in known:
                with contextlib.suppress(OSError), quiet_stderr():
                    found[system] = kind(rtapi=system, name=CLIENT)
        return found

    def _opened(self, kind: Any, name: PortName, **options: Any) -> Any:
        system = next(system for system, called in _SYSTEMS.items() if called == name.system)
        with contextlib.suppress(OSError, ValueError), quiet_stderr():
            port = kind(rtapi=system, name=CLIENT, **options)
            port.open_port([_NUMBER.sub("", found) for found in port.get_ports()].index(name.name))
            return port
        return None


def _names(systems: dict[int, Any]) -> list[PortName]:
    found = []
    for system, port in systems.items():
        with contextlib.suppress(OSError):
            names = [_NUMBER.sub("", name) for name in port.get_ports()]
            found += [PortName(name, _SYSTEMS[system]) for name in names if not name.startswith(CLIENT)]
    # Of two that are called the same, the first.
    return list(dict.fromkeys(found))


def _close(port: Any) -> None:
    with contextlib.suppress(OSError):
        port.close_port()
        port.delete()


def _rtmidi() -> Any:
    try:
        import rtmidi
    except ImportError as error:
        raise NoMidi(f"MIDI ports need python-rtmidi, which is not there ({error}).") from error
    return rtmidi
