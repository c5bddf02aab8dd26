"""Two pieces typed in by hand, and the MIDI files made of them: chords, pedal, bends, programs, tempi, two tracks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mido

from jambox.presets import numbered

PIECES = Path(__file__).with_name("pieces")
TICKS = 480
SIXTEENTH = TICKS // 4
# So much earlier than the next the notes and the pedals end, in ticks.
NOTE_GAP, PEDAL_GAP = 24, 44
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class Written:
    """A note in the score: ticks, MIDI key, track (from 0), velocity."""

    start: int
    end: int
    key: int
    track: int = 0
    velocity: int = 96


@dataclass
class Piece:
    """Notes, tempi (tick: beats a minute) and other messages (tick, track, mido's name and values)."""

    name: str
    notes: list[Written] = field(default_factory=list)
    tempi: dict[int, float] = field(default_factory=dict)
    controls: list[tuple[int, int, str, dict[str, int]]] = field(default_factory=list)

    def write(self, path: Path, notes: list[Written] | None = None) -> Path:
        """The file of the piece, or of some of its notes with all that is no note."""
        file = mido.MidiFile(type=1, ticks_per_beat=TICKS)
        tempi = [(tick, 0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))) for tick, bpm in self.tempi.items()]
        timed: list[list[tuple[int, int, Any]]] = [tempi]
        for track in sorted({note.track for note in self.notes}):
            events = [
                (tick, 1, mido.Message(kind, channel=track, **values))
                for tick, place, kind, values in self.controls
                if place == track
            ]
            for note in self.notes if notes is None else notes:
                if note.track == track:
                    on = mido.Message("note_on", channel=track, note=note.key, velocity=note.velocity)
                    off = mido.Message("note_off", channel=track, note=note.key)
                    events += [(note.start, 2, on), (note.end, 0, off)]
            timed.append(events)
        for events in timed:
            written, now = mido.MidiTrack(), 0
            for tick, _, message in sorted(events, key=lambda event: event[:2]):
                written.append(message.copy(time=tick - now))
                now = tick
            file.tracks.append(written)
        file.save(path)
        return path

    def _control(self, tick: int, track: int, number: int, value: int) -> None:
        self.controls.append((tick, track, "control_change", {"control": number, "value": value}))

    def _program(self, tick: int, track: int, preset: str) -> None:
        self.controls.append((tick, track, "program_change", {"program": numbered().index(preset)}))

    def _bend(self, tick: int, track: int, share: float) -> None:
        self.controls.append(
            (tick, track, "pitchwheel", {"pitch": round(8191 * share) if share > 0 else round(8192 * share)})
        )


def key_of(name: str) -> int:
    """MIDI key of a note such as C4 (60) or F#3."""
    letter, sharp, octave = re.fullmatch(r"([A-G])(#?)(\d)", name).groups()  # type: ignore[union-attr]
    return 12 * (int(octave) + 1) + _SEMITONES[letter] + (sharp == "#")


def _lines(name: str) -> list[str]:
    text = (PIECES / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def prelude() -> Piece:
    """Broken chords under the pedal, which changes before a key comes again; three presets; a tempo that never rests."""
    piece = Piece("prelude", tempi={0: 96.0})
    bar = 16 * SIXTEENTH
    for number, line in enumerate(_lines("prelude")):
        start = number * bar
        keys = [key_of(name) for name in line.removeprefix("= ").split()]
        if line.startswith("="):
            piece.notes += [Written(start, start + bar // 2, key) for key in keys]
            continue
        for half in (start, start + bar // 2):
            for place, which in enumerate((0, 1, 2, 3, 4, 2, 3, 4)):
                begin = half + place * SIXTEENTH
                piece.notes.append(Written(begin, begin + SIXTEENTH - NOTE_GAP, keys[which], velocity=70 + 8 * which))
            for first, last in ((0, 5), (5, 8)):
                piece._control(half + first * SIXTEENTH + 10, 0, 64, 127)
                piece._control(half + last * SIXTEENTH - PEDAL_GAP, 0, 64, 0)
    piece.tempi |= {bar: 84.0, bar + 7 * SIXTEENTH + 31: 104.0, 2 * bar + 3 * SIXTEENTH: 91.5, 3 * bar - SIXTEENTH: 70.0}
    for tick, preset in {0: "clarinet-organ", bar + 3: "cello-choir", 2 * bar + 5: "clarinet-organ"}.items():
        piece._program(max(tick - 10, 0), 0, preset)
    piece._program(3 * bar - 20, 0, "violin-section")
    return piece


def invention() -> Piece:
    """Two voices on two tracks, each with a change of preset; bends by the usual range and by an octave."""
    piece = Piece("invention", tempi={0: 100.0, 12 * SIXTEENTH: 88.0, 20 * SIXTEENTH + 50: 108.0})
    for track, line in enumerate(_lines("invention")):
        tick = 0
        for word in line.partition(":")[2].split():
            name, length = ("-", word[1:]) if word.startswith("-") else word.split("/")
            end = tick + int(length) * SIXTEENTH
            if name != "-":
                piece.notes.append(Written(tick, end - NOTE_GAP, key_of(name), track))
            tick = end
    piece._program(0, 0, "flute-solo")
    piece._program(16 * SIXTEENTH - 5, 0, "hall-oboe")
    piece._program(0, 1, "cello-bass")
    piece._program(20 * SIXTEENTH, 1, "chamber-clarinet")
    for number, value in ((101, 0), (100, 0), (6, 12)):  # the left hand's bends reach an octave
        piece._control(0, 1, number, value)
    last = 32 * SIXTEENTH
    piece._bend(last + SIXTEENTH, 0, 0.5)
    piece._bend(last + 2 * SIXTEENTH, 0, -0.25)
    piece._bend(last + 2 * SIXTEENTH, 1, -7.0 / 12.0)
    # A bend that is there before the notes, and gone after them.
    piece._bend(24 * SIXTEENTH - 8, 0, 0.25)
    piece._bend(26 * SIXTEENTH - 8, 0, 0.0)
    return piece
