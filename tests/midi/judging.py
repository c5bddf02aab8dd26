"""A MIDI file and what was rendered of it, compared note by note: a reader of files of its own, and ears of its own.

Where notes sound together a stem is rendered for each of them: the same file with some of the notes left out, so that those
which remain follow each other. That the stems together are the whole is checked too, so what holds for them holds for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.hearing import heard_hz, steady_hz

RATE = 48_000
# The settings of what is judged: nothing but the notes themselves, which begin and end at once.
BARE = {
    "noise_level_db": -60.0,
    "reverb_mix": 0.0,
    "attack_s": 0.001,
    "release_s": 0.01,
    "sustain_db": 0.0,
    "vibrato_cents": 0.0,
    "drift_cents": 0.0,
    "glide_s": 0.0,
    "voice_mode": 0.0,
    "note_transpose_st": 0.0,
    "output_gain_db": -14.0,
}
RELEASED_S = 0.014
LOWEST_HZ, HIGHEST_HZ = 60.0, 1500.0


@dataclass
class Note:
    """A note of a file, in seconds: from its key's going down until key and pedal are up; its bends since."""

    start_s: float
    key: int
    channel: int
    end_s: float = np.inf
    bends: list[tuple[float, float]] = field(default_factory=list)  # since when, semitones


def notes_of(content: bytes) -> list[Note]:
    """The notes of a standard MIDI file, read byte by byte, in order of their beginning."""
    assert content[:4] == b"MThd"
    ticks_a_beat = int.from_bytes(content[12:14], "big")
    events: list[tuple[int, int, int, bytes]] = []  # tick, track, place in it, message
    at, track = 14, 0
    while at < len(content):
        length = int.from_bytes(content[at + 4 : at + 8], "big")
        events += _track(content[at + 8 : at + 8 + length], track)
        at, track = at + 8 + length, track + 1
    events.sort(key=lambda event: event[:3])
    now_s, now, beat_s = 0.0, 0, 0.5
    reader = _Reader()
    for tick, _, _, message in events:
        now_s, now = now_s + (tick - now) * beat_s / ticks_a_beat, tick
        if message[:2] == b"\xff\x51":
            beat_s = int.from_bytes(message[3:6], "big") * 1e-6
        elif message[0] < 0xF0:
            reader.take(message, now_s)
    return sorted(reader.notes, key=lambda note: (note.start_s, note.key))


def _track(body: bytes, track: int) -> list[tuple[int, int, int, bytes]]:
    events, at, tick, status = [], 0, 0, 0
    while at < len(body):
        delta = 0
        while body[at] & 0x80:
            delta, at = (delta | (body[at] & 0x7F)) << 7, at + 1
        tick, at = tick + (delta | body[at]), at + 1
        if body[at] == 0xFF:
            end = at + 3 + body[at + 2]  # no text of these files is longer than 127 bytes
            events.append((tick, track, len(events), body[at:end]))
            at = end
            continue
        if body[at] & 0x80:
            status, at = body[at], at + 1
        n = 1 if status & 0xF0 in (0xC0, 0xD0) else 2
        events.append((tick, track, len(events), bytes([status]) + body[at : at + n]))
        at += n
    return events


class _Reader:
    """What the messages of a file make of its notes."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self._held: dict[tuple[int, int], Note] = {}
        self._pedalled: dict[int, list[Note]] = {}
        self._pedal: dict[int, bool] = {}
        self._wheel = dict.fromkeys(range(16), 0.0)
        self._range = dict.fromkeys(range(16), 2.0)

    def take(self, message: bytes, now_s: float) -> None:
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if kind == 0x90 and message[2] > 0:
            note = Note(now_s, message[1], channel, bends=[(now_s, self._wheel[channel] * self._range[channel])])
            self.notes.append(note)
            self._held[channel, message[1]] = note
        elif kind in (0x80, 0x90):
            self._up(self._held.pop((channel, message[1])), now_s)
        elif kind == 0xE0:
            position = (message[1] | message[2] << 7) - 8192
            self._wheel[channel] = position / (8191 if position > 0 else 8192)
            for (place, _), note in self._held.items():
                if place == channel:
                    note.bends.append((now_s, self._wheel[channel] * self._range[channel]))
        elif kind == 0xB0 and message[1] == 6:  # the only parameter of these files
            self._range[channel] = float(message[2])
        elif kind == 0xB0 and message[1] == 64:
            self._pedal[channel] = message[2] >= 64
            if not self._pedal[channel]:
                for note in self._pedalled.pop(channel, []):
                    note.end_s = now_s

    def _up(self, note: Note, now_s: float) -> None:
        if self._pedal.get(note.channel, False):
            self._pedalled.setdefault(note.channel, []).append(note)
        else:
            note.end_s = now_s


def stems(notes: list[Note]) -> list[list[int]]:
    """Numbers of the notes, shared out so that in no group one begins before the last has died away."""
    groups: list[list[int]] = []
    for number, note in enumerate(notes):
        free = next((group for group in groups if notes[group[-1]].end_s + RELEASED_S < note.start_s), None)
        if free is None:
            groups.append([number])
        else:
            free.append(number)
    return groups


def onset_s(y: NDArray[np.float64], note: Note) -> float:
    """When the note is first heard, 40 dB below what it becomes within 50 ms; silence lies before it."""
    first = max(0, round((note.start_s - 0.01) * RATE))
    heard = np.abs(y[first : round((note.start_s + 0.05) * RATE)])
    return (first + int(np.argmax(heard > 0.01 * heard.max()))) / RATE


def cents_off(y: NDArray[np.float64], note: Note) -> list[float]:
    """How far each stretch of the note between bends is from key and bend, in cents."""
    found = []
    ends = [since for since, _ in note.bends[1:]] + [note.end_s]
    for (since, bend_st), until in zip(note.bends, ends, strict=True):
        stretch = y[round((since + 0.02) * RATE) : round((until - 0.004) * RATE)]
        hz = steady_hz(stretch, RATE, heard_hz(stretch, RATE, LOWEST_HZ, HIGHEST_HZ))
        found.append(1200.0 * np.log2(hz / 440.0) - 100.0 * (note.key + bend_st - 69.0))
    return found
