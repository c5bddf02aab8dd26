"""Standard MIDI files: messages of every track in seconds, by the file's own tempo map."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jambox.errors import BadInput
from jambox.instrument.note_events import NoteEvent
from jambox.midi.interpreter import Interpreter

LONGEST_S = 4.0 * 3600.0
DRUMS = 9
_USUAL_TEMPO = 500_000  # microseconds a beat


@dataclass(frozen=True)
class Track:
    """Messages of one track that holds notes, each with its time in seconds."""

    name: str
    messages: list[tuple[float, Any]]


@dataclass(frozen=True)
class Song:
    """The tracks that hold notes, in the file's order; of a file with a single track, its channels. `programs` are the
    program changes of each channel (from 0), wherever they stand: seconds and number (from 0), in order."""

    tracks: list[Track]
    seconds: float
    programs: dict[int, list[tuple[float, int]]]


def read_song(path: Path) -> Song:
    """The song in a file; BadInput with one sentence for what is none."""
    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    import mido  # only songs pay for it

    try:
        file = mido.MidiFile(path, clip=True)
    # Damaged files make mido raise whatever its tables and slices raise.
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadInput(f"{path} is no MIDI file, or one that is damaged or ends too early.") from error
    if file.type == 2:
        raise BadInput(f"{path} is a MIDI file of type 2, a list of separate patterns; only types 0 and 1 can be played.")
    if file.ticks_per_beat == 0:
        raise BadInput(f"{path} is damaged: its beats have no length.")
    if file.ticks_per_beat < 0:
        raise BadInput(f"{path} counts time in film frames; only MIDI files that count in beats can be played.")
    seconds_at = _tempo_map(file)
    timed = [[(seconds_at(tick), message) for tick, message in _absolute(track)] for track in file.tracks]
    seconds = max((messages[-1][0] for messages in timed if messages), default=0.0)
    if seconds > LONGEST_S:
        raise BadInput(f"{path} lasts {seconds / 3600.0:.1f} hours; {LONGEST_S / 3600.0:g} are the most that is played.")
    programs: dict[int, list[tuple[float, int]]] = {}
    for when, message in sorted((pair for messages in timed for pair in messages), key=lambda pair: pair[0]):
        if message.type == "program_change":
            programs.setdefault(message.channel, []).append((when, message.program))
    tracks = [Track(track.name, messages) for track, messages in zip(file.tracks, timed, strict=True)]
    if len(tracks) == 1:
        tracks = _by_channel(tracks[0])
    tracks = [track for track in tracks if any(is_note(message) for _, message in track.messages)]
    if not tracks:
        raise BadInput(f"{path} holds no notes.")
    messages = [message for track in tracks for _, message in track.messages]
    if all(message.channel == DRUMS for message in messages if is_note(message)) and not any(map(is_zone, messages)):
        raise BadInput(f"{path} holds nothing but drums (channel 10), and no instrument here is a drum.")
    return Song(tracks, seconds, programs)


def song_events(tracks: list[Track], sample_rate: int) -> tuple[list[NoteEvent], list[str]]:
    """The events of `tracks` played together by one instrument, in order of their samples, and what was passed over."""
    messages = sorted((pair for track in tracks for pair in track.messages), key=lambda pair: pair[0])
    interpreter = Interpreter()
    events: list[NoteEvent] = []
    drums = 0
    for seconds, message in messages:
        if message.is_meta:
            continue
        if getattr(message, "channel", -1) == DRUMS and not interpreter.zones:
            drums += is_note(message)
            continue
        events += interpreter.read(message, round(seconds * sample_rate))
    events += interpreter.end(round(messages[-1][0] * sample_rate) if messages else 0)
    notes = []
    if interpreter.programs_ignored:
        notes.append(f"{interpreter.programs_ignored} program changes were ignored.")
    if drums:
        notes.append(f"the drums (channel 10) were left out: {drums} note{'s' if drums != 1 else ''}.")
    return events, notes


def is_note(message: Any) -> bool:
    return bool(message.type == "note_on" and message.velocity > 0)


def _absolute(track: Any) -> list[tuple[int, Any]]:
    """Messages with ticks from the beginning."""
    tick, timed = 0, []
    for message in track:
        tick += message.time
        timed.append((tick, message))
    return timed


def _by_channel(track: Track) -> list[Track]:
    """A track for each channel; what belongs to none goes nowhere, since tempi are known already."""
    channels = sorted({message.channel for _, message in track.messages if hasattr(message, "channel")})
    if any(is_zone(message) for _, message in track.messages):
        return [track]  # an MPE zone is one instrument
    return [
        Track(f"channel {channel + 1}", [pair for pair in track.messages if getattr(pair[1], "channel", -1) == channel])
        for channel in channels
    ]


def is_zone(message: Any) -> bool:
    return bool(message.type == "control_change" and message.control == 100 and message.value == 6)


def _tempo_map(file: Any) -> Any:
    """A function from ticks to seconds: the tempi of all tracks hold for all of them."""
    changes = sorted(
        (tick, message.tempo)
        for track in file.tracks
        for tick, message in _absolute(track)
        if message.type == "set_tempo" and message.tempo > 0
    )
    ticks, seconds, tempi = [0], [0.0], [_USUAL_TEMPO]
    for tick, tempo in changes:
        seconds.append(seconds[-1] + (tick - ticks[-1]) * tempi[-1] * 1e-6 / file.ticks_per_beat)
        ticks.append(tick)
        tempi.append(tempo)

    def seconds_at(tick: int) -> float:
        i = bisect_right(ticks, tick) - 1
        return seconds[i] + (tick - ticks[i]) * tempi[i] * 1e-6 / int(file.ticks_per_beat)

    return seconds_at
