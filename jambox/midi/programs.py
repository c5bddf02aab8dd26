"""Program changes of a song: which of its notes are played in which program."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from jambox.midi.song import Track, is_note, is_zone


def by_program(track: Track, programs: Mapping[int, Sequence[tuple[float, int]]]) -> dict[int | None, Track]:
    """The track as a piece for each program that its notes begin in (from 0; None before the first change).

    `programs` are the changes of each channel, in order. One counts from its very moment on; a note that sounds by then goes
    on as it began. Every piece has all that is no note (pedals, bends, pressure), so that it finds them as they were left.
    A zone of MPE is one instrument: there a change on any channel counts for all.
    """
    changes = dict(programs)
    zone = any(is_zone(message) for _, message in track.messages)
    if zone:
        together = sorted((change for some in programs.values() for change in some), key=lambda change: change[0])
        changes = dict.fromkeys(range(16), together)
    begun = [
        _program_at(changes.get(message.channel, ()), when) if is_note(message) else None for when, message in track.messages
    ]
    wanted = {program: None for program, (_, message) in zip(begun, track.messages, strict=True) if is_note(message)}
    return {program: Track(track.name, _messages(track, begun, program)) for program in wanted}


def _messages(track: Track, begun: list[int | None], program: int | None) -> list[tuple[float, Any]]:
    return [
        (when, message)
        for (when, message), mine in zip(track.messages, begun, strict=True)
        if message.type != "program_change" and (not is_note(message) or mine == program)
    ]


def _program_at(changes: Sequence[tuple[float, int]], when: float) -> int | None:
    number = bisect_right(changes, when, key=lambda change: change[0])
    return changes[number - 1][1] if number > 0 else None
