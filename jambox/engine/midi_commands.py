"""The commands of the engine that have to do with MIDI. [control]"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from jambox.engine.journal import note
from jambox.engine.keyboards import Found
from jambox.engine.plan import MidiPorts
from jambox.engine.worker import Answer
from jambox.errors import JamboxError

if TYPE_CHECKING:
    from jambox.engine.control import Control

LOOK_EVERY_S = 1.0


class MidiCommands:
    """`MidiCommands.<command>(content, answer)`; `tick` some sixty times a second."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._look_at = 0.0
        self._open: list[str] | None = None  # names of the ports that were open last; None: nobody looked yet

    def midi(self, content: MidiPorts, answer: Answer) -> None:
        """Play from these ports; which there are."""
        control = self._control
        if content.ports is not None:
            control.plan = control.plan.model_copy(update={"midi_ports": content.ports})
            control.save()
        wishes = control.plan.midi_ports

        def looked(found: Found) -> None:
            self._tell_changes(found)
            answer(
                {
                    "wishes": wishes,
                    "ports": [vars(name) for name in found.there],
                    "open": [vars(name) for name in found.open],
                    "missing": found.missing,
                }
            )

        control.worker.work(lambda: control.keyboards.look(wishes), looked, answer)

    def tick(self) -> None:
        """[control] Ports come and go."""
        control, now = self._control, time.monotonic()
        if control.plan.midi_ports and now >= self._look_at and not control.worker.busy:
            self._look_at = now + LOOK_EVERY_S
            wishes = control.plan.midi_ports
            control.worker.work(lambda: control.keyboards.look(wishes), self._tell_changes, self._no_midi)

    def _tell_changes(self, found: Found) -> None:
        now = [name.name for name in found.open]
        before, self._open = self._open, now
        for name in now:
            if before is not None and name not in before:
                self._say(f"{name} is played from.")
        for name in before or []:
            if name not in now:
                self._say(f"{name} went away.")

    def _no_midi(self, error: dict[str, Any] | JamboxError) -> None:
        """One sentence; then nobody looks again."""
        self._control.plan = self._control.plan.model_copy(update={"midi_ports": []})
        self._say(str(error), logging.WARNING)

    def _say(self, sentence: str, level: int = logging.INFO) -> None:
        note(sentence, level)
        self._control.tell({"event": "midi", "text": sentence})
