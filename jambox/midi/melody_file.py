"""A sung melody as a MIDI file: notes with pitch bend, cut knowing the whole, or as they are found while it is sung.

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
from jambox.midi.singing import BEND_RANGE_ST, SungNotes, bend_message, bend_of, velocity_of
from jambox.units import hz_to_midi

Timed = tuple[float, mido.Message]

# A bend is told again when it moved by so much, and no more often than this.
BEND_STEP_ST, BEND_STEP_S = 0.03, 0.01
_TICKS_A_BEAT, _TEMPO = 480, 500_000
_CONFIDENT = 0.5


def _bend(away_st: float) -> mido.Message:
    return mido.Message.from_bytes(bend_message(bend_of(away_st)))


def _is_worth_a_bend(away_st: float, last_st: float) -> bool:
    """Whether a pitch so far from its key is told; what a bend cannot reach is a slip of the tracker."""
    return abs(away_st) <= BEND_RANGE_ST and abs(away_st - last_st) >= BEND_STEP_ST


def _on(key: int, loudness_db: float) -> mido.Message:
    return mido.Message("note_on", note=key, velocity=velocity_of(loudness_db))


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


def live_messages(track: AnalysisTrack) -> list[Timed]:
    """What `SungNotes` says of a whole track: the messages that a port would get while it is sung."""
    sung = SungNotes()
    messages: list[Timed] = []
    heard = zip(track.time_s, track.f0_hz, track.f0_confidence > _CONFIDENT, track.loudness_db, strict=True)
    for time_s, f0_hz, sounds, loudness_db in heard:
        messages += _timed(float(time_s), sung.step(float(time_s), float(f0_hz), bool(sounds), float(loudness_db)))
    return messages + _timed(float(track.time_s[-1]), sung.end())


def _timed(time_s: float, messages: Iterable[bytes]) -> list[Timed]:
    return [(time_s, mido.Message.from_bytes(message)) for message in messages]


def write_melody(messages: Iterable[Timed], path: Path) -> None:
    """A standard MIDI file of type 0 with these messages (in order of time); whole or not at all."""
    ticks_per_s = _TICKS_A_BEAT * 1e6 / _TEMPO
    track = mido.MidiTrack(
        [mido.MetaMessage("set_tempo", tempo=_TEMPO, time=0), *map(mido.Message.from_bytes, SungNotes.begin())]
    )
    at = 0
    for time_s, message in messages:
        tick = max(round(time_s * ticks_per_s), at)
        track.append(message.copy(time=tick - at))
        at = tick
    file = mido.MidiFile(type=0, ticks_per_beat=_TICKS_A_BEAT)
    file.tracks.append(track)
    with replacing(path) as part:
        file.save(part)
