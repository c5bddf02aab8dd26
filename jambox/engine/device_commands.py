"""The commands that try a device out: a tone to hear, and the smallest block that it keeps up with. [control]"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jambox.engine.buffers import best_of, try_sizes
from jambox.engine.making import route_of, settings_of
from jambox.engine.plan import Note, TestTone, Trials
from jambox.engine.worker import Answer
from jambox.errors import BadInput, JamboxError

if TYPE_CHECKING:
    from jambox.engine.control import Control

A4_KEY = 69
_ONLY_KEYS = 2.0
# Values of `source` with which a key alone does not sound.
_WITHOUT_KEYS = (1.0, 3.0, 4.0)
# After its end the tone may ring on before the voice plays again.
_RING_S = 0.5


class DeviceCommands:
    """`DeviceCommands.<command>(content, answer)`; `tick` some sixty times a second."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._source: float | None = None  # to go back to when the tone is over
        self._until = 0  # the sample at which that is

    def test_tone(self, content: TestTone, answer: Answer) -> None:
        """The instrument plays an A for a moment, whatever plays it otherwise."""
        control = self._control

        def pressed(result: dict[str, Any] | JamboxError) -> None:
            if isinstance(result, dict) and control.engine is not None:
                ends_s = content.seconds + _RING_S
                self._until = int(result["starts"]) + round(ends_s * control.engine.sample_rate)
            answer(result)

        source = control.params["source"]
        if control.engine is not None and source in _WITHOUT_KEYS:
            self._source = source
            control.turn({"source": _ONLY_KEYS})
        control.note(Note.model_validate({"key": A4_KEY, "seconds": content.seconds}), pressed)

    def find_buffer(self, content: Trials, answer: Answer) -> None:
        """Try block sizes on the plan's device, from the smallest on, until one is safe; each is told as an event, and then
        the stream that there was plays on."""
        control = self._control
        plan = control.plan.model_copy(update={"params": control.params, "log": None})

        def tried() -> dict[str, Any]:
            route = route_of(plan)
            trials = []
            for trial in try_sizes(settings_of(plan), route, content.seconds):
                trials.append(trial)
                event = {"event": "trial", **asdict(trial), "safe": trial.safe}
                control.worker.later(lambda event=event: control.tell(event))  # type: ignore[misc]
            best = best_of(trials)
            return {"best": asdict(best) | {"safe": best.safe}, "jack": route.is_jack}

        if control.plan.log:
            answer(BadInput("A run that is being logged must be ended first: it keeps its device."))
        else:
            control.without_stream(tried, answer)

    def tick(self) -> None:
        """[control] After the tone, who played before plays again, unless somebody chose meanwhile."""
        engine = self._control.engine
        if self._source is None or (engine is not None and engine.position < self._until):
            return
        source, self._source = self._source, None
        if self._control.params["source"] == _ONLY_KEYS:
            self._control.turn({"source": source})
