"""Instruments that take over from the one that plays, by crossfade. [control]"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jambox.engine.changes import Newcomer
from jambox.engine.journal import note
from jambox.engine.making import check_sound, make_instrument, sounding
from jambox.engine.plan import Plan, Sound
from jambox.engine.worker import Answer
from jambox.errors import JamboxError

if TYPE_CHECKING:
    from jambox.engine.control import Control


class Newcomers:
    """`load` prepares one; `tick` sends it on stage as soon as there is room."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._newcomer: Newcomer | None = None

    def load(self, content: Sound, done: Answer) -> None:
        """Let what `content` names take over; an engine that is silent takes note."""
        control = self._control
        if control.engine is not None and content.runtime not in (None, control.plan.runtime):
            control.streams.reopen(lambda plan: sounding(plan.changed(content), content), done)
            return
        plan, before, engine = control.current(content), control.heading(), control.engine

        def build() -> Newcomer | Plan:
            wanted = sounding(plan, content)
            if engine is None:
                check_sound(wanted)  # nobody may be there any more to be told when the device returns
                return wanted
            return Newcomer(*make_instrument(wanted, engine), wanted, before, done)

        def built(result: Newcomer | Plan) -> None:
            if isinstance(result, Plan):
                control.adopt(result)
                done({})
            else:
                self._newcomer = result
                self.tick()

        control.worker.work(build, built, done)

    def tick(self) -> None:
        """[control] Send the newcomer on stage, if there is one, and room."""
        control = self._control
        if self._newcomer is None or control.engine is None:
            return
        control.engine.stage.free_retired()
        if control.engine.stage.occupied:
            return
        newcomer, self._newcomer = self._newcomer, None
        plan, turned = newcomer.plan, control.turned_since(newcomer.before)
        try:
            for id, value in turned.items():
                newcomer.instrument.set(id, value)
            control.engine.swap(newcomer.instrument, newcomer.origin)
        except JamboxError as error:
            newcomer.done(error)
            return
        control.adopt(plan.model_copy(update={"params": {**plan.params, **turned}}))
        note("loaded", instrument=plan.instrument, preset=plan.preset)
        control.tell({"event": "loaded", "instrument": plan.instrument, "preset": plan.preset})
        newcomer.done({})
