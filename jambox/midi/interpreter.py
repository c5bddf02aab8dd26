"""From MIDI messages to note events: bend ranges, breath and expression, pedals, channel modes, and MPE zones.

Sources: MIDI 1.0 detailed specification (controllers, RPN, channel mode messages), MIDI Polyphonic Expression 1.0 (zones).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from jambox.instrument.events import (
    EVENT_ALL_NOTES_OFF,
    EVENT_ALL_SOUND_OFF,
    EVENT_BEND,
    EVENT_LOUDNESS,
    EVENT_MODULATION,
    EVENT_NOTE_OFF,
    EVENT_NOTE_ON,
    EVENT_PRESSURE,
    EVENT_RESET_CONTROLLERS,
    EVENT_SOFT,
    EVENT_SOSTENUTO,
    EVENT_SUSTAIN,
    EVENT_TIMBRE,
    EVENT_VOLUME,
)
from jambox.instrument.note_events import NoteEvent, released
from jambox.instrument.rows import N_CHANNELS

MODULATION, BREATH, DATA, VOLUME, EXPRESSION, DATA_FINE = 1, 2, 6, 7, 11, 38
SUSTAIN, SOSTENUTO, SOFT, BRIGHTNESS = 64, 66, 67, 74
NRPN_FINE, NRPN, RPN_FINE, RPN = 98, 99, 100, 101
ALL_SOUND_OFF, RESET_CONTROLLERS, FIRST_NOTES_OFF, LAST_MODE = 120, 121, 123, 127
MONO, POLY = 126, 127
_PEDALS = {SUSTAIN: EVENT_SUSTAIN, SOSTENUTO: EVENT_SOSTENUTO, SOFT: EVENT_SOFT}

BEND_RANGE, MPE_ZONE, NO_PARAMETER = (0, 0), (0, 6), (127, 127)
BEND_RANGE_ST = 2.0
MPE_BEND_RANGE_ST = 48.0
LOWER_MASTER, UPPER_MASTER = 0, 15
# The volume that a synthesiser has before it is told one (General MIDI).
USUAL_VOLUME = 100
LOWEST_DB = -80.0


@dataclass
class _Channel:
    """What a channel was told last."""

    bend: float = 0.0  # -1 to 1
    bend_range_st: float = BEND_RANGE_ST
    pressure: float = 0.0
    timbre: float = 0.0
    breath: int = 127
    expression: int = 127
    parameter: tuple[int, int] = NO_PARAMETER
    members: list[int] = field(default_factory=list)  # of the zone whose master this is


def level_db(value: int, usual: int = 127) -> float:
    """Level of a controller in dB, 40 log10 of its share of `usual` (General MIDI level 2)."""
    return max(40.0 * math.log10(value / usual), LOWEST_DB) if value > 0 else LOWEST_DB


class Interpreter:
    """Reads messages in order; knows all that earlier ones said, and which keys and pedals they left down.

    `programs_ignored` counts program changes.
    """

    def __init__(self) -> None:
        self._channels = [_Channel() for _ in range(N_CHANNELS)]
        self.programs_ignored = 0
        self._keys_down: set[tuple[int, int]] = set()  # channel, key
        self._pedals_down: set[tuple[int, int]] = set()  # event, channel

    def read(self, message: Any, time: int) -> list[NoteEvent]:
        """Events, at sample `time`, of a mido message; none for what has no meaning here."""
        kind = message.type
        if kind == "note_on" and message.velocity > 0:
            self._keys_down.add((message.channel, message.note))
            return [NoteEvent(EVENT_NOTE_ON, message.channel, message.note, message.velocity / 127.0, time)]
        if kind in ("note_on", "note_off"):
            self._keys_down.discard((message.channel, message.note))
            return [NoteEvent(EVENT_NOTE_OFF, message.channel, message.note, 0.0, time)]
        if kind == "polytouch":
            return [NoteEvent(EVENT_PRESSURE, message.channel, message.note, message.value / 127.0, time)]
        if kind == "aftertouch":
            self._channels[message.channel].pressure = message.value / 127.0
            return self._pressures(message.channel, time)
        if kind == "pitchwheel":
            # 8191 is as far up as the wheel goes, -8192 as far down.
            self._channels[message.channel].bend = message.pitch / (8191.0 if message.pitch > 0 else 8192.0)
            return self._bends(message.channel, time)
        if kind == "control_change":
            return self._control(message.channel, message.control, message.value, time)
        if kind == "reset":
            return [event for channel in range(N_CHANNELS) for event in self._control(channel, ALL_SOUND_OFF, 0, time)]
        if kind == "program_change":
            self.programs_ignored += 1
        return []

    @property
    def zones(self) -> bool:
        """Whether MPE was switched on."""
        return any(channel.members for channel in self._channels)

    def end(self, time: int) -> list[NoteEvent]:
        """No more will come: every pedal and every key goes up."""
        return released(time)

    def let_go(self, time: int) -> list[NoteEvent]:
        """The keyboard is gone: what it held goes up, what others hold stays."""
        events = [NoteEvent(EVENT_NOTE_OFF, channel, key, 0.0, time) for channel, key in sorted(self._keys_down)]
        events += [NoteEvent(kind, channel, None, 0.0, time) for kind, channel in sorted(self._pedals_down)]
        self._keys_down.clear()
        self._pedals_down.clear()
        return events

    def _control(self, number: int, control: int, value: int, time: int) -> list[NoteEvent]:
        channel = self._channels[number]
        if control == MODULATION:
            return self._everywhere(EVENT_MODULATION, number, value / 127.0, time)
        if control in (BREATH, EXPRESSION):
            if control == BREATH:
                channel.breath = value
            else:
                channel.expression = value
            loudness_db = max(level_db(channel.breath) + level_db(channel.expression), LOWEST_DB)
            return self._everywhere(EVENT_LOUDNESS, number, loudness_db, time)
        if control == VOLUME:
            return self._everywhere(EVENT_VOLUME, number, level_db(value, USUAL_VOLUME), time)
        if control in _PEDALS:
            return self._everywhere(_PEDALS[control], number, 1.0 if value >= 64 else 0.0, time)
        if control == BRIGHTNESS:
            channel.timbre = max((value - 64) / 63.0, -1.0)
            return self._timbres(number, time)
        if control == RPN:
            channel.parameter = (value, channel.parameter[1])
        elif control == RPN_FINE:
            channel.parameter = (channel.parameter[0], value)
        elif control in (NRPN, NRPN_FINE):
            channel.parameter = NO_PARAMETER
        elif control in (DATA, DATA_FINE):
            return self._data(number, value, control == DATA_FINE, time)
        elif control == ALL_SOUND_OFF:
            return self._everywhere(EVENT_ALL_SOUND_OFF, number, 0.0, time)
        elif control == RESET_CONTROLLERS:
            return self._reset(number, time)
        elif FIRST_NOTES_OFF <= control <= LAST_MODE:
            # Omni and mono modes end all notes too.
            return self._everywhere(EVENT_ALL_NOTES_OFF, number, 0.0, time)
        return []

    def _reset(self, number: int, time: int) -> list[NoteEvent]:
        old = self._channels[number]
        self._channels[number] = _Channel(bend_range_st=old.bend_range_st, members=old.members)
        events = self._everywhere(EVENT_RESET_CONTROLLERS, number, 0.0, time)
        # A master's reset leaves its members' own bends as they are.
        return events + [event for place in old.members for event in self._expression(place, time)]

    def _data(self, number: int, value: int, fine: bool, time: int) -> list[NoteEvent]:
        """The value of a registered parameter."""
        channel = self._channels[number]
        if channel.parameter == BEND_RANGE:
            whole = math.floor(channel.bend_range_st)
            semitones = whole + value / 100.0 if fine else float(value)
            for member in self._zone_of(number) or [number]:
                self._channels[member].bend_range_st = semitones
            return [event for member in self._zone_of(number) or [number] for event in self._bends(member, time)]
        if channel.parameter == MPE_ZONE and not fine and number in (LOWER_MASTER, UPPER_MASTER):
            self._configure(number, min(value, 15))
        return []

    def _configure(self, master: int, n_members: int) -> None:
        """A zone begins, changes its size or ends (0); the newest one takes channels away from the other."""
        step = 1 if master == LOWER_MASTER else -1
        members = [master + step * (1 + i) for i in range(n_members)]
        self._channels[master].members = members
        other = self._channels[UPPER_MASTER if master == LOWER_MASTER else LOWER_MASTER]
        other.members = [member for member in other.members if member not in members and member != master]
        self._channels[master].bend_range_st = BEND_RANGE_ST
        for member in members:
            self._channels[member] = _Channel(bend_range_st=MPE_BEND_RANGE_ST)

    def _zone_of(self, number: int) -> list[int]:
        """The members among which this channel is one."""
        return next((channel.members for channel in self._channels if number in channel.members), [])

    def _master_of(self, number: int) -> _Channel:
        return next((channel for channel in self._channels if number in channel.members), _Channel())

    def _everywhere(self, kind: int, number: int, value: float, time: int) -> list[NoteEvent]:
        """One event for the channel, and for all members of a zone if it is their master."""
        places = [number, *self._channels[number].members]
        if kind in _PEDALS.values():
            pedals = {(kind, place) for place in places}
            self._pedals_down = self._pedals_down | pedals if value >= 0.5 else self._pedals_down - pedals
        elif kind in (EVENT_ALL_NOTES_OFF, EVENT_ALL_SOUND_OFF):
            self._keys_down = {(channel, key) for channel, key in self._keys_down if channel not in places}
        elif kind == EVENT_RESET_CONTROLLERS:
            self._pedals_down = {(pedal, channel) for pedal, channel in self._pedals_down if channel not in places}
        return [NoteEvent(kind, place, None, value, time) for place in places]

    def _bends(self, number: int, time: int) -> list[NoteEvent]:
        events = []
        for place in (number, *self._channels[number].members):
            channel, master = self._channels[place], self._master_of(place)
            semitones = channel.bend * channel.bend_range_st + master.bend * master.bend_range_st
            events.append(NoteEvent(EVENT_BEND, place, None, semitones, time))
        return events

    def _pressures(self, number: int, time: int) -> list[NoteEvent]:
        return [
            NoteEvent(
                EVENT_PRESSURE, place, None, max(self._channels[place].pressure, self._master_of(place).pressure), time
            )
            for place in (number, *self._channels[number].members)
        ]

    def _timbres(self, number: int, time: int) -> list[NoteEvent]:
        return [
            NoteEvent(EVENT_TIMBRE, place, None, self._channels[place].timbre + self._master_of(place).timbre, time)
            for place in (number, *self._channels[number].members)
        ]

    def _expression(self, number: int, time: int) -> list[NoteEvent]:
        return self._bends(number, time) + self._pressures(number, time) + self._timbres(number, time)
