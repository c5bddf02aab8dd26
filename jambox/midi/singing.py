"""A sung melody as MIDI while it is sung: keys, the bend between them and the pitch, and loudness as expression.

Offline a melody is cut knowing its end (jambox/melody.py); here a note begins as soon as its pitch was heard for a while,
and another one when the pitch has stayed nearer to another key.
"""

from __future__ import annotations

from statistics import median

from jambox.units import hz_to_midi

# A pitch that lasts so long is a note; silence that lasts so long ends it.
ONSET_S = 0.015
SILENT_S = 0.03
# So far from the key, for so long, the pitch belongs to another note: vibrato is quicker or narrower.
AWAY_ST = 0.8
AWAY_S = 0.03
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
        self._since_s: float | None = None  # when what may begin, end or change a note began
        self._pitches: list[float] = []  # since then
        self._bend = 0
        self._expression = 127
        self._sent_s = -1.0

    @staticmethod
    def begin() -> list[bytes]:
        """Before all others: how far the bend reaches."""
        return list(_BEND_RANGE)

    def step(self, time_s: float, f0_hz: float, voiced: bool, loudness_db: float) -> list[bytes]:
        """What to send now. `f0_hz` counts while `voiced`."""
        pitch = float(hz_to_midi(f0_hz)) if voiced and f0_hz > 0.0 else None
        if self.key is None:
            return self._wait_for_onset(time_s, pitch, loudness_db)
        if pitch is None:
            return self.end() if self._lasts(time_s, None, SILENT_S, began=bool(self._pitches)) else []
        away = abs(pitch - self.key) > AWAY_ST
        if away and self._lasts(time_s, pitch, AWAY_S, began=not self._pitches):
            return self._change(median(self._pitches), loudness_db)
        if not away:
            self._since_s, self._pitches = None, []
        return self._express(time_s, pitch, loudness_db)

    def end(self) -> list[bytes]:
        """The note that sounds ends."""
        key, self.key = self.key, None
        self._since_s, self._pitches = None, []
        return [bytes([0x80, key, 64])] if key is not None else []

    def _wait_for_onset(self, time_s: float, pitch: float | None, loudness_db: float) -> list[bytes]:
        if pitch is None:
            self._since_s, self._pitches = None, []
        elif self._lasts(time_s, pitch, ONSET_S, began=False):
            return self._change(median(self._pitches), loudness_db)
        return []

    def _lasts(self, time_s: float, pitch: float | None, seconds: float, *, began: bool) -> bool:
        """Whether it has gone on for so long; `began` if what went on until now was something else."""
        if self._since_s is None or began:
            self._since_s, self._pitches = time_s, []
        if pitch is not None:
            self._pitches.append(pitch)
        return time_s - self._since_s >= seconds

    def _change(self, pitch: float, loudness_db: float) -> list[bytes]:
        """A note, in the place of the one that sounds: the next begins before the last one ends, as a legato does."""
        old = self.end()
        self.key = min(max(round(pitch), 0), 127)
        self._bend = bend_of(pitch - self.key)
        touch = velocity_of(loudness_db)
        return [bend_message(self._bend), bytes([0x90, self.key, touch]), *old]

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
