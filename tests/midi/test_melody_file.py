"""Singing written as MIDI: the file holds the notes, their bends carry the pitch, and an instrument plays it again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jambox.analysis import AnalysisTrack, analyse
from jambox.audiofile import read_sound, write_sound
from jambox.melody import find_notes
from jambox.midi.melody_file import live_messages, melody_messages, write_melody
from jambox.midi.singing import velocity_of
from jambox.midi.song import read_song
from jambox.units import midi_to_hz
from tests.cli.command import Jambox
from tests.data import shared_data
from tests.instruments.playing import RATE, rest, voiced_note
from tests.midi.singing import Sung, f1, notes_of

HOP_S = 64 / 48_000


def sung(midi: np.ndarray) -> AnalysisTrack:
    """A track of the given pitch, nan where nothing is sung."""
    silent = np.isnan(midi)
    hz = np.where(silent, 0.0, midi_to_hz(np.where(silent, 60.0, midi)))
    time_s = (np.arange(len(midi)) + 1) * HOP_S
    return AnalysisTrack(time_s, hz, np.where(silent, 0.0, 0.9), np.where(silent, -90.0, -30.0))


def hops(seconds: float) -> int:
    return round(seconds / HOP_S)


def from_file(path: Path) -> list[Sung]:
    (track,) = read_song(path).tracks
    return notes_of([pair for pair in track.messages if not pair[1].is_meta])


def test_the_file_holds_the_notes_and_their_vibrato(tmp_path: Path) -> None:
    t = np.arange(hops(0.8)) * HOP_S
    gap = np.full(hops(0.2), np.nan)
    track = sung(np.concatenate([gap, 60.2 + 0.4 * np.sin(2 * np.pi * 5.5 * t), gap, np.full(hops(0.5), 64.0), gap]))
    write_melody(melody_messages(find_notes(track), track), tmp_path / "sung.mid")
    first, second = from_file(tmp_path / "sung.mid")
    assert first[:2] == pytest.approx((0.2, 1.0), abs=0.02)
    assert second[:2] == pytest.approx((1.2, 1.7), abs=0.02)
    assert first[2] == pytest.approx(60.2, abs=0.05)
    assert second[2] == pytest.approx(64.0, abs=0.02)
    assert first[3] == pytest.approx(0.8, abs=0.1)
    assert second[3] < 0.02


def test_a_track_that_is_heard_as_it_comes_gives_its_notes_soon() -> None:
    """Each begins within 40 ms, a bound step within 80, and ends within 50; vibrato makes no new note."""
    t = np.arange(hops(0.6)) * HOP_S
    gap = np.full(hops(0.2), np.nan)
    bound = np.concatenate([60.0 + 0.4 * np.sin(2 * np.pi * 5.5 * t), np.full(hops(0.4), 62.0)])
    found = notes_of(live_messages(sung(np.concatenate([gap, bound, gap, np.full(hops(0.3), 55.3), gap]))))
    assert [round(note[2]) for note in found] == [60, 62, 55]
    for note, start_s, late_s in zip(found, (0.2, 0.8, 1.4), (0.04, 0.08, 0.04), strict=True):
        assert 0.0 <= note[0] - start_s <= late_s
    assert 0.0 <= found[1][1] - 1.2 <= 0.05
    assert 0.0 <= found[2][1] - 1.7 <= 0.05
    assert found[2][2] == pytest.approx(55.3, abs=0.02)


def test_a_slip_of_the_tracker_is_no_note_and_silence_none() -> None:
    pitch = np.full(hops(1.0), 60.0)
    pitch[hops(0.5) : hops(0.52)] = 72.0
    assert [round(note[2]) for note in notes_of(live_messages(sung(pitch)))] == [60]
    assert live_messages(sung(np.full(hops(0.5), np.nan))) == []


def test_velocity_grows_with_loudness_and_keeps_its_bounds() -> None:
    levels = [velocity_of(level) for level in (-120.0, -55.0, -40.0, -25.0, -10.0, 20.0)]
    assert levels == sorted(levels)
    assert levels[0] == 1
    assert levels[-1] == 127


@pytest.mark.parametrize(("messages", "least"), [("whole", 0.7), ("live", 0.5)])
def test_a_sung_melody_is_written_as_people_wrote_it_down(tmp_path: Path, messages: str, least: float) -> None:
    track = analyse(read_sound(shared_data("test", "singing_vocadito_1.flac"), RATE).samples, RATE)
    written = np.loadtxt(shared_data("test", "singing_vocadito_1.notesA1.csv"), delimiter=",")
    told = melody_messages(find_notes(track), track) if messages == "whole" else live_messages(track)
    write_melody(told, tmp_path / "sung.mid")
    assert f1(from_file(tmp_path / "sung.mid"), written) >= least


def test_the_command_writes_the_file_and_refuses_what_makes_no_sense(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    jambox = Jambox(capsys, monkeypatch)
    source = tmp_path / "a.wav"
    write_sound(source, np.concatenate([rest(0.2), voiced_note(220.0, -25.0, 0.5), rest(0.2)]), RATE)
    for more in ((), ("--live",)):
        ended = jambox("melody", source, "--midi", tmp_path / "a.mid", "--csv", tmp_path / "a.csv", *more)
        assert ended.code == 0, ended.err
        (note,) = from_file(tmp_path / "a.mid")
        assert note[2] == pytest.approx(57.0, abs=0.1)
        assert note[0] == pytest.approx(0.2, abs=0.06)
    assert "--csv or --midi" in jambox("melody", source).refusal()
    assert "must end in .mid" in jambox("melody", source, "--midi", tmp_path / "a.txt").refusal()
    assert "name a MIDI file" in jambox("melody", source, "--csv", tmp_path / "b.csv", "--live").refusal()
