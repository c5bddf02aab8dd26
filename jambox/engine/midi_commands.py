"""The commands of the engine that have to do with MIDI. [control]"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jambox.engine.journal import note
from jambox.engine.keyboards import Found, Program, Turned, keep_time
from jambox.engine.learning import Learning
from jambox.engine.plan import Learn, Mappings, MidiPorts, Song, Sound
from jambox.engine.sequencer import TAIL_S
from jambox.engine.worker import Answer
from jambox.errors import BadInput, JamboxError
from jambox.instrument.note_events import NoteEvent
from jambox.instrument.pool import ANEW, CHORDS
from jambox.midi.controllers import Controller
from jambox.midi.interpreter import EXPRESSION
from jambox.midi.mappings import default_mappings
from jambox.midi.ports import CLIENT, PortName
from jambox.midi.song import read_song, song_events
from jambox.presets import numbered

if TYPE_CHECKING:
    from jambox.engine.control import Control

LOOK_EVERY_S = 1.0


class MidiCommands:
    """`MidiCommands.<command>(content, answer)`; `tick` some sixty times a second."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._look_at = 0.0
        self._learning = Learning()
        control.keyboards.taken = self._taken
        self._told_of_none = False  # that there is no MIDI at all
        self._open: list[str] = []  # names of the ports that were open last

    def midi(self, content: MidiPorts, answer: Answer) -> None:
        """Play from these ports; which there are."""
        control = self._control
        if content.ports is not None:
            control.plan = control.plan.model_copy(update={"midi_ports": content.ports})
        if content.melody is not None:
            control.plan = control.plan.model_copy(update={"melody_ports": content.melody})
        if content.ports is not None or content.melody is not None:
            control.save()
        wishes, melody = control.plan.midi_ports, control.plan.melody_ports

        def failed(error: dict[str, Any] | JamboxError) -> None:
            self._told_of_none = True
            answer(error)

        def look() -> tuple[Found, list[PortName]]:
            return control.keyboards.look(wishes, melody), control.keyboards.listeners()

        def looked(result: tuple[Found, list[PortName]]) -> None:
            found, listeners = result
            self._take_note(found)
            answer(
                {
                    "wishes": wishes,
                    "ports": [vars(name) for name in found.there],
                    "open": [vars(name) for name in found.open],
                    "melody": [vars(name) for name in found.melody],
                    "listeners": [vars(name) for name in listeners],
                    "missing": found.missing,
                }
            )

        control.worker.work(look, looked, failed)

    def song(self, content: Song, answer: Answer) -> None:
        """Play a MIDI file from now on, or no more of the one that plays."""
        engine = self._control.engine
        if content.path is None:
            if engine is not None:
                engine.end_song()
            answer({})
        elif engine is None:
            answer(BadInput("Nothing plays that could take a song."))
        else:
            path, rate = Path(content.path), engine.sample_rate

            def begin(read: tuple[list[NoteEvent], list[str]]) -> None:
                if self._control.engine is engine:
                    engine.begin_song(*read)
                answer(engine.song.described(rate) if engine.song is not None else {})

            self._control.worker.work(lambda: song_events(read_song(path).tracks, rate), begin, answer)

    def _feed_song(self) -> None:
        engine = self._control.engine
        if engine is None or engine.song is None:
            return
        engine.song.feed(engine.stage)
        over = engine.position > engine.song.ends + TAIL_S * engine.sample_rate
        if over and not engine.instrument.meters()["notes"]:
            engine.song = None
            self._control.tell({"event": "song_ended"})

    def learn(self, content: Learn, answer: Answer) -> None:
        """Let a parameter be moved by the controller that is moved next."""
        if content.param is None:
            self._learning.wish = None
            answer({})
            return
        try:
            self._learning.learn(content.param, content.minimum, content.maximum)
        except BadInput as error:
            answer(error)
        else:
            answer({"keyboards": self._keyboards()})

    def mappings(self, content: Mappings, answer: Answer) -> None:
        """Which controllers of the open ports move which parameters."""
        try:
            if content.forget is not None:
                self._learning.forget(content.forget, self._keyboards())
            if content.reach is not None:
                self._learning.reach(**content.reach.model_dump())
            known = {name: self._learning.of(name) for name in self._keyboards()}
        except BadInput as error:
            answer(error)
        else:
            told = {name: [one.describe() for one in mappings] for name, mappings in known.items()}
            rows = {name: [one.model_dump() for one in mappings] for name, mappings in known.items()}
            answer({"mappings": told, "rows": rows})

    def _keyboards(self) -> list[str]:
        """Those whose controllers can be learnt: our own port's too, if there is no other."""
        return [name for name in self._open if not name.startswith(CLIENT)] or self._open

    def _taken(self, keyboard: str, controller: Controller) -> bool:
        """[midi] Whether it moves a parameter, and means nothing to notes then: expression goes to both."""
        if controller.kind == "cc" and controller.number == EXPRESSION:
            return False
        return any(one.meant_by(controller) for one in self._learning.mappings.get(keyboard, ()))

    def _follow(self, wish: Turned) -> None:
        """Controllers that moved: what they move, or what they are to move from now on."""
        try:
            new = self._learning.moved(wish.keyboard, wish.controllers)
            if new is not None:
                note("learnt", keyboard=wish.keyboard, mapping=new.describe())
                self._control.tell({"event": "learnt", "keyboard": wish.keyboard, "text": f"{new.describe()}."})
            elif self._learning.wish is None:
                turned = self._learning.turned(wish.keyboard, wish.controllers, self._control.params)
                if turned:
                    self._control.turn(turned)
        except BadInput as error:
            self._say(str(error), logging.WARNING)

    def _choose_preset(self, number: int) -> None:
        names = numbered()
        if number >= len(names):
            self._say(f"Program {number + 1} was asked for; there are {len(names)} presets.", logging.WARNING)
            return

        def chosen(result: dict[str, Any] | JamboxError) -> None:
            if isinstance(result, JamboxError):
                self._say(str(result), logging.WARNING)

        self._control.load(Sound(preset=names[number]), chosen)

    def _carry_out(self) -> None:
        """What keyboards asked for; of programs only the newest."""
        program = None
        while not self._control.keyboards.wishes.empty():
            wish = self._control.keyboards.wishes.get()
            if isinstance(wish, Turned):
                self._follow(wish)
            elif isinstance(wish, Program):
                program = wish.number
            else:
                self._control.turn({"voice_mode": float(ANEW if wish.mono else CHORDS)})
        if program is not None:
            self._choose_preset(program)

    def tick(self) -> None:
        """[control] Songs go on; ports come and go."""
        self._feed_song()
        self._carry_out()
        control, now = self._control, time.monotonic()
        wishes, melody = control.plan.midi_ports, control.plan.melody_ports
        if (wishes or melody) and now >= self._look_at and not control.worker.busy:
            self._look_at = now + LOOK_EVERY_S
            control.worker.work(lambda: control.keyboards.look(wishes, melody), self._tell_changes, self._no_midi)

    def _tell_changes(self, found: Found) -> None:
        before = self._open
        self._take_note(found)
        for name in self._open:
            if name not in before:
                self._say(f"{name} is played from.")
        for name in before:
            if name not in self._open:
                self._say(f"{name} went away.")

    def _take_note(self, found: Found) -> None:
        if found.open and not self._open:
            keep_time()
        self._open = [name.name for name in found.open]
        for name in self._open:
            self._know(name)

    def _know(self, keyboard: str) -> None:
        """Read what its controllers move, before one of them does."""
        try:
            self._learning.of(keyboard)
        except BadInput as error:
            self._learning.mappings[keyboard] = default_mappings()
            self._say(str(error), logging.WARNING)

    def _no_midi(self, error: dict[str, Any] | JamboxError) -> None:
        """One sentence; a sound server that is away may come back, and its ports with it."""
        if not self._told_of_none:
            self._say(str(error), logging.WARNING)
        self._told_of_none = True

    def _say(self, sentence: str, level: int = logging.INFO) -> None:
        note(sentence, level)
        self._control.tell({"event": "midi", "text": sentence})
