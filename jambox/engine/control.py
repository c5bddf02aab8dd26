"""What the engine does when it is told to: the only thread that changes anything. [control]

Slow work (opening devices, loading instruments) is done by a worker, one job after the other; its results come back to the
control thread, which alone holds the engine and the plan. So a command channel never waits for a disk, nor sound for either.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jambox.engine import devices
from jambox.engine.changes import Changes
from jambox.engine.device_commands import DeviceCommands
from jambox.engine.engine import Engine
from jambox.engine.journal import note
from jambox.engine.keyboards import Keyboards
from jambox.engine.keys import Keys
from jambox.engine.making import all_params, described, sounding
from jambox.engine.midi_commands import MidiCommands
from jambox.engine.newcomers import Newcomers
from jambox.engine.plan import Device as DeviceChange
from jambox.engine.plan import Note, Plan, Run, Sound, save_plan
from jambox.engine.publish import Publisher
from jambox.engine.record import STOPPED
from jambox.engine.recordings import Recordings
from jambox.engine.streams import Streams
from jambox.engine.watch import Watch
from jambox.engine.worker import Answer, Worker
from jambox.errors import BadInput, DeviceError, JamboxError

SAVE_WITHIN_S = 0.25


class Control:
    """The engine's life: `command(name)(content, answer)` for every command, `tick` some sixty times a second.

    `wake` is called from the worker when a result waits; `tell` sends an event to every client.
    """

    def __init__(
        self,
        folder: Path,
        plan: Plan,
        publisher: Publisher,
        wake: Callable[[], None],
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        self.engine: Engine | None = None
        self.plan = plan
        self.lost: str | None = None  # why the device must be waited for by a fresh image of this process
        self.leaving = False
        self.failure: dict[str, Any] | None = None  # why it could not play on
        self._folder, self.publisher, self.tell = folder, publisher, tell
        self.worker = Worker(wake)
        self.changes = Changes()
        self.keyboards = Keyboards()
        self.streams = Streams(self)
        self._newcomers = Newcomers(self)
        self._midi = MidiCommands(self)
        self._devices = DeviceCommands(self)
        self._params = all_params(plan.params)
        self._pending: dict[str, float] = {}
        self._recordings = Recordings()
        self._keys = Keys()
        self._watcher = Watch()
        self._unsaved_since: float | None = None
        publisher.show_params(self._params)
        publisher.show_state(STOPPED)

    def command(self, name: str) -> Callable[[Any, Answer], None]:
        """What carries out the command of that name, one of plan.COMMANDS."""
        holder = next(holder for holder in (self, self._midi, self._devices) if hasattr(holder, name))
        method: Callable[[Any, Answer], None] = getattr(holder, name)
        return method

    # Commands, in the order of plan.COMMANDS.

    def hello(self, content: Any, answer: Answer) -> None:
        """Nothing more to say than the answer to every hello; see server."""
        answer({})

    def status(self, content: Any, answer: Answer) -> None:
        """The plan, and what is being done about it."""
        answer({"plan": self.plan.model_dump(), "params": self._params, **described(self.engine, self.plan)})

    def set(self, content: Any, answer: Answer) -> None:
        """Parameters: the latest value counts, at the next hop."""
        self.turn(content.values)
        answer({})

    def note(self, content: Note, answer: Answer) -> None:
        """A key goes down or up; the answer says at which sample of the stream that is heard."""
        engine = self.engine
        if engine is None:
            answer(BadInput("Nothing plays that could take a note."))
            return
        try:
            answer(self._keys.press(engine, content))
        except JamboxError as error:
            answer(error)

    def start(self, content: Run, answer: Answer) -> None:
        """Play, on a stream that is opened anew if there was one."""
        song, run = content.song, content.model_copy(update={"song": None})

        def wanted(plan: Plan) -> Plan:
            return sounding(plan.changed(run), run)

        self.changes.ask(lambda done: self.streams.reopen(wanted, done, song), answer)

    def load(self, content: Sound, answer: Answer) -> None:
        """Let another instrument, preset or room take over by crossfade; an engine that is silent takes note."""
        self.changes.ask(lambda done: self._newcomers.load(content, done), answer)

    def device(self, content: DeviceChange, answer: Answer) -> None:
        """Play through another device, rate or block size; instrument and parameters stay."""

        def begin(done: Answer) -> None:
            if self.engine is None:
                self.adopt(self.plan.changed(content))
                done({})
            else:
                self.streams.reopen(lambda plan: plan.changed(content), done)

        if self.streams.hangs:
            answer({})
            self.streams.give_up(self.plan.changed(content))
        else:
            self.changes.ask(begin, answer)

    def devices(self, content: Any, answer: Answer) -> None:
        """What there is to play through."""
        fresh = self.engine is None

        def look() -> list[dict[str, Any]]:
            if fresh:
                devices.refresh()
            return [asdict(device) for device in devices.list_devices()]

        self.worker.work(look, lambda found: answer({"devices": found}), answer)

    def stop(self, content: Any, answer: Answer) -> None:
        """Fade out and let go of the device; the answer says whether the log of the run is whole."""
        if self.streams.hangs:
            answer({"log_problem": None})
            self.streams.give_up(self.plan.model_copy(update={"playing": False}))
        else:
            self.changes.ask(self.streams.stop, answer)

    def panic(self, content: Any, answer: Answer) -> None:
        """End all sound at once."""
        if self.engine is not None:
            self.engine.panic()
        answer({})

    def record(self, content: Any, answer: Answer) -> None:
        """Record output and input from now on."""
        try:
            stage = self.engine.stage if self.engine is not None else None
            self._recordings.begin(stage, Path(content.path), content.from_start)
        except JamboxError as error:
            answer(error)
        else:
            answer({"path": content.path})

    def record_stop(self, content: Any, answer: Answer) -> None:
        """Finish the recording; the answer says how long it is."""
        try:
            complete = self._recordings.finish()
        except JamboxError as error:
            answer(error)
        else:
            self.worker.work(complete, answer, answer)

    def quit(self, content: Any, answer: Answer) -> None:
        """Stop, then leave; see server for who may be left behind."""

        def left(result: dict[str, Any] | JamboxError) -> None:
            answer(result)
            self.leaving = True

        if self.streams.opening:  # there is nothing to fade out, and a device that hangs is not waited for
            left({"log_problem": None})
        else:
            self.stop(content, left)

    # Parameters and plan.

    @property
    def params(self) -> dict[str, float]:
        """[control] Where every parameter is heading."""
        return self._params | self._pending

    def turn(self, values: dict[str, float]) -> None:
        """[control] Let parameters go to `values`, each checked."""
        self._pending |= values

    def heading(self) -> dict[str, float]:
        """[control] Where every parameter is, to be compared with later (`turned_since`)."""
        return dict(self._params)

    def turned_since(self, before: dict[str, float]) -> dict[str, float]:
        """[control] Those that were turned since they were `before`."""
        return {id: value for id, value in self._params.items() if value != before[id]}

    def current(self, change: Sound | None) -> Plan:
        """[control] The plan with all parameters as they are now, and `change`."""
        self._pass_on()
        plan = self.plan.model_copy(update={"params": dict(self._params)})
        return plan if change is None else plan.changed(change)

    def adopt(self, plan: Plan) -> None:
        """[control] This is what plays."""
        self.plan = plan
        self._params = all_params(plan.params)
        self.publisher.show_params(self._params)
        self.save()

    def save(self) -> None:
        """Keep the plan for whoever comes after; a full disk is noted, not fatal."""
        self._unsaved_since = None
        self.plan = self.plan.model_copy(update={"params": self._params})
        try:
            save_plan(self._folder, self.plan)
        except OSError as error:
            note("the plan could not be kept", logging.WARNING, reason=str(error))

    # Life.

    def resume(self) -> None:
        """Play on where an engine before this one was interrupted."""
        self.streams.resume()

    def begin(self, engine: Engine) -> None:
        """[control] This engine plays from now on."""
        self.engine, self.keyboards.stage, self._watcher = engine, engine.stage, Watch()

    def end(self) -> Engine | None:
        """[control] None plays from now on: the one that did is to be closed."""
        engine, self.engine = self.engine, None
        self.keyboards.stage = None
        self._keys.forget()
        ended = self._recordings.end()
        if ended is not None:
            self._complain(ended, files=self._recordings.files)
        return engine

    def without_stream(self, job: Callable[[], dict[str, Any]], answer: Answer) -> None:
        """[control] Close the stream, have `job` done, let the stream play on; the answer is what `job` returned."""
        self.changes.ask(lambda done: self.streams.without(job, done), answer)

    def tick(self) -> None:
        """[control] Whatever is due."""
        self.worker.run_results()
        engine = self.engine
        self._midi.tick()
        self._devices.tick()
        self._pass_on()
        if engine is not None:
            self._watch(engine)
        self.streams.tick()
        if self.streams.hangs:
            self.changes.refuse(
                DeviceError("The device does not answer: until it does, nothing but the device can be changed.")
            )
        if self._unsaved_since is not None and time.monotonic() >= self._unsaved_since + SAVE_WITHIN_S:
            self.save()

    @property
    def quick(self) -> bool:
        """Whether meters move, so that looking often is worth it."""
        return self.engine is not None

    def close(self) -> None:
        """Finish what is on disk; the stream must be closed, or dead."""
        self._recordings.end()
        self.keyboards.close()
        self.save()

    def _pass_on(self) -> None:
        """Parameters to the instruments, in one go however many came."""
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        self._params |= pending
        if self.engine is not None:
            for id, value in pending.items():
                try:
                    self.engine.set(id, value)
                except JamboxError:  # the queue is full, since the device asks for nothing: later
                    self._pending[id] = value
        self.publisher.show_params(self._params)
        self._unsaved_since = self._unsaved_since or time.monotonic()

    def _watch(self, engine: Engine) -> None:
        self._keys.lift(engine)
        engine.stage.free_retired()
        self._newcomers.tick()
        self.publisher.show(engine, self._recordings.seconds)
        self.publisher.show_midi(self.keyboards)
        problem = self._recordings.problem()
        if problem is not None:
            self._complain(problem)
        for sentence in (*self._watcher.complaints(engine, self.plan.instrument), *self._watcher.howls(engine)):
            self._complain(sentence)
        if self._watcher.is_gone(engine):
            self.streams.lose(engine)

    def _complain(self, sentence: str, **more: Any) -> None:
        note(sentence, logging.WARNING)
        self.tell({"event": "problem", "text": sentence, **more})
