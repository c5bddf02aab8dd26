"""A sung melody as MIDI while it is sung: keys, the bend between them and the pitch, and loudness as expression.

Offline a melody is cut knowing its end (jambox/melody.py); here a note begins as soon as its pitch has stood still for a
while, and another one when the pitch stands still farther away than a voice strays from the middle of its note.
"""

from __future__ import annotations

from collections import deque
from statistics import median

from jambox.units import hz_to_midi

# A pitch that has moved by less than STILL_ST for so long is a note, and within another one if it has for a little longer; a
# voice that never stands still begins one all the same. Silence that lasts so long ends it.
STILL_ST = 0.9
ONSET_S, ONSET_AT_LAST_S = 0.02, 0.08
CHANGE_S = 0.025
SILENT_S = 0.02
# So far from the middle of the note, which is the mean of about so long, a pitch belongs to another one: vibrato does not
# stand still that far away, and a semitone is farther.
AWAY_ST = 0.85
MIDDLE_S = 0.3
BEND_RANGE_ST = 2.0
# Nothing finer than this is sent, and nothing sooner after the last.
FINEST_BEND = 41  # of 8192: a cent
EVERY_S = 0.005
# Loudness of the softest and of the loudest touch.
SOFTEST_DB, LOUDEST_DB = -60.0, -12.0

_BEND_RANGE = (b"\xb0\x65\x00", b"\xb0\x64\x00", bytes([0xB0, 6, int(BEND_RANGE_ST)]), b"\xb0\x26\x00")
_EXPRESSION = 11


class SungNotes:
    """`step` once every few milliseconds with what is heard; it gives the messages (channel 1) to send."""

    def __init__(self) -> None:
        self.key: int | None = None
        self._heard: deque[tuple[float, float]] = deque()  # time and pitch, of the last moments of this breath
        self._breath_s = 0.0  # when it began
        self._sung_s = 0.0  # when there was a pitch last
        self._middle = 0.0  # of the note, and the steps that it is the mean of
        self._middle_s = 0.0
        self._bend = 0
        self._expression = 127
        self._sent_s = -1.0

    @staticmethod
    def begin() -> list[bytes]:
        """Before all others: how far the bend reaches."""
        return list(_BEND_RANGE)

    def step(self, time_s: float, f0_hz: float, voiced: bool, loudness_db: float) -> list[bytes]:
        """What to send now. `f0_hz` counts while `voiced`."""
        if not (voiced and f0_hz > 0.0):
            return self.end() if time_s - self._sung_s >= SILENT_S else []
        pitch = float(hz_to_midi(f0_hz))
        if not self._heard:
            self._breath_s = time_s
        step_s, self._sung_s = time_s - self._sung_s, time_s
        still = self._stands(time_s, pitch)
        if self.key is None:
            began = still is not None or time_s - self._breath_s >= ONSET_AT_LAST_S
            return self._change(pitch if still is None else still, loudness_db) if began else []
        if still is not None:
            if abs(still - self._middle) > AWAY_ST or abs(still - self.key) > BEND_RANGE_ST:
                return self._change(still, loudness_db)
            self._middle_s = min(self._middle_s + step_s, MIDDLE_S)
            self._middle += (still - self._middle) * min(1.0, step_s / self._middle_s)
        return self._express(time_s, pitch, loudness_db)

    def end(self) -> list[bytes]:
        """The note that sounds ends."""
        key, self.key = self.key, None
        self._heard.clear()
        return [bytes([0x80, key, 64])] if key is not None else []

    def _stands(self, time_s: float, pitch: float) -> float | None:
        """Where the pitch has stood still for as long as it must, if it has."""
        needed_s = ONSET_S if self.key is None else CHANGE_S
        self._heard.append((time_s, pitch))
        while len(self._heard) > 1 and time_s - self._heard[1][0] >= needed_s:
            self._heard.popleft()
        pitches = [each for _, each in self._heard]
        if time_s - self._heard[0][0] < needed_s or max(pitches) - min(pitches) > STILL_ST:
            return None
        return median(pitches)

    def _change(self, pitch: float, loudness_db: float) -> list[bytes]:
        """A note, in the place of the one that sounds: the next begins before the last one ends, as a legato does, unless it
        is the same key."""
        old = [bytes([0x80, self.key, 64])] if self.key is not None else []
        self.key = min(max(round(pitch), 0), 127)
        self._middle, self._middle_s = pitch, CHANGE_S
        self._bend = bend_of(pitch - self.key)
        touch = velocity_of(loudness_db)
        new = [bend_message(self._bend), bytes([0x90, self.key, touch])]
        return [*old, *new] if old and old[0][1] == self.key else [*new, *old]

    def _express(self, time_s: float, pitch: float, loudness_db: float) -> list[bytes]:
        assert self.key is not None
        if time_s - self._sent_s < EVERY_S:
            return []
        messages = []
        bend, expression = bend_of(pitch - self.key), _seven_bits(loudness_db)
        if abs(bend - self._bend) >= FINEST_BEND:
            self._bend = bend
            messages.append(bend_message(bend))
        if expression != self._expression:
            self._expression = expression
            messages.append(bytes([0xB0, _EXPRESSION, expression]))
        if messages:
            self._sent_s = time_s
        return messages


def bend_of(semitones: float) -> int:
    """The bend, -8192 to 8191, that moves a key by so much, as far as bends reach."""
    return min(max(round(8192.0 * semitones / BEND_RANGE_ST), -8192), 8191)


def bend_message(bend: int) -> bytes:
    """What sends it, on channel 1."""
    return bytes([0xE0, (bend + 8192) & 0x7F, (bend + 8192) >> 7])


def velocity_of(loudness_db: float) -> int:
    """The touch of a note that is sung so loud, 1 to 127."""
    return max(1, _seven_bits(loudness_db))


def _seven_bits(loudness_db: float) -> int:
    share = (loudness_db - SOFTEST_DB) / (LOUDEST_DB - SOFTEST_DB)
    return min(max(round(127.0 * share), 0), 127)
