"""`jambox render` of MIDI files: tracks to instruments, and refusals in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from jambox.presets import numbered
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


def programs(folder: Path, *numbers: int) -> Path:
    """A note in each of these programs, on one track."""
    events = [(480 * i, bytes([0xC0, number])) for i, number in enumerate(numbers)]
    for i in range(len(numbers)):
        events += [(480 * i + 10, b"\x90\x3c\x60"), (480 * i + 400, b"\x90\x3c\x00")]
    return smf.write(folder / "programs.mid", smf.file([smf.track(events)], 480))


def test_a_program_chooses_a_preset(jambox: Jambox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    organ, choir = numbered().index("clarinet-organ"), numbered().index("cello-choir")
    song = programs(tmp_path, organ, choir)
    ended = jambox("render", song, "-o", tmp_path / "song.wav", "--json")
    assert (ended.code, ended.err) == (0, "")
    told = json.loads(ended.out)["tracks"]
    assert [(part["track"], part["preset"], part["instrument"]) for part in told] == [
        (1, "clarinet-organ", "clarinet"),
        (1, "cello-choir", "cello"),
    ]
    one = programs(tmp_path, organ)
    by_name = ("--preset", "clarinet-organ", "--no-programs", "--set", "reverb_mix=0.4")
    assert "program" in jambox("render", one, "-o", tmp_path / "named.wav", *by_name).err
    assert jambox("render", one, "-o", tmp_path / "chosen.wav", "--set", "reverb_mix=0.4").code == 0
    assert jambox("render", one, "-o", tmp_path / "plain.wav", "--no-programs").code == 0
    named, chosen, plain = (soundfile.read(tmp_path / f"{name}.wav")[0] for name in ("named", "chosen", "plain"))
    assert (chosen == named).all()
    assert len(plain) != len(named) or (plain != named).any()


def test_a_program_without_a_preset_is_told_and_changes_nothing(jambox: Jambox, tmp_path: Path) -> None:
    ended = jambox("render", programs(tmp_path, 127), "-i", "oboe", "-o", tmp_path / "song.wav", "--json")
    assert ended.code == 0
    assert "program 128" in ended.err
    assert [(part["instrument"], part["preset"]) for part in json.loads(ended.out)["tracks"]] == [("oboe", None)]


def test_a_preset_for_a_voice_is_played_by_keys_in_a_song(jambox: Jambox, tmp_path: Path) -> None:
    song = programs(tmp_path, numbered().index("shadow-cello"))
    assert jambox("render", song, "-o", tmp_path / "song.wav").code == 0
    assert abs(soundfile.read(tmp_path / "song.wav")[0]).max() > 0.01


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
    assert "is no MIDI file, or one that is damaged" in ended.refusal()
