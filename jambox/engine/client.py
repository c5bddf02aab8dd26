"""A front end's side of the engine: find it or start it, command it, read its record, heal it when it dies.

No torch, no numba, no audio library is imported here: a front end starts quickly and stays small.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from jambox.engine.channel import PROTOCOL, Lines, connect
from jambox.engine.hosting import Refused, is_starting, start_engine
from jambox.engine.record import METERS, STATES, SharedRecord
from jambox.engine.runtime import runtime_folder
from jambox.errors import BadInput, BadModel, DeviceError, JamboxError

# An engine that is becoming a fresh image of itself answers after a second or two; a first start may compile for minutes.
ANSWER_WITHIN_S = 20.0
OPEN_WITHIN_S = 60.0

T = TypeVar("T")
_ERRORS: dict[int, type[JamboxError]] = {error.exit_code: error for error in (BadInput, BadModel, DeviceError)}


class EngineGone(JamboxError):
    """The engine ended under its client; `heal` brings it back."""


class EngineClient:
    """A connection to the one engine of this user. One thread at a time.

    >>> engine = EngineClient.join_or_start()
    >>> engine.request("start", instrument="violin")
    >>> engine.set(reverb_mix=0.3)
    >>> engine.meters()["f0_hz"]
    """

    def __init__(self, folder: Path, *, hosting: bool = False, reading: bool = True) -> None:
        """Connect to a running engine; EngineGone if there is none. `hosting`: this client started it.

        Without `reading` it has no record, and may be the client of an engine whose record it could not read.
        """
        self.hosting = hosting
        self._folder, self._reading = folder, reading
        self.events: deque[dict[str, Any]] = deque()
        self.heard_at = 0.0  # when anything came from it last (time.monotonic)
        self._number = 0
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._connect()

    @staticmethod
    def join(folder: Path | None = None, *, reading: bool = True) -> EngineClient:
        """A client of the engine that runs; EngineGone if none does."""
        return EngineClient(folder or runtime_folder(), reading=reading)

    @staticmethod
    def join_or_start(
        progress: Callable[[str], None] | None = None, *, resume: bool = False, folder: Path | None = None
    ) -> EngineClient:
        """A client of the engine that runs, or of one started now; `resume` lets that one play what the last one played.

        `progress` is told, in a sentence, what a first start has to compile.
        """
        folder = folder or runtime_folder()
        if not is_starting():
            with contextlib.suppress(EngineGone):
                return EngineClient(folder)
        hosting = _start(progress, resume)
        return _once_open(lambda: EngineClient(folder, hosting=hosting), hosting)

    def request(self, do: str, **content: Any) -> dict[str, Any]:
        """Command and wait for the answer; a refusal is raised as JamboxError, an engine that ends as EngineGone."""
        return self._answer(self.ask(do, **content), do, OPEN_WITHIN_S)

    def leave(self, within_s: float) -> None:
        """Let the engine end unless others use it. One that is not done within so many seconds (JamboxError) ends later: it
        may be waiting for a sound server that is gone."""
        self._answer(self.ask("quit", unless_used=True), "quit", within_s)

    def _answer(self, number: int, do: str, within_s: float) -> dict[str, Any]:
        answer = self.answer(number, within_s)
        if answer is None:
            raise JamboxError(f"The engine did not answer to {do} within {within_s:g} s.")
        return answer

    def answer(self, number: int, within_s: float) -> dict[str, Any] | None:
        """The answer to what was asked under that number, as of `request`; None if none comes within so many seconds."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            messages = self._receive(deadline - time.monotonic())
            # Also what came right behind the answer: that the device is gone, say.
            self.events.extend(message for message in messages if "event" in message)
            for message in messages:
                if "event" not in message and message.get("id") == number:
                    return answered(message)
        return None

    def ask(self, do: str, **content: Any) -> int:
        """Command without waiting; one of the `messages` to come is the answer, with this number as its id."""
        self._number += 1
        self._send({"do": do, "id": self._number, **content})
        return self._number

    def messages(self) -> list[dict[str, Any]]:
        """Answers and events that have come, none of them waited for. EngineGone if the engine ended."""
        early, self.events = list(self.events), deque()
        return early + self._receive(0.0)

    def fileno(self) -> int:
        """The handle that becomes readable when messages come, for a loop of another kind."""
        return self._lines.connection.fileno()

    def set(self, **values: float) -> None:
        """Change parameters at the next hop; nothing is awaited, so a knob may call it as often as it likes."""
        self._send({"do": "set", "values": values})

    def poll(self, seconds: float = 0.0) -> list[dict[str, Any]]:
        """Events that came, waiting up to `seconds` for the first; `wake` ends the wait. EngineGone if the engine ended."""
        if not self.events:
            self.listen(seconds)
        events = list(self.events)
        self.events.clear()
        return events

    def listen(self, seconds: float = 0.0) -> None:
        """Take in what comes, waiting up to `seconds` for it: events are kept for `poll`, nobody awaits an answer."""
        self.events.extend(message for message in self._receive(seconds) if "event" in message)

    def happenings(self, seconds: float, ended: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        """Events as they come, for some seconds or until `ended` says so after a `wake`."""
        until = time.monotonic() + seconds
        while not ended() and (left := until - time.monotonic()) > 0.0:
            yield from self.poll(left)

    def wake(self) -> None:
        """[any, also a signal handler] End a `poll` now."""
        with contextlib.suppress(BlockingIOError):
            self._waker.send(b"!")

    def meters(self) -> dict[str, Any]:
        """METERS, all of one moment; `state` as one of record.STATES, `dropouts` the sum over their causes."""
        meters = self.record.read(METERS)
        meters["state"] = STATES[meters["state"]]
        meters["voiced"] = bool(meters["voiced"])
        meters["dropouts"] = meters["dropouts_ours"] + meters["dropouts_machine"] + meters["dropouts_device"]
        return meters

    def params(self) -> dict[str, float]:
        """Where every parameter is heading, as the engine shows it."""
        return self.record.params() or {}

    def scope(self, seconds: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Newest input and output, each float32 of shape [n]."""
        return self.record.scope(round(seconds * float(self.record.fields["sample_rate"])))

    def heal(self, progress: Callable[[str], None] | None = None) -> bool:
        """After EngineGone: connect again, to an engine that lives or to a new one; True if it had to be started.

        A new one plays what the last one played, parameters as they were last.
        """
        self.close()
        folder = self._folder
        try:
            self._connect()
        except EngineGone:
            hosting = _start(progress, resume=True)
            self.hosting = hosting or self.hosting
            self._folder = folder
            _once_open(self._connect, hosting)
            return True
        return False

    def close(self) -> None:
        """Leave; the engine goes on."""
        with contextlib.suppress(OSError):
            self._lines.connection.close()

    def _connect(self) -> None:
        try:
            connection, token = connect(self._folder)
        except (OSError, ValueError) as error:
            raise EngineGone("No engine runs.") from error
        connection.settimeout(ANSWER_WITHIN_S)
        self._lines = Lines(connection)
        hello = {"token": token} if token else {}
        try:
            self._send({"do": "hello", "id": 0, "protocol": PROTOCOL, **hello})
            messages = self._lines.receive()
        except TimeoutError as error:
            raise JamboxError(f"The engine did not answer within {ANSWER_WITHIN_S:g} s.") from error
        except OSError as error:
            raise EngineGone("The engine ended.") from error
        if not messages:
            raise EngineGone("The engine ended.")
        answer = next((message for message in messages if message.get("id") == 0), {"ok": False, "error": "", "code": 1})
        self.heard_at = time.monotonic()
        self.events.extend(message for message in messages if "event" in message)
        self.pid = int(answered(answer)["pid"])
        if self._reading:
            self.record = SharedRecord(self._folder)

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._lines.send(message)
        except TimeoutError as error:
            raise JamboxError("The engine does not listen.") from error
        except OSError as error:
            raise EngineGone("The engine ended.") from error

    def _receive(self, seconds: float) -> list[dict[str, Any]]:
        connection = self._lines.connection
        ready, _, _ = select.select([connection, self._woken], [], [], max(0.0, seconds))
        if self._woken in ready:
            self._woken.recv(4096)
        if connection not in ready:
            return []
        try:
            messages = self._lines.receive()
        except OSError:
            messages = None
        if messages is None:
            raise EngineGone("The engine ended.")
        self.heard_at = time.monotonic()
        return messages


def answered(message: dict[str, Any]) -> dict[str, Any]:
    """The answer, if it is one; a refusal is raised as the error that it stands for."""
    if message.get("ok"):
        return message
    raise _ERRORS.get(int(message.get("code", 1)), JamboxError)(str(message.get("error")))


def _once_open(connect: Callable[[], T], hosting: bool) -> T:
    """What `connect` returns. Where another start came first, its engine may compile or not listen yet: it is waited for."""
    deadline = time.monotonic() + OPEN_WITHIN_S
    while True:
        try:
            return connect()
        except EngineGone:
            if hosting or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _start(progress: Callable[[str], None] | None, resume: bool) -> bool:
    """Start an engine process and wait until it listens; False if another one came first."""
    try:
        return start_engine(progress, resume=resume)
    except Refused as refusal:
        raise _ERRORS.get(refusal.code, JamboxError)(str(refusal)) from None
