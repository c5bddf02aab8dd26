"""`jambox render` of MIDI files: tracks to instruments, and refusals in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from tests.cli.command import Jambox
from tests.midi import smf

DUET = smf.file(
    [
        smf.track([(0, smf.tempo(250_000))]),
        smf.track([(0, b"\x90\x48\x60"), (960, b"\x90\x48\x00")]),
        smf.track([(480, b"\x91\x30\x60"), (1440, b"\x91\x30\x00")]),
    ],
    480,
)


def test_two_tracks_are_played_by_two_instruments(jambox: Jambox, tmp_path: Path) -> None:
    song = smf.write(tmp_path / "duet.mid", DUET)
    ended = jambox("render", song, "-i", "flute", "--track", "2=cello", "-o", tmp_path / "duet.wav", "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert [(part["track"], part["instrument"]) for part in told["tracks"]] == [(1, "flute"), (2, "cello")]
    y, rate = soundfile.read(tmp_path / "duet.wav")
    assert rate == 48_000
    assert len(y) / rate > 0.75 + 1.0
    assert 0.01 < abs(y).max() <= 0.98


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--track", "violin"), "NUMBER=INSTRUMENT"),
        (("--track", "3=violin"), "no track 3"),
        (("--track", "1=kazoo"), "kazoo"),
    ],
)
def test_a_track_that_cannot_be_played_is_refused(
    jambox: Jambox, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    song = smf.write(tmp_path / "duet.mid", DUET)
    ended = jambox("render", song, "-o", tmp_path / "duet.wav", *arguments)
    assert says in ended.refusal()
    assert not (tmp_path / "duet.wav").exists()


def test_a_file_that_is_no_song_is_refused(jambox: Jambox, tmp_path: Path) -> None:
    song = smf.write(tmp_path / "no.mid", b"RIFF1234WAVE")
    ended = jambox("render", song, "-o", tmp_path / "no.wav")
    assert ended.code == 2
    assert "cannot be read as a MIDI file" in ended.refusal()
