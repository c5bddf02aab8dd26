"""Singing as MIDI: notes with pitch bend, of a whole recording or hop by hop while it is sung.

Messages are those of mido on channel 1, each with its time in seconds. The bend's range is two semitones, which is what an
instrument takes if it was told nothing; it is told all the same (RPN 0).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import mido
import numpy as np

from jambox.analysis import AnalysisTrack
from jambox.audiofile import replacing
from jambox.melody import Note
from jambox.units import hz_to_midi

Timed = tuple[float, mido.Message]

BEND_RANGE_ST = 2.0
# Loudness of the softest and of the loudest velocity.
SOFTEST_DB, LOUDEST_DB = -55.0, -10.0
# A bend is told again when it moved by so much, and no more often than this.
BEND_STEP_ST, BEND_STEP_S = 0.03, 0.01
_TICKS_A_BEAT, _TEMPO = 480, 500_000
_CONFIDENT = 0.5
# Live, a note begins once its pitch has kept within so much for so long; it goes over into another key when the pitch has
# left its own for so long, and ends after so long without one.
SAME_ST, BEGINS_S = 0.5, 0.015
LEFT_ST, LEFT_S = 0.7, 0.04
ENDS_S = 0.04


def velocity(loudness_db: float) -> int:
    """Of a loudness in dB, 1 to 127."""
    share = (loudness_db - SOFTEST_DB) / (LOUDEST_DB - SOFTEST_DB)
    return int(np.clip(round(127.0 * share), 1, 127))


def bend_range() -> list[mido.Message]:
    """What tells an instrument the range of the bends that follow."""
    told = ((101, 0), (100, 0), (6, round(BEND_RANGE_ST)), (38, 0))
    return [mido.Message("control_change", control=control, value=value) for control, value in told]


def _bend(away_st: float) -> mido.Message:
    pitch = round(8192.0 * away_st / BEND_RANGE_ST)
    return mido.Message("pitchwheel", pitch=int(np.clip(pitch, -8192, 8191)))


def _is_worth_a_bend(away_st: float, last_st: float) -> bool:
    """Whether a pitch so far from its key is told; what a bend cannot reach is a slip of the tracker."""
    return abs(away_st) <= BEND_RANGE_ST and abs(away_st - last_st) >= BEND_STEP_ST


def _on(key: int, loudness_db: float) -> mido.Message:
    return mido.Message("note_on", note=key, velocity=velocity(loudness_db))


def _off(key: int) -> mido.Message:
    return mido.Message("note_off", note=key, velocity=0)


def _key(midi: float) -> int:
    return int(np.clip(round(midi), 0, 127))


def melody_messages(notes: Iterable[Note], track: AnalysisTrack) -> list[Timed]:
    """The notes of a track with the bends that carry its pitch, vibrato and slides included, in order of time."""
    messages: list[Timed] = []
    sure = (track.f0_confidence > _CONFIDENT) & (track.f0_hz > 0.0)
    for note in notes:
        key = _key(note.midi)
        inside = sure & (track.time_s >= note.start_s) & (track.time_s < note.end_s)
        times_s, pitch = track.time_s[inside], hz_to_midi(np.maximum(track.f0_hz[inside], 1.0))
        first = float(pitch[0]) - key if len(pitch) else note.midi - key
        messages += [(note.start_s, _bend(first)), (note.start_s, _on(key, note.loudness_db))]
        last_s, last_st = note.start_s, first
        for time_s, midi in zip(times_s, pitch, strict=True):
            away_st = float(midi) - key
            if time_s - last_s >= BEND_STEP_S and _is_worth_a_bend(away_st, last_st):
                last_s, last_st = float(time_s), away_st
                messages.append((last_s, _bend(away_st)))
        messages.append((note.end_s, _off(key)))
    return messages


class SungNotes:
    """Turns tracked pitch into messages while it is sung, one hop after the other; nothing is looked at ahead.

    >>> sung = SungNotes()
    >>> messages = sung.hear(time_s, f0_hz, sounds, loudness_db)
    """

    def __init__(self) -> None:
        self._key: int | None = None
        self._bend_s, self._bend_st = -1.0, 0.0
        # Since when the pitch has been where it is (near `_settled`), off its key, and gone.
        self._settled, self._settled_s = 0.0, 0.0
        self._left_s: float | None = None
        self._gone_s: float | None = None
        self._sounds = False

    def hear(self, time_s: float, f0_hz: float, sounds: bool, loudness_db: float) -> list[Timed]:
        """What there is to say at `time_s`, where a pitch of f0_hz `sounds` at a loudness, or none does."""
        if not sounds or f0_hz <= 0.0:
            self._sounds = False
            self._gone_s = time_s if self._gone_s is None else self._gone_s
            return self.end(time_s) if time_s - self._gone_s >= ENDS_S else []
        midi = float(hz_to_midi(f0_hz))
        self._gone_s = None
        if not self._sounds or abs(midi - self._settled) > SAME_ST:
            self._settled, self._settled_s = midi, time_s
        self._sounds = True
        settled = time_s - self._settled_s >= BEGINS_S
        if self._key is None:
            return self._begin(time_s, midi, loudness_db) if settled else []
        if abs(midi - self._key) <= LEFT_ST:
            self._left_s = None
        elif self._left_s is None:
            self._left_s = time_s
        elif settled and time_s - self._left_s >= LEFT_S:
            return self.end(time_s) + self._begin(time_s, midi, loudness_db)
        return self._follow(time_s, midi - self._key)

    def end(self, time_s: float) -> list[Timed]:
        """End the note that sounds, if one does."""
        key, self._key, self._left_s = self._key, None, None
        return [] if key is None else [(time_s, _off(key))]

    def _begin(self, time_s: float, midi: float, loudness_db: float) -> list[Timed]:
        self._key = _key(midi)
        self._bend_s, self._bend_st = time_s, midi - self._key
        return [(time_s, _bend(self._bend_st)), (time_s, _on(self._key, loudness_db))]

    def _follow(self, time_s: float, away_st: float) -> list[Timed]:
        if time_s - self._bend_s < BEND_STEP_S or not _is_worth_a_bend(away_st, self._bend_st):
            return []
        self._bend_s, self._bend_st = time_s, away_st
        return [(time_s, _bend(away_st))]


def live_messages(track: AnalysisTrack) -> list[Timed]:
    """What `SungNotes` says of a whole track: the messages that a port would get while it is sung."""
    sung = SungNotes()
    messages: list[Timed] = []
    heard = zip(track.time_s, track.f0_hz, track.f0_confidence > _CONFIDENT, track.loudness_db, strict=True)
    for time_s, f0_hz, sounds, loudness_db in heard:
        messages += sung.hear(float(time_s), float(f0_hz), bool(sounds), float(loudness_db))
    return messages + sung.end(float(track.time_s[-1]))


def write_melody(messages: Iterable[Timed], path: Path) -> None:
    """A standard MIDI file of type 0 with these messages (in order of time); whole or not at all."""
    ticks_per_s = _TICKS_A_BEAT * 1e6 / _TEMPO
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=_TEMPO, time=0), *bend_range()])
    at = 0
    for time_s, message in messages:
        tick = max(round(time_s * ticks_per_s), at)
        track.append(message.copy(time=tick - at))
        at = tick
    file = mido.MidiFile(type=0, ticks_per_beat=_TICKS_A_BEAT)
    file.tracks.append(track)
    with replacing(path) as part:
        file.save(part)
