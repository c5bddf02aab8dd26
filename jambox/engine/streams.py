"""The stream that plays: opened, closed, lost and waited for, one at a time. [control]"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jambox.engine import devices
from jambox.engine.cables import Cables
from jambox.engine.engine import Engine
from jambox.engine.journal import note
from jambox.engine.making import check_sound, described, make_stream, route_of
from jambox.engine.plan import Plan
from jambox.engine.record import STARTING, STOPPED, WAITING
from jambox.engine.worker import Answer
from jambox.errors import BadInput, DeviceError, JamboxError

if TYPE_CHECKING:
    from jambox.engine.control import Control

RETRY_S = 1.0
# A device opens in less; a sound server that hangs keeps whoever opens it for ever.
OPENS_WITHIN_S = 3.0
CABLES_S = 2.0


class Streams:
    """Every way in which `Control.engine` comes and goes."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._cables: Cables | None = None
        self._cables_at = 0.0
        self._untouched = True  # no stream was opened yet
        self._retry_at: float | None = None
        self._opening_at: float | None = None

    @property
    def opening(self) -> bool:
        """[control] Whether a stream is being opened while none plays."""
        return self._opening_at is not None

    @property
    def hangs(self) -> bool:
        """[control] Whether it has been for so long that nothing will come of it: the worker is lost to whatever else."""
        return self._opening_at is not None and time.monotonic() - self._opening_at > OPENS_WITHIN_S

    def give_up(self, plan: Plan) -> None:
        """[control] Leave the opening that hangs behind: a fresh image of this process does what the plan says instead."""
        self._control.adopt(plan)
        self._control.lost = "The device does not answer."
        note("device hangs", logging.WARNING)

    def resume(self) -> None:
        """Play on where an engine before this one was interrupted."""
        if self._control.plan.playing:
            self._control.publisher.show_state(WAITING)
            self._retry_at = time.monotonic()

    def tick(self) -> None:
        """[control] Try again what is waited for; look after the cables."""
        control, now = self._control, time.monotonic()
        if self._retry_at is not None and now >= self._retry_at and not control.changes.under_way:
            self._retry_at = None
            wished = control.plan.sample_rate
            control.changes.ask(
                lambda done: self._open(lambda plan: plan, done, waiting=True), lambda result: self._retried(result, wished)
            )
        if self._cables is not None and now >= self._cables_at and not control.worker.busy:
            self._cables_at = now + CABLES_S
            control.worker.work(self._cables.laid, self._remember, lambda error: None)

    def reopen(self, wanted: Callable[[Plan], Plan], answer: Answer, song: str | None = None) -> None:
        """Close the stream if there is one, and open what `wanted` makes of the plan. One whose files are not there any more
        is refused, while the stream plays on."""
        control = self._control
        if control.engine is None:
            self._open(wanted, answer, song)
        elif control.plan.log:
            answer(BadInput("A run that is being logged must be ended first: it keeps its device and its runtime."))
        else:
            plan = control.current(None)
            control.worker.work(lambda: check_sound(wanted(plan)), lambda found: self._open(wanted, answer, song), answer)

    def stop(self, answer: Answer) -> None:
        """Fade out and let go of the device; the answer says whether the log of the run is whole."""
        control = self._control
        engine, cables = self._let_go()
        control.adopt(control.plan.model_copy(update={"playing": False}))
        self._retry_at = None

        def close() -> str | None:
            _close(engine, cables)
            return engine.log_problem if engine is not None else None

        def ended(result: Any) -> None:
            control.plan = control.plan.model_copy(update={"log": None})
            control.publisher.show_state(STOPPED)
            answer(result if isinstance(result, JamboxError) else {"log_problem": result})
            if isinstance(result, devices.DeviceGone):
                self._begin_anew(result)

        control.worker.work(close, ended, ended)

    def without(self, job: Callable[[], dict[str, Any]], done: Answer) -> None:
        """Close the stream, have `job` done, let the stream play on; the answer is what `job` returned."""
        control = self._control
        old, cables = self._let_go()
        plan, before = control.current(None), control.heading()
        control.publisher.show_state(STARTING)

        def work() -> dict[str, Any]:
            _close(old, cables)
            devices.refresh()
            try:
                result = job()
            except devices.DeviceGone:
                raise
            except Exception:
                play_on()
                raise
            play_on()
            return result

        def play_on() -> None:
            if old is not None:
                devices.refresh()
                again = make_stream(plan)
                control.worker.later(lambda: self._made(*again, before))

        def ended(result: dict[str, Any] | JamboxError) -> None:
            if control.engine is None:
                control.publisher.show_state(STOPPED)
            done(result)
            if isinstance(result, devices.DeviceGone):
                self._begin_anew(result)

        control.worker.work(work, ended, ended)

    def lose(self, engine: Engine) -> None:
        """The device is gone, while it played."""
        control = self._control
        engine.abandon()
        control.end()  # a recording ends with its stream, and says so
        gone = devices.DeviceGone(engine.route)
        final = control.plan.log is not None
        if final:
            control.tell({"event": "ended", "text": str(gone), "code": DeviceError.exit_code})
            control.plan = control.plan.model_copy(update={"log": None, "playing": False})
            control.leaving = True
        self._begin_anew(gone)

    def _begin_anew(self, gone: devices.DeviceGone) -> None:
        """PortAudio cannot be closed any more: a fresh image of this process does, if it is to play, wait for the device."""
        control, route = self._control, gone.route
        control.lost = str(gone)
        note("device lost", logging.WARNING, device=route.describe())
        if not control.plan.playing:
            return
        control.tell({"event": "device_lost", "text": control.lost, "code": DeviceError.exit_code})
        # Not just any device: the one that played.
        names = {"input_device": route.input.name, "output_device": route.output.name, "host_api": route.output.host_api}
        control.plan = control.plan.model_copy(update=names)

    def _open(
        self, wanted: Callable[[Plan], Plan], answer: Answer, song: str | None = None, *, waiting: bool = False
    ) -> None:
        control = self._control
        old, cables = self._let_go()
        self._opening_at = time.monotonic() if old is None else None
        plan, before = control.current(None), control.heading()
        first, self._untouched = self._untouched, False
        if not waiting:
            control.publisher.show_state(STARTING)

        def make() -> tuple[Engine, Plan, Cables]:
            _close(old, cables)
            if not first:
                # Devices come and go; and JACK's ports are counted on from one stream to the next, unless it begins anew.
                devices.refresh()
            try:
                target = wanted(plan)
                return _returned(target) if waiting else make_stream(target, song)
            except JamboxError:
                if old is not None:
                    go_back()
                raise

        def go_back() -> None:
            # The old device plays on; the error is told all the same.
            devices.refresh()
            try:
                again = make_stream(plan)
            except JamboxError as error:
                refusal = error
                control.worker.later(lambda: self._retried(refusal, None))
            else:
                control.worker.later(lambda: self._made(*again, before))

        def made(result: tuple[Engine, Plan, Cables]) -> None:
            self._opening_at = None
            self._made(*result, before)
            answer(described(control.engine, control.plan))

        def failed(error: dict[str, Any] | JamboxError) -> None:
            self._opening_at = None
            if control.engine is None and not waiting and self._retry_at is None:
                control.publisher.show_state(STOPPED)
            answer(error)
            if isinstance(error, devices.DeviceGone):
                self._begin_anew(error)

        control.worker.work(make, made, failed)

    def _made(self, engine: Engine, plan: Plan, cables: Cables, before: dict[str, float]) -> None:
        """The stream plays; what was turned since the parameters were `before` is turned in it as well."""
        control, turned = self._control, self._control.turned_since(before)
        self._cables, self._cables_at = cables, time.monotonic() + CABLES_S
        control.begin(engine)
        control.adopt(plan.model_copy(update={"playing": True, "params": {**plan.params, **turned}}))
        control.turn(turned)
        control.publisher.show_stream(engine)
        control.publisher.show(engine, 0.0)  # whoever is answered now sees this stream's counts, not the last one's
        control.failure = None
        note("playing", instrument=plan.instrument, device=engine.route.describe(), sample_rate=engine.sample_rate)

    def _retried(self, result: dict[str, Any] | JamboxError, wished: int | None) -> None:
        """What was waited for is there, or not; a device that does not run at the `wished` rate any more is told of."""
        control = self._control
        if isinstance(result, DeviceError):
            self._retry_at = time.monotonic() + RETRY_S
            control.publisher.show_state(WAITING)
        elif isinstance(result, JamboxError):  # an instrument that is gone does not come back by waiting
            note(str(result), logging.WARNING)
            control.plan = control.plan.model_copy(update={"playing": False})
            control.publisher.show_state(STOPPED)
            control.failure = {"event": "ended", "text": str(result), "code": result.exit_code}
            control.tell(control.failure)
        else:
            if wished and result["sample_rate"] != wished:
                text = f"{result['device']} runs at {result['sample_rate']} Hz now, not at {wished} Hz as was wished."
                note(text, logging.WARNING)
                control.tell({"event": "problem", "text": text})
            control.tell({"event": "playing", **result})

    def _let_go(self) -> tuple[Engine | None, Cables | None]:
        cables, self._cables = self._cables, None
        return self._control.end(), cables

    def _remember(self, cables: list[tuple[str, str]] | None) -> None:
        """Cables that were laid by hand are laid again next time."""
        if cables and cables != self._control.plan.cables:
            self._control.plan = self._control.plan.model_copy(update={"cables": cables})
            self._control.save()


def _returned(plan: Plan) -> tuple[Engine, Plan, Cables]:
    """[worker] The plan on a device that came back: at the device's own rate if it does not take the plan's any more."""
    try:
        return make_stream(plan)
    except DeviceError:
        if plan.sample_rate in (None, 0, route_of(plan).output.default_rate):
            raise
    return make_stream(plan.model_copy(update={"sample_rate": 0}))


def _close(engine: Engine | None, cables: Cables | None) -> None:
    """[worker] Let a stream end; DeviceGone if its device went away under it, or threw it out."""
    let_go = cables is None or cables.close()
    if engine is not None and not (engine.stop() and let_go):
        raise devices.DeviceGone(engine.route)
