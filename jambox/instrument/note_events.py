"""What a player of keys does, as events with a sample time. A channel is 0 to 15, a key 0 to 127 (60 is the middle C)."""

from __future__ import annotations

from dataclasses import dataclass

from jambox.errors import BadInput
from jambox.instrument.events import (
    AS_SOON_AS_POSSIBLE,
    EVENT_ALL_NOTES_OFF,
    EVENT_NOTE_OFF,
    EVENT_NOTE_ON,
    EVENT_RESET_CONTROLLERS,
    FIRST_NOTE_EVENT,
    LAST_NOTE_EVENT,
    PLACES,
    WHOLE_CHANNEL,
)
from jambox.instrument.rows import N_CHANNELS, N_KEYS


@dataclass(frozen=True)
class NoteEvent:
    """`kind` is one of the EVENT_ constants of notes, which say what `value` is; `key` None means the whole channel."""

    kind: int
    channel: int = 0
    key: int | None = None
    value: float = 0.0
    time: int = AS_SOON_AS_POSSIBLE

    def __post_init__(self) -> None:
        if not FIRST_NOTE_EVENT <= self.kind <= LAST_NOTE_EVENT:
            raise BadInput(f"There is no note event {self.kind}.")
        if not 0 <= self.channel < N_CHANNELS:
            raise BadInput(f"Channels are 0 to {N_CHANNELS - 1}, not {self.channel}.")
        if self.key is not None and not 0 <= self.key < N_KEYS:
            raise BadInput(f"Keys are 0 to {N_KEYS - 1}, not {self.key}.")

    @property
    def index(self) -> int:
        """The place that the queue of events carries."""
        return self.channel * PLACES + (WHOLE_CHANNEL if self.key is None else self.key)


def note_on(key: int, velocity: float = 0.8, channel: int = 0, time: int = AS_SOON_AS_POSSIBLE) -> NoteEvent:
    """A key goes down; `velocity` is 0 to 1."""
    return NoteEvent(EVENT_NOTE_ON, channel, key, velocity, time)


def released(time: int = AS_SOON_AS_POSSIBLE) -> list[NoteEvent]:
    """Every key and every pedal of every channel goes up."""
    return [
        NoteEvent(kind, channel, None, 0.0, time)
        for channel in range(N_CHANNELS)
        for kind in (EVENT_ALL_NOTES_OFF, EVENT_RESET_CONTROLLERS)
    ]


def note_off(key: int, channel: int = 0, time: int = AS_SOON_AS_POSSIBLE) -> NoteEvent:
    """A key goes up."""
    return NoteEvent(EVENT_NOTE_OFF, channel, key, 0.0, time)
