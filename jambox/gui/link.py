"""The window's end of the engine. Nothing here waits: commands are sent at once, their answers come by Qt's own loop."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Qt, QTimer, Signal

from jambox.engine.client import EngineClient, EngineGone, answered
from jambox.engine.pulse import Pulse
from jambox.errors import JamboxError
from jambox.gui.background import Background
from jambox.gui.joining import Joined, begin_healing, begin_joining
from jambox.gui.session import Session
from jambox.gui.shown import Shown
from jambox.gui.sounding import Sounding, sounding_of
from jambox.gui.turned import Turned
from jambox.instrument.unheard import unheard

TICK_MS = 16
# A window that is closed while its engine starts waits so long to end it.
LATEST_S = 15.0
# Who closes the window waits no longer than this for the engine to end.
LEAVE_WITHIN_S = 5.0

# What is left to be heard and seen without a stream: the record keeps the last moment of the one that was.
_AT_REST = {"voiced": False, "notes": 0} | dict.fromkeys(("peak_in", "peak_out", "rms_in", "rms_out"), 0.0)
_SILENT = _AT_REST | {"recorded_s": 0.0}
_NO_ANSWER = "The engine does not answer. What you turn is kept until it does."
_NOT_DONE = "The engine does not answer: that was not done. What you turn is kept until it does."
# What the engine finds for who sings, and goes on finding while it is not used: the parameter that says whether it is.
_FOUND = {"auto_octave_st": "auto_octave", "auto_level_db": "auto_level"}

Done = Callable[[dict[str, Any]], None]
Failed = Callable[[str], None]


class EngineLink(QObject):
    """Commands to the engine, its meters sixty times a second, its events, and its healing when it dies.

    `gone` when it ended, `healed` when another one is there; `answered` when one that `hangs` answers again.
    """

    ticked = Signal()
    happened = Signal(dict)
    said = Signal(str, str)
    joined = Signal()
    instrument_changed = Signal(str)
    gone = Signal()
    healed = Signal()
    answered = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.meters: dict[str, Any] = {}
        self.params: dict[str, float] = {}
        self.status: dict[str, Any] = {}
        self.turned = Turned()
        self.shown = Shown()
        self.unheard: dict[str, str] = {}  # parameters without effect now, each with why
        self.listening = False  # whether the engine records what is no take: somebody who is being calibrated
        self.hangs = False  # it is there, but has not answered for seconds
        self.hosting = False
        self._client: EngineClient | None = None
        self._pulse = Pulse()
        self._asked: dict[int, tuple[Done | None, Failed | None]] = {}
        self._early: list[tuple[str, Done | None, Failed | None, dict[str, Any]]] = []
        self._awaited: Future[Joined] | None = None
        self._meant_to_end = False
        self._notifier: QSocketNotifier | None = None
        self._background = Background(self)
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    # Joining and leaving.

    def await_engine(self, future: Future[Joined], then: Callable[[], object] | None = None) -> None:
        """Take over the engine that is being joined (see joining), when it is there."""
        self._awaited = future
        self._background.run(future.result, lambda joined: self._begin(joined, then), self._miss)

    def _begin(self, joined: Joined, then: Callable[[], object] | None) -> None:
        if self._awaited is None:  # closed meanwhile
            return
        self._awaited = None
        self.hosting = self.hosting or joined.client.hosting
        self._open(joined.client)
        self.set_many(self.turned.take())
        for sentence, action in joined.troubles:
            self.said.emit(sentence, action)
        if then is not None:
            then()

    def _miss(self, error: JamboxError) -> None:
        """It could not be had."""
        self._awaited = None
        self.said.emit(str(error), "start")

    def _open(self, client: EngineClient) -> None:
        self._client = client
        self._meant_to_end = False
        self._pulse = Pulse()
        self._notifier = QSocketNotifier(client.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        self._look()
        self.refresh(self.joined.emit)
        early, self._early = self._early, []
        for do, done, failed, content in early:
            self.request(do, done, failed, **content)
        self._timer.start()
        self._read()

    def close(self) -> None:
        """Leave; an engine that this window started ends, unless others use it."""
        hung = self.hangs
        client = self._release()
        if client is None and self._awaited is not None:  # closed before the engine was there
            with contextlib.suppress(JamboxError, TimeoutError):
                client = self._awaited.result(LATEST_S).client
                self.hosting = self.hosting or client.hosting
            self._awaited = None
        if client is not None:
            with contextlib.suppress(JamboxError):
                if self.hosting and hung:
                    client.ask("quit", unless_used=True)  # nobody waits for it, but it reads that when it goes on
                elif self.hosting:
                    client.leave(LEAVE_WITHIN_S)
            client.close()

    def detach(self) -> None:
        """Leave, and let the engine go on: another window comes."""
        client = self._release()
        if client is not None:
            client.close()

    def _release(self) -> EngineClient | None:
        self._timer.stop()
        if self._notifier is not None:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            self._notifier = None
        client, self._client = self._client, None
        self.shown = Shown()  # the next engine counts its streams from 0 as well
        self.hangs = False
        return client

    # Commands.

    @property
    def is_joined(self) -> bool:
        """Whether there is an engine at the other end."""
        return self._client is not None

    @property
    def is_playing(self) -> bool:
        """Whether there is a stream that is known of: without one everything stands still."""
        return self.meters.get("state") == "playing" and not self.hangs

    @property
    def is_coming(self) -> bool:
        """Whether one is being started, or found again."""
        return self._awaited is not None

    def request(self, do: str, done: Done | None = None, failed: Failed | None = None, **content: Any) -> None:
        """Command; `done` gets the answer. A refusal goes to `failed` as a sentence, or to the message bar without one."""
        if self._client is None:
            self._early.append((do, done, failed, content))
            return
        if self.hangs:  # nothing that is asked now should happen by surprise later
            self._refuse(failed, _NOT_DONE, "start_anew")
            return
        try:
            self._asked[self._client.ask(do, **content)] = (done, failed)
        except JamboxError as error:
            self._lose(error)

    def set(self, id: str, value: float) -> None:
        """Turn a parameter, now; nothing is awaited."""
        self.set_many({id: value})

    def set_many(self, values: dict[str, float]) -> None:
        """Turn several parameters at the same hop; without an engine, in the one that comes, or when it answers again."""
        if not values:
            return
        if self._client is None or self.hangs:
            if self.params:
                self.params |= values
                self.turned.meant |= values
            return
        self.turned.send(values, time.monotonic())
        self.params |= values
        try:
            self._client.set(**values)
        except JamboxError as error:
            self._lose(error)

    def start(self) -> None:
        """Start an engine again after it ended, or let a silent one play."""
        self.session.sounding = self.sounding() or self.session.sounding
        if self._client is None:
            if not self.is_coming:
                self.await_engine(begin_joining(self.session, self._progress))
            return
        sound = self.session.sounding or Sounding()
        self.request("start", lambda answer: self.refresh(), **sound.command(), **self.session.device)

    def start_anew(self) -> None:
        """End an engine that hangs, which asks it for nothing; its end is noticed, and it is started again."""
        if self._client is not None and self.hangs:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._client.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def _progress(self, sentence: str) -> None:
        self.said.emit(sentence, "")

    # What plays.

    def sounding(self) -> Sounding | None:
        """What sounds now; None before the engine told."""
        if not self.status:
            return None
        return sounding_of(self.status["plan"], (self.params or self.status["params"]) | self.turned.meant)

    def refresh(self, then: Callable[[], None] | None = None) -> None:
        """Ask what plays on what; `instrument_changed` follows if that is another one."""

        def told(answer: dict[str, Any]) -> None:
            before = self.status.get("plan", {}).get("instrument")
            self.status = answer
            self.params = answer["params"] | self.turned.sent
            self.session.sounding = self.sounding()
            if answer["plan"]["instrument"] != before:
                self.unheard = unheard(answer["plan"]["instrument"])
                self.instrument_changed.emit(answer["plan"]["instrument"])
            self.happened.emit({"event": "status"})
            if then is not None:
                then()

        self.request("status", told)

    def _tick(self) -> None:
        if self._client is not None:
            self._look()
            self._feel()
        self.ticked.emit()

    def _feel(self) -> None:
        """Ask now and then whether the engine is still there; tell if it is not."""
        now = time.monotonic()
        if self._pulse.is_late(now) and not self.hangs:
            self._read()  # the window itself may have been held up
            if self._client is not None and self._pulse.is_late(now):
                logging.getLogger("jambox").info("The engine does not answer.")
                self.hangs = True
                self.turned.hold()
                self.said.emit(_NO_ANSWER, "start_anew")
        elif self._pulse.is_due(now):
            self._pulse.ask(now)
            self.request("set", values={})

    def _hear(self) -> None:
        """It answers."""
        self._pulse.hear(time.monotonic())
        if self.hangs:
            self.hangs = False
            self.set_many(self.turned.take())
            self.refresh(self.answered.emit)

    def _look(self) -> None:
        assert self._client is not None
        self.meters = self._client.meters()
        shown = self.turned.look(self._client.params(), time.monotonic(), doubted=not self._pulse.is_open)
        self.params = shown | self.turned.meant if self.hangs else shown
        self.meters |= {meter: 0.0 for meter, id in _FOUND.items() if shown.get(id, 1.0) < 0.5}
        if not self.is_playing:
            self.meters |= _AT_REST if self.hangs else _SILENT  # one that hangs has ended no take
        self.shown.follow(self._client, self.meters, self.is_playing)

    # What the engine says.

    def _read(self) -> None:
        if self._client is None:
            return
        try:
            messages = self._client.messages()
        except JamboxError as error:
            self._lose(error)
            return
        if messages:
            self._hear()
        for message in messages:
            if "event" in message:
                self._take_event(message)
            else:
                self._take_answer(message)

    def _take_answer(self, message: dict[str, Any]) -> None:
        done, failed = self._asked.pop(int(message.get("id", -1)), (None, None))
        try:
            answer = answered(message)
        except JamboxError as error:
            self._refuse(failed, str(error))
            return
        if done is not None:
            done(answer)

    def _refuse(self, failed: Failed | None, sentence: str, action: str = "") -> None:
        if failed is not None:
            failed(sentence)
        else:
            self.said.emit(sentence, action)

    def _take_event(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind in ("problem", "midi", "device_lost"):
            self.said.emit(event["text"], "settings" if kind == "device_lost" else "")
        elif kind == "ended":
            self._meant_to_end = True
            self.said.emit(event["text"], "start")
        elif kind in ("loaded", "playing"):
            self.refresh()
        self.happened.emit(event)

    def _lose(self, error: JamboxError) -> None:
        """The engine is gone, or as good as: bring it back, unless its end was meant."""
        client = self._release()
        if client is None:
            return
        logging.getLogger("jambox").info("%s", error)
        for _, failed in self._asked.values():
            if failed is not None:
                failed(str(error))
        self._asked.clear()
        self.meters = self.meters | _SILENT | {"state": "stopped"}
        if self.status:
            self.status = self.status | {"state": "stopped"}
        self._timer.start()  # views fall to rest
        heals = isinstance(error, EngineGone) and not self._meant_to_end
        if heals:
            self.await_engine(begin_healing(client, self._progress), self.healed.emit)
        self.gone.emit()
        if not heals:
            client.close()
            if not self._meant_to_end:
                self.said.emit(str(error), "start")
