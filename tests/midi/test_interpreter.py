"""What MIDI messages mean: bend ranges, pedals, expression, MPE zones, and nothing that could break a player."""

from __future__ import annotations

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from jambox.midi.interpreter import Interpreter


def told(reader: Interpreter, *messages: bytes) -> list[tuple[int, int, int | None, float]]:
    """Kind, channel, key and value of all events from raw messages."""
    events = [event for message in messages for event in reader.read(mido.Message.from_bytes(message), 0)]
    return [(event.kind, event.channel, event.key, round(event.value, 4)) for event in events]


def cc(channel: int, control: int, value: int) -> bytes:
    return bytes([0xB0 | channel, control, value])


def rpn(channel: int, number: int, value: int) -> tuple[bytes, ...]:
    return cc(channel, 101, 0), cc(channel, 100, number), cc(channel, 6, value)


def test_keys_and_pressure_keep_their_channel_and_key() -> None:
    reader = Interpreter()
    assert told(reader, b"\x93\x3c\x7f") == [(EVENT_NOTE_ON, 3, 60, 1.0)]
    assert told(reader, b"\x93\x3c\x00") == [(EVENT_NOTE_OFF, 3, 60, 0.0)]
    assert told(reader, b"\x83\x3c\x40") == [(EVENT_NOTE_OFF, 3, 60, 0.0)]
    assert told(reader, b"\xa3\x3c\x7f") == [(EVENT_PRESSURE, 3, 60, 1.0)]
    assert told(reader, b"\xd3\x7f") == [(EVENT_PRESSURE, 3, None, 1.0)]


@pytest.mark.parametrize(
    ("control", "value", "event"),
    [
        (1, 127, (EVENT_MODULATION, 1.0)),
        (7, 100, (EVENT_VOLUME, 0.0)),
        (7, 50, (EVENT_VOLUME, -12.0412)),
        (11, 127, (EVENT_LOUDNESS, 0.0)),
        (2, 0, (EVENT_LOUDNESS, -80.0)),
        (64, 64, (EVENT_SUSTAIN, 1.0)),
        (64, 63, (EVENT_SUSTAIN, 0.0)),
        (66, 127, (EVENT_SOSTENUTO, 1.0)),
        (67, 127, (EVENT_SOFT, 1.0)),
        (74, 127, (EVENT_TIMBRE, 1.0)),
        (74, 0, (EVENT_TIMBRE, -1.0)),
        (120, 0, (EVENT_ALL_SOUND_OFF, 0.0)),
        (121, 0, (EVENT_RESET_CONTROLLERS, 0.0)),
        (123, 0, (EVENT_ALL_NOTES_OFF, 0.0)),
        (126, 1, (EVENT_ALL_NOTES_OFF, 0.0)),
    ],
)
def test_controllers_mean_what_the_standard_says(control: int, value: int, event: tuple[int, float]) -> None:
    assert told(Interpreter(), cc(5, control, value)) == [(event[0], 5, None, event[1])]


def test_breath_and_expression_add_up() -> None:
    reader = Interpreter()
    told(reader, cc(0, 2, 64))
    assert told(reader, cc(0, 11, 64)) == [(EVENT_LOUDNESS, 0, None, pytest.approx(-23.815, abs=0.01))]


def test_bend_spans_two_semitones_until_told_otherwise() -> None:
    reader = Interpreter()
    assert told(reader, b"\xe0\x7f\x7f") == [(EVENT_BEND, 0, None, 2.0)]
    assert told(reader, b"\xe0\x00\x00") == [(EVENT_BEND, 0, None, -2.0)]
    assert told(reader, b"\xe0\x00\x40") == [(EVENT_BEND, 0, None, 0.0)]
    told(reader, *rpn(0, 0, 12))
    assert told(reader, b"\xe0\x7f\x7f") == [(EVENT_BEND, 0, None, 12.0)]
    assert told(reader, cc(0, 38, 50)) == [(EVENT_BEND, 0, None, 12.5)]
    told(reader, cc(0, 99, 1), cc(0, 98, 8), cc(0, 6, 3))  # of another kind of parameter
    assert told(reader, b"\xe0\x7f\x7f") == [(EVENT_BEND, 0, None, 12.5)]


def test_members_of_a_zone_bend_by_48_semitones_on_top_of_their_master() -> None:
    reader = Interpreter()
    told(reader, *rpn(0, 6, 3))
    assert told(reader, b"\xe1\x7f\x7f") == [(EVENT_BEND, 1, None, 48.0)]
    bent = told(reader, b"\xe0\x7f\x7f")
    assert bent == [
        (EVENT_BEND, 0, None, 2.0),
        (EVENT_BEND, 1, None, 50.0),
        (EVENT_BEND, 2, None, 2.0),
        (EVENT_BEND, 3, None, 2.0),
    ]
    assert told(reader, b"\xe4\x7f\x7f") == [(EVENT_BEND, 4, None, 2.0)]
    assert [event[1] for event in told(reader, cc(0, 64, 127))] == [0, 1, 2, 3]
    told(reader, *rpn(2, 0, 24))
    assert told(reader, b"\xe3\x7f\x7f") == [(EVENT_BEND, 3, None, 26.0)]


def test_the_upper_zone_takes_its_channels_from_the_top_and_may_be_switched_off() -> None:
    reader = Interpreter()
    told(reader, *rpn(0, 6, 7), *rpn(15, 6, 9))
    assert [event[1] for event in told(reader, cc(15, 64, 127))] == [15, 14, 13, 12, 11, 10, 9, 8, 7, 6]
    assert [event[1] for event in told(reader, cc(0, 64, 127))] == [0, 1, 2, 3, 4, 5]
    told(reader, *rpn(0, 6, 0), *rpn(15, 6, 0))
    assert not reader.zones


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0x80, 0xEF), st.integers(0, 127), st.integers(0, 127)), max_size=200))
def test_no_sequence_of_messages_breaks_the_reader(messages: list[tuple[int, int, int]]) -> None:
    reader = Interpreter()
    for status, first, second in messages:
        raw = bytes([status, first] if status & 0xF0 in (0xC0, 0xD0) else [status, first, second])
        for event in reader.read(mido.Message.from_bytes(raw), 0):
            assert abs(event.value) < 200.0
