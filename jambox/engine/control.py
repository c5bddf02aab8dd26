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
from jambox.engine.cables import Cables
from jambox.engine.changes import Changes, Newcomer
from jambox.engine.device_commands import DeviceCommands
from jambox.engine.engine import Engine
from jambox.engine.journal import note
from jambox.engine.keyboards import Keyboards
from jambox.engine.keys import Keys
from jambox.engine.making import all_params, described, make_instrument, make_stream, sounding
from jambox.engine.midi_commands import MidiCommands
from jambox.engine.plan import Device as DeviceChange
from jambox.engine.plan import Note, Plan, Run, Sound, save_plan
from jambox.engine.publish import Publisher
from jambox.engine.record import STARTING, STOPPED, WAITING
from jambox.engine.recordings import Recordings
from jambox.engine.watch import Watch
from jambox.engine.worker import Answer, Worker
from jambox.errors import BadInput, DeviceError, JamboxError

RETRY_S = 1.0
SAVE_WITHIN_S = 0.25
CABLES_S = 2.0


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
        self._folder, self._publisher, self.tell = folder, publisher, tell
        self.worker = Worker(wake)
        self.keyboards = Keyboards()
        self._midi = MidiCommands(self)
        self._devices = DeviceCommands(self)
        self._params = all_params(plan.params)
        self._pending: dict[str, float] = {}
        self._changes = Changes()
        self._newcomer: Newcomer | None = None
        self._recordings = Recordings()
        self._keys = Keys()
        self._cables: Cables | None = None
        self._cables_at = 0.0
        self._untouched = True  # no stream was opened yet
        self._watcher = Watch()
        self._retry_at: float | None = None
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

    @property
    def params(self) -> dict[str, float]:
        """[control] Where every parameter is heading."""
        return self._params | self._pending

    def turn(self, values: dict[str, float]) -> None:
        """[control] Let parameters go to `values`, each checked."""
        self._pending |= values

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

        self._changes.ask(lambda done: self._reopen(wanted, done, song), answer)

    def load(self, content: Sound, answer: Answer) -> None:
        """Let another instrument, preset or room take over by crossfade; an engine that is silent takes note."""
        self._changes.ask(lambda done: self._load(content, done), answer)

    def device(self, content: DeviceChange, answer: Answer) -> None:
        """Play through another device, rate or block size; instrument and parameters stay."""

        def begin(done: Answer) -> None:
            if self.engine is None:
                self._adopt(self.plan.changed(content))
                done({})
            else:
                self._reopen(lambda plan: plan.changed(content), done)

        self._changes.ask(begin, answer)

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
        self._changes.ask(self._stop, answer)

    def _stop(self, answer: Answer) -> None:
        engine, cables = self._let_go()
        self._adopt(self.plan.model_copy(update={"playing": False}))
        self._retry_at = None

        def close() -> str | None:
            if cables is not None:
                cables.close()
            if engine is not None and not engine.stop():
                raise DeviceError(f"{engine.route.describe()} went away.")
            return engine.log_problem if engine is not None else None

        def closed(problem: str | None) -> None:
            self.plan = self.plan.model_copy(update={"log": None})
            self._publisher.show_state(STOPPED)
            answer({"log_problem": problem})

        self.worker.work(close, closed, answer)

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

        self.stop(content, left)

    # Life.

    def resume(self) -> None:
        """Play on where an engine before this one was interrupted."""
        if self.plan.playing:
            self._publisher.show_state(WAITING)
            self._retry_at = time.monotonic()

    def tick(self) -> None:
        """[control] Whatever is due."""
        self.worker.run_results()
        engine = self.engine
        self._midi.tick()
        self._devices.tick()
        self._pass_on()
        if engine is not None:
            self._watch(engine)
        now = time.monotonic()
        if self._retry_at is not None and now >= self._retry_at and not self._changes.under_way:
            self._retry_at = None
            self._changes.ask(lambda done: self._open(lambda plan: plan, done, waiting=True), self._retried)
        if self._cables is not None and now >= self._cables_at and not self.worker.busy:
            self._cables_at = now + CABLES_S
            self.worker.work(self._cables.laid, self._remember, lambda error: None)
        if self._unsaved_since is not None and now >= self._unsaved_since + SAVE_WITHIN_S:
            self.save()

    def _remember(self, cables: list[tuple[str, str]] | None) -> None:
        """Cables that were laid by hand are laid again next time."""
        if cables and cables != self.plan.cables:
            self.plan = self.plan.model_copy(update={"cables": cables})
            self.save()

    @property
    def quick(self) -> bool:
        """Whether meters move, so that looking often is worth it."""
        return self.engine is not None

    def save(self) -> None:
        """Keep the plan for whoever comes after; a full disk is noted, not fatal."""
        self._unsaved_since = None
        self.plan = self.plan.model_copy(update={"params": self._params})
        try:
            save_plan(self._folder, self.plan)
        except OSError as error:
            note("the plan could not be kept", logging.WARNING, reason=str(error))

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
        self._publisher.show_params(self._params)
        self._unsaved_since = self._unsaved_since or time.monotonic()

    def _watch(self, engine: Engine) -> None:
        self._keys.lift(engine)
        engine.stage.free_retired()
        self._change_guard()
        self._publisher.show(engine, self._recordings.seconds)
        self._publisher.show_midi(self.keyboards)
        problem = self._recordings.problem()
        if problem is not None:
            self._complain(problem)
        for sentence in (*self._watcher.complaints(engine, self.plan.instrument), *self._watcher.howls(engine)):
            self._complain(sentence)
        if self._watcher.is_gone(engine):
            self._lose(engine)

    def _complain(self, sentence: str) -> None:
        note(sentence, logging.WARNING)
        self.tell({"event": "problem", "text": sentence})

    def _lose(self, engine: Engine) -> None:
        """The device is gone. PortAudio cannot be closed then: a fresh image of this process waits for it to come back."""
        self.lost = f"{engine.route.describe()} went away."
        note("device lost", logging.WARNING, device=engine.route.describe())
        engine.abandon()
        final = self.plan.log is not None
        self.tell({"event": "ended" if final else "device_lost", "text": self.lost, "code": DeviceError.exit_code})
        route = engine.route
        keep: dict[str, Any] = {"log": None, "playing": not final}
        if not final:
            # Not just any device: the one that played.
            keep |= {"input_device": route.input.name, "output_device": route.output.name}
            keep |= {"host_api": route.output.host_api}
        self.plan = self.plan.model_copy(update=keep)
        self.leaving = final

    def _load(self, content: Sound, done: Answer) -> None:
        if content.runtime not in (None, self.plan.runtime):
            self._reopen(lambda plan: sounding(plan.changed(content), content), done)
            return
        plan, before, engine = self._current(content), dict(self._params), self.engine

        def build() -> Newcomer | Plan:
            wanted = sounding(plan, content)
            return wanted if engine is None else Newcomer(*make_instrument(wanted, engine), wanted, before, done)

        def built(result: Newcomer | Plan) -> None:
            if isinstance(result, Plan):
                self._adopt(result)
                done({})
            else:
                self._newcomer = result
                self._change_guard()

        self.worker.work(build, built, done)

    def _change_guard(self) -> None:
        """Send the newcomer on stage, as soon as there is room."""
        if self._newcomer is None or self.engine is None:
            return
        self.engine.stage.free_retired()
        if self.engine.stage.occupied:
            return
        newcomer, self._newcomer = self._newcomer, None
        plan = newcomer.plan
        turned = {id: value for id, value in self._params.items() if value != newcomer.before[id]}  # while it loaded
        try:
            for id, value in turned.items():
                newcomer.instrument.set(id, value)
            self.engine.swap(newcomer.instrument, newcomer.origin)
        except JamboxError as error:
            newcomer.done(error)
            return
        self._adopt(plan.model_copy(update={"params": {**plan.params, **turned}}))
        note("loaded", instrument=plan.instrument, preset=plan.preset)
        self.tell({"event": "loaded", "instrument": plan.instrument, "preset": plan.preset})
        newcomer.done({})

    def _reopen(self, wanted: Callable[[Plan], Plan], answer: Answer, song: str | None = None) -> None:
        if self.engine is not None and self.plan.log:
            answer(BadInput("A run that is being logged must be ended first: it keeps its device and its runtime."))
        else:
            self._open(wanted, answer, song)

    def _open(
        self, wanted: Callable[[Plan], Plan], answer: Answer, song: str | None = None, *, waiting: bool = False
    ) -> None:
        """Close the stream if there is one, and open what `wanted` makes of the plan."""
        old, cables = self._let_go()
        plan = self._current(None)
        first, self._untouched = self._untouched, False
        if not waiting:
            self._publisher.show_state(STARTING)

        def make() -> tuple[Engine, Plan, Cables]:
            if cables is not None:
                cables.close()
            if old is not None and not old.stop():
                raise DeviceError(f"{old.route.describe()} went away.")
            if not first:
                # Devices come and go; and JACK's ports are counted on from one stream to the next, unless it begins anew.
                devices.refresh()
            target = wanted(plan)
            try:
                return make_stream(target, song)
            except JamboxError:
                if old is None:
                    raise
                # The old device plays on; the error is told all the same.
                devices.refresh()
                again = make_stream(plan)
                self.worker.later(lambda: self._made(*again))
                raise

        def made(result: tuple[Engine, Plan, Cables]) -> None:
            self._made(*result)
            answer(described(self.engine, self.plan))

        def failed(error: dict[str, Any] | JamboxError) -> None:
            if self.engine is None and not waiting:
                self._publisher.show_state(STOPPED)
            answer(error)

        self.worker.work(make, made, failed)

    def without_stream(self, job: Callable[[], dict[str, Any]], answer: Answer) -> None:
        """[control] Close the stream, have `job` done, let the stream play on; the answer is what `job` returned."""

        def begin(done: Answer) -> None:
            old, cables = self._let_go()
            plan = self._current(None)
            self._publisher.show_state(STARTING)

            def work() -> dict[str, Any]:
                if cables is not None:
                    cables.close()
                if old is not None and not old.stop():
                    raise DeviceError(f"{old.route.describe()} went away.")
                devices.refresh()
                try:
                    return job()
                finally:
                    if old is not None:
                        devices.refresh()
                        again = make_stream(plan)
                        self.worker.later(lambda: self._made(*again))

            def ended(result: dict[str, Any] | JamboxError) -> None:
                if self.engine is None:
                    self._publisher.show_state(STOPPED)
                done(result)

            self.worker.work(work, ended, ended)

        self._changes.ask(begin, answer)

    def _made(self, engine: Engine, plan: Plan, cables: Cables) -> None:
        self.engine, self._cables = engine, cables
        self.keyboards.stage = engine.stage
        self._cables_at, self._watcher = time.monotonic() + CABLES_S, Watch()
        self._adopt(plan.model_copy(update={"playing": True}))
        self._publisher.show_stream(engine)
        self._publisher.show(engine, 0.0)  # whoever is answered now sees this stream's counts, not the last one's
        self.failure = None
        note("playing", instrument=plan.instrument, device=engine.route.describe(), sample_rate=engine.sample_rate)

    def _retried(self, result: dict[str, Any] | JamboxError) -> None:
        if isinstance(result, DeviceError):
            self._retry_at = time.monotonic() + RETRY_S
            self._publisher.show_state(WAITING)
        elif isinstance(result, JamboxError):  # an instrument that is gone does not come back by waiting
            note(str(result), logging.WARNING)
            self.plan = self.plan.model_copy(update={"playing": False})
            self._publisher.show_state(STOPPED)
            self.failure = {"event": "ended", "text": str(result), "code": result.exit_code}
            self.tell(self.failure)
        else:
            self.tell({"event": "playing", **result})

    def _let_go(self) -> tuple[Engine | None, Cables | None]:
        engine, self.engine = self.engine, None
        self.keyboards.stage = None
        self._keys.forget()
        cables, self._cables = self._cables, None
        ended = self._recordings.end()
        if ended is not None:
            self._complain(ended)
        return engine, cables

    def _current(self, change: Sound | None) -> Plan:
        """The plan with all parameters as they are now, and `change`."""
        self._pass_on()
        plan = self.plan.model_copy(update={"params": dict(self._params)})
        if change is None:
            return plan
        return plan.changed(change)

    def _adopt(self, plan: Plan) -> None:
        self.plan = plan
        self._params = all_params(plan.params)
        self._publisher.show_params(self._params)
        self.save()
