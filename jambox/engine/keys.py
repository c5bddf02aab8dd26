"""Keys pressed through the command channel: each begins a block after its stamp, and goes up when its time has come."""

from __future__ import annotations

from jambox.engine.engine import Engine
from jambox.engine.plan import Note
from jambox.errors import JamboxError
from jambox.instrument.note_events import NoteEvent, note_off, note_on


class Keys:
    """The key-ups that wait for their time, in samples of the stream that plays."""

    def __init__(self) -> None:
        self._ups: list[NoteEvent] = []

    def press(self, engine: Engine, content: Note) -> dict[str, int]:
        """A key goes down or up; at which sample of the stream that is heard. JamboxError when the queue is full."""
        now, block = engine.stage.now()
        starts = (now if content.stamp is None else content.stamp) + block
        channel = content.channel - 1
        down = content.velocity > 0
        event = note_on(content.key, content.velocity / 127.0, channel, starts)
        engine.play(event if down else note_off(content.key, channel, starts))
        if down and content.seconds is not None:
            ends = starts + round(content.seconds * engine.sample_rate)
            self._ups.append(note_off(content.key, channel, ends))
        return {"stamp": starts - block, "starts": starts}

    def lift(self, engine: Engine) -> None:
        """Keys go up when their time has come; not before, since whoever waits in the queue lets nobody pass."""
        now, block = engine.stage.now()
        due = [event for event in self._ups if event.time <= now + block]
        self._ups = [event for event in self._ups if event.time > now + block]
        for event in due:
            try:
                engine.play(event)
            except JamboxError:  # the queue is full, since the device asks for nothing: later
                self._ups.append(event)

    def forget(self) -> None:
        """The stream is gone, and its samples with it."""
        self._ups = []
