"""What is sung becomes keys and bends as it is sung: the notes of a melody, its glides, nothing that hangs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from jambox.analysis.track import analyse
from jambox.audiofile import read_sound
from jambox.midi.singing import BEND_RANGE_ST, CHANGE_S, ONSET_S, SILENT_S, SungNotes
from jambox.units import midi_to_hz
from tests.data import shared_data

STEP_S = 1.0 / 750.0


def sung(midi: NDArray[np.float64], loudness_db: float = -30.0) -> list[tuple[float, bytes]]:
    """Messages with their times for a pitch at every step (NaN: none)."""
    notes = SungNotes()
    messages = []
    for i, pitch in enumerate(midi):
        voiced = bool(np.isfinite(pitch))
        f0_hz = float(midi_to_hz(pitch)) if voiced else 0.0
        messages += [(i * STEP_S, message) for message in notes.step(i * STEP_S, f0_hz, voiced, loudness_db)]
    return messages + [(len(midi) * STEP_S, message) for message in notes.end()]


def keys_of(messages: list[tuple[float, bytes]]) -> list[tuple[float, int]]:
    return [(time, message[1]) for time, message in messages if message[0] == 0x90]


def pitches_of(messages: list[tuple[float, bytes]], n: int) -> NDArray[np.float64]:
    """The pitch that a receiver plays at every step, NaN while no key is down."""
    bend, down, at = 0.0, [], 0
    heard = np.full(n, np.nan)
    for time, message in [*messages, (n * STEP_S, b"\x00")]:
        until = round(time / STEP_S)
        if down:
            heard[at:until] = down[-1] + bend
        at = until
        if message[0] == 0x90:
            down.append(message[1])
        elif message[0] == 0x80:
            down.remove(message[1])
        elif message[0] == 0xE0:
            bend = ((message[2] << 7 | message[1]) - 8192) / 8192 * BEND_RANGE_ST
    assert down == []
    return heard


def steps(*held: tuple[float, float]) -> NDArray[np.float64]:
    return np.concatenate([np.full(round(seconds / STEP_S), pitch) for pitch, seconds in held])


def test_notes_begin_and_end_where_they_are_sung() -> None:
    rest = np.nan
    messages = sung(steps((rest, 0.2), (60.0, 0.5), (rest, 0.2), (62.3, 0.4), (65.0, 0.4), (rest, 0.2)))
    starts = keys_of(messages)
    assert [key for _, key in starts] == [60, 62, 65]
    assert [time for time, _ in starts] == pytest.approx([0.2 + ONSET_S, 0.9 + ONSET_S, 1.3 + CHANGE_S], abs=0.004)
    ends = [(time, message[1]) for time, message in messages if message[0] == 0x80]
    assert [key for _, key in ends] == [60, 62, 65]
    assert [time for time, _ in ends] == pytest.approx([0.7 + SILENT_S, 1.3 + CHANGE_S, 1.7 + SILENT_S], abs=0.004)


def test_vibrato_and_slow_glides_are_bends_and_no_notes() -> None:
    t = np.arange(750) * STEP_S
    messages = sung(60.0 + 0.5 * np.sin(2.0 * np.pi * 5.5 * t))
    assert len(keys_of(messages)) == 1
    heard = pitches_of(messages, len(t))
    settled = t > 0.1
    assert np.max(np.abs(heard[settled][:-2] - (60.0 + 0.5 * np.sin(2.0 * np.pi * 5.5 * t))[settled][:-2])) < 0.15


def test_a_real_melody_is_sent_as_it_was_sung() -> None:
    sound = read_sound(shared_data("test", "singing_vocadito_1.flac"), 48_000)
    heard = analyse(sound.samples[: 10 * 48_000], 48_000)
    voiced = heard.f0_confidence > 0.5
    midi = np.where(voiced, 69.0 + 12.0 * np.log2(np.maximum(heard.f0_hz, 1.0) / 440.0), np.nan)
    sent = pitches_of(sung(midi), len(midi))
    both = np.isfinite(sent) & np.isfinite(midi)
    assert both.sum() > 0.8 * np.isfinite(midi).sum()
    # Until it is sure that a note has changed, a receiver plays the old one, bent as far as it goes.
    assert np.mean(np.abs(sent[both] - midi[both]) < 0.5) > 0.9


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(20.0, 110.0)), max_size=300), st.floats(-120.0, 20.0))
def test_whatever_is_heard_every_key_goes_up_again(pitches: list[float | None], loudness_db: float) -> None:
    midi = np.repeat([np.nan if pitch is None else pitch for pitch in pitches], 20)
    messages = sung(midi.astype(np.float64), loudness_db)
    assert all(byte < 0x80 for _, message in messages for byte in message[1:])
    assert len(pitches_of(messages, len(midi))) == len(midi)
