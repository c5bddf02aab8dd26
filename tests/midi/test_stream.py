"""Bytes of a cable become messages, however they are cut, whatever comes in between."""

from __future__ import annotations

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jambox.instrument import Instrument
from jambox.instrument.events import (
    EVENT_ALL_NOTES_OFF,
    EVENT_ALL_SOUND_OFF,
    EVENT_NOTE_OFF,
    EVENT_NOTE_ON,
    EVENT_RESET_CONTROLLERS,
    EVENT_SUSTAIN,
)
from jambox.instrument.note_events import NoteEvent
from jambox.instrument.rows import N_CHANNELS
from jambox.midi.interpreter import Interpreter
from jambox.midi.stream import ByteStream

ON = b"\x90\x3c\x64"


def heard(data: bytes) -> list[list[int]]:
    return [message.bytes() for message in ByteStream().feed(data)]


def test_running_status_goes_on_until_another_status() -> None:
    assert heard(b"\x90\x3c\x64\x3e\x64\xc5\x07\x08") == [[0x90, 60, 100], [0x90, 62, 100], [0xC5, 7], [0xC5, 8]]


def test_clocks_and_active_sensing_may_come_inside_a_message() -> None:
    stream = ByteStream()
    assert [message.bytes() for message in stream.feed(b"\x90\xf8\x3c\xfe\x64")] == [[0x90, 60, 100]]
    assert stream.sensed


def test_system_messages_end_running_status_and_are_passed_over() -> None:
    assert heard(b"\x90\x3c\x64\xf0\x7d\x01\x02\xf7\x3e\x64" + ON) == [[0x90, 60, 100]] * 2
    assert heard(b"\x90\x3c\x64\xf2\x01\x02\x3e\x64" + ON) == [[0x90, 60, 100]] * 2
    assert heard(b"\x90\x3c\xff\x64" + ON) == [[0xFF], [0x90, 60, 100]]
    assert heard(b"\xf0\x01\x90\x3c\x64") == [[0x90, 60, 100]]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=64), st.integers(0, 64))
def test_any_bytes_cut_anywhere_give_the_same_whole_messages(data: bytes, cut: int) -> None:
    stream = ByteStream()
    pieces = [message.bytes() for part in (data[:cut], data[cut:]) for message in stream.feed(part)]
    assert pieces == heard(data)
    # Whatever came before: a message with a status of its own is understood.
    assert [message.bytes() for message in stream.feed(ON)] == [[0x90, 60, 100]]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_a_cable_carries_its_keyboard_lets_go_of_what_it_held(data: bytes) -> None:
    stream, reader = ByteStream(), Interpreter()
    events = [event for message in stream.feed(data) for event in reader.read(message, 0)]
    assert down_after(events + reader.let_go(0)) == (0, 0)


def down_after(events: list[NoteEvent]) -> tuple[int, int]:
    """Keys and sustain pedals that are down after the events, by a count that shares nothing with the pool."""
    keys: set[tuple[int, int | None]] = set()
    pedals: set[int] = set()
    for event in events:
        if event.kind == EVENT_NOTE_ON:
            keys.add((event.channel, event.key))
        elif event.kind == EVENT_NOTE_OFF:
            keys.discard((event.channel, event.key))
        elif event.kind in (EVENT_ALL_NOTES_OFF, EVENT_ALL_SOUND_OFF):
            keys = {key for key in keys if key[0] != event.channel}
        if event.kind == EVENT_SUSTAIN:
            (pedals.add if event.value >= 0.5 else pedals.discard)(event.channel)
        elif event.kind == EVENT_RESET_CONTROLLERS:
            pedals.discard(event.channel)
    return len(keys), len(pedals)


def bytes_of_chaos(n: int, seed: int) -> bytes:
    """Valid messages, torn ones and noise, of about `n` messages."""
    source = np.random.default_rng(seed)
    pieces = []
    for _ in range(n):
        status = int(source.choice([0x80, 0x90, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0]) + source.integers(16))
        message = bytes([status, *(int(byte) for byte in source.integers(0, 128, 2))])[: 2 if status & 0xE0 == 0xC0 else 3]
        kind = source.random()
        if kind < 0.03:
            message = message[: int(source.integers(1, 3))]
        elif kind < 0.06:
            message = bytes(int(byte) for byte in source.integers(0, 256, int(source.integers(1, 6))))
        pieces.append(message)
    return b"".join(pieces)


def played(instrument: Instrument, n: int, seed: int) -> tuple[int, int]:
    """Chaos through cable, interpreter and kernels; messages read, and notes that still sound when the keyboard is gone."""
    instrument.reset({"source": 2.0, "release_s": 0.01, "polyphony": 32})
    stream, reader = ByteStream(), Interpreter()
    data, read, silence = bytes_of_chaos(n, seed), 0, np.zeros(64, dtype=np.float32)
    for first in range(0, len(data), 2000):
        for message in stream.feed(data[first : first + 2000]):
            read += 1
            for event in reader.read(message, -1):
                instrument.play(event)
        assert np.all(np.isfinite(instrument.process(silence)))
    for event in reader.let_go(-1):
        instrument.play(event)
    instrument.process(np.zeros(48_000, dtype=np.float32))
    return read, int(instrument.header["notes"]["n_sounding"])


def test_no_note_hangs_after_thousands_of_random_messages(player: Instrument) -> None:
    read, sounding = played(player, 4_000, seed=1)
    assert read > 3_600
    assert sounding == 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_no_note_hangs_after_a_million_random_messages(player: Instrument) -> None:
    read, sounding = played(player, 1_000_000, seed=2)
    assert read > 900_000
    assert sounding == 0


def test_every_channel_of_a_keyboard_that_is_pulled_is_let_go() -> None:
    reader = Interpreter()
    events = []
    for channel in range(N_CHANNELS):
        for message in (
            mido.Message("note_on", channel=channel, note=60 + channel, velocity=90),
            mido.Message("control_change", channel=channel, control=64, value=127),
        ):
            events += reader.read(message, 0)
    assert down_after(events) == (N_CHANNELS, N_CHANNELS)
    assert down_after(events + reader.let_go(0)) == (0, 0)
