"""A song that is played live: each of its events at its sample, whatever the device and this process are up to.

Events wait in the instruments' own queues of things known ahead, as many as there is room for. So a device that runs as
fast as it can is given the same samples as one that keeps time, and both those of the offline driver, if the song begins
with the stream.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import Any

from jambox.engine.stage import Stage
from jambox.instrument import Instrument
from jambox.instrument.events import AS_SOON_AS_POSSIBLE, EVENT_NOTE_OFF, EVENT_NOTE_ON
from jambox.instrument.note_events import NoteEvent

# After the last event, and when no note sounds any more, the room is left so long to ring.
TAIL_S = 1.0


class Sequencer:
    """`events` in order of their times, which count from sample `starts` of the stream. [control]"""

    def __init__(self, events: list[NoteEvent], passed_over: list[str], starts: int = 0) -> None:
        self._events = events
        self._passed_over = passed_over
        self._times = [event.time for event in events]
        self.starts = starts
        self._fed: dict[Instrument, int] = {}

    @property
    def ends(self) -> int:
        """Sample of the stream at which the last event is due."""
        return self.starts + self._times[-1]

    def described(self, sample_rate: int) -> dict[str, Any]:
        """For a client: how long it is, and what of the file is not played."""
        return {"seconds": self._times[-1] / sample_rate, "passed_over": self._passed_over}

    def prime(self, instrument: Instrument) -> None:
        """Events for one that has not begun, and will with the stream."""
        self._feed(instrument, 0)

    def feed(self, stage: Stage) -> None:
        """Events for whoever plays and whoever is about to, as there is room; call it often."""
        with stage.lock:
            players = stage.players()
        for instrument, began in players:
            self._feed(instrument, began)
        living = stage.instruments
        self._fed = {instrument: number for instrument, number in self._fed.items() if instrument in living}

    def take_back(self, stage: Stage) -> None:
        """Play no more of it; what sounds is for others to end."""
        for instrument in stage.instruments:
            instrument.unschedule()

    def _feed(self, instrument: Instrument, began: int) -> None:
        offset = self.starts - began
        if instrument not in self._fed and not self._catch_up(instrument, offset):
            return
        number = self._fed[instrument]
        while number < len(self._events):
            event = self._events[number]
            if not instrument.schedule(replace(event, time=event.time + offset)):
                break
            number += 1
        self._fed[instrument] = number

    def _catch_up(self, instrument: Instrument, offset: int) -> bool:
        """Whoever comes in the middle is told what pedals and controllers were told; False if there is no room yet."""
        first = bisect_left(self._times, -offset)
        for event in self._events[:first]:
            missed = event.kind in (EVENT_NOTE_ON, EVENT_NOTE_OFF)
            if not missed and not instrument.schedule(replace(event, time=AS_SOON_AS_POSSIBLE)):
                instrument.unschedule()
                return False
        self._fed[instrument] = first
        return True
