"""Program changes: which notes they hold for, and what of a track everybody needs to know."""

from __future__ import annotations

from pathlib import Path

import pytest

from jambox.midi.programs import by_program
from jambox.midi.song import Song, is_note, read_song
from tests.midi import smf

TICKS = 500  # a tick is a millisecond at the usual tempo


def song(folder: Path, *tracks: list[tuple[int, bytes]], kind: int = 1) -> Song:
    return read_song(smf.write(folder / "song.mid", smf.file([smf.track(events) for events in tracks], TICKS, kind)))


def keys_of(song: Song, number: int = 0) -> dict[int | None, list[int]]:
    """Keys by the program that they begin in."""
    pieces = by_program(song.tracks[number], song.programs)
    return {program: [m.note for _, m in piece.messages if is_note(m)] for program, piece in pieces.items()}


def note(start: int, key: int, channel: int = 0, length: int = 100) -> list[tuple[int, bytes]]:
    return [(start, bytes([0x90 | channel, key, 90])), (start + length, bytes([0x80 | channel, key, 0]))]


def test_a_note_is_played_in_the_program_that_it_begins_in(tmp_path: Path) -> None:
    events = [
        *note(0, 60),
        (200, b"\xc0\x05"),
        *note(200, 61),
        *note(300, 62, length=300),
        (400, b"\xc0\x07"),
        *note(450, 63),
    ]
    assert keys_of(song(tmp_path, events)) == {None: [60], 5: [61, 62], 7: [63]}


def test_programs_hold_for_their_channel_on_whatever_track_they_stand(tmp_path: Path) -> None:
    read = song(tmp_path, [(0, b"\xc0\x02"), (0, b"\xc1\x03")], note(0, 60), [*note(0, 61, 1), *note(500, 62, 2)])
    assert keys_of(read, 0) == {2: [60]}
    assert keys_of(read, 1) == {3: [61], None: [62]}


def test_in_a_file_of_one_track_each_channel_has_its_programs(tmp_path: Path) -> None:
    read = song(tmp_path, [(0, b"\xc0\x02"), (0, b"\xc1\x03"), *note(0, 60), *note(0, 61, 1)], kind=0)
    assert [keys_of(read, number) for number in (0, 1)] == [{2: [60]}, {3: [61]}]


def test_a_zone_is_one_instrument(tmp_path: Path) -> None:
    lower = [(0, b"\xb0\x65\x00"), (0, b"\xb0\x64\x06"), (0, b"\xb0\x06\x05")]
    read = song(
        tmp_path, [*lower, (1, b"\xc0\x02"), *note(10, 60, 1), *note(10, 64, 2), (200, b"\xc0\x04"), *note(300, 67, 3)]
    )
    assert keys_of(read) == {2: [60, 64], 4: [67]}


def test_every_piece_knows_pedals_bends_and_keys_that_go_up(tmp_path: Path) -> None:
    rest = [(50, b"\xb0\x40\x7f"), (60, b"\xe0\x00\x60"), (90, b"\xd0\x20")]
    read = song(tmp_path, [*note(0, 60), *rest, (200, b"\xc0\x05"), *note(300, 61)])
    for piece in by_program(read.tracks[0], read.programs).values():
        kinds = [message.type for _, message in piece.messages if not message.is_meta and not is_note(message)]
        assert kinds == ["control_change", "pitchwheel", "aftertouch", "note_off", "note_off"]


@pytest.mark.parametrize("programs", [{}, {1: [(0.0, 3)]}])
def test_without_changes_a_track_stays_whole(tmp_path: Path, programs: dict[int, list[tuple[float, int]]]) -> None:
    track = song(tmp_path, [*note(0, 60), *note(200, 61)]).tracks[0]
    assert by_program(track, programs) == {None: track}
