"""Notes found in a melody, against what was put in, and against what people wrote down."""

from __future__ import annotations

import csv
from pathlib import Path

import mir_eval
import numpy as np
import pytest

from jambox.analysis import AnalysisTrack, analyse
from jambox.audiofile import read_sound, write_sound
from jambox.melody import Note, find_notes, write_piano_roll
from jambox.units import midi_to_hz
from tests.cli.command import Jambox
from tests.data import shared_data
from tests.instruments.playing import RATE, rest, voiced_note

HOP_S = 64 / 48_000


def f1(found: list[Note], intervals_s: np.ndarray, pitches_hz: np.ndarray) -> float:
    """Onset within 50 ms and pitch within 50 cents, as mir_eval counts."""
    ours = np.array([(note.start_s, note.end_s) for note in found])
    hz = np.array([note.f0_hz for note in found])
    return float(mir_eval.transcription.precision_recall_f1_overlap(intervals_s, pitches_hz, ours, hz, offset_ratio=None)[2])


def sung(midi: np.ndarray, confidence: float = 0.9) -> AnalysisTrack:
    """A track of the given pitch, nan where nothing is sung."""
    silent = np.isnan(midi)
    return AnalysisTrack(
        (np.arange(len(midi)) + 1) * HOP_S,
        np.where(silent, 0.0, midi_to_hz(np.where(silent, 60.0, midi))),
        np.where(silent, 0.0, confidence),
        np.where(silent, -90.0, -30.0),
    )


def seconds(duration_s: float) -> int:
    return round(duration_s / HOP_S)


def test_a_played_melody_is_found_note_by_note() -> None:
    melody = [57, 59, 60, 64, 62, 62, 69, 57]
    parts, intervals = [rest(0.2)], []
    for note in melody:
        start_s = sum(map(len, parts)) / RATE
        parts += [voiced_note(float(midi_to_hz(note)), -25.0, 0.4), rest(0.1)]
        intervals.append((start_s, start_s + 0.4))
    found = find_notes(analyse(np.concatenate(parts), RATE))
    assert len(found) == len(melody)
    for note, asked, (start_s, end_s) in zip(found, melody, intervals, strict=True):
        assert note.midi == pytest.approx(asked, abs=0.1)
        assert note.start_s == pytest.approx(start_s, abs=0.04)
        assert note.end_s == pytest.approx(end_s, abs=0.06)


def test_vibrato_and_a_slide_up_to_a_note_stay_one_note_and_a_legato_step_makes_two() -> None:
    t = np.arange(seconds(1.0)) * HOP_S
    vibrato = 60.0 + 0.5 * np.sin(2 * np.pi * 5.5 * t)
    assert len(find_notes(sung(vibrato))) == 1
    slide = np.concatenate([np.linspace(62.5, 64.0, seconds(0.08)), np.full(seconds(0.6), 64.0)])
    assert [round(note.midi) for note in find_notes(sung(slide))] == [64]
    legato = np.concatenate([vibrato, vibrato + 2.0])
    found = find_notes(sung(legato))
    assert [round(note.midi) for note in found] == [60, 62]
    assert found[0].end_s == found[1].start_s == pytest.approx(1.0, abs=0.02)


def test_a_note_of_half_a_minute_is_one_note() -> None:
    found = find_notes(sung(np.full(seconds(30.0), 55.0)))
    assert len(found) == 1
    assert found[0].end_s - found[0].start_s == pytest.approx(30.0, abs=0.05)


def test_nothing_sung_is_no_note() -> None:
    assert find_notes(sung(np.full(seconds(1.0), np.nan))) == []
    assert find_notes(sung(np.full(3, 60.0))) == []
    assert find_notes(sung(np.full(seconds(1.0), 60.0), confidence=0.3)) == []


@pytest.mark.parametrize("annotator", ["A1", "A2"])
def test_a_sung_melody_is_found_as_people_wrote_it_down(annotator: str) -> None:
    written = np.loadtxt(shared_data("test", f"singing_vocadito_1.notes{annotator}.csv"), delimiter=",")
    track = analyse(read_sound(shared_data("test", "singing_vocadito_1.flac"), RATE).samples, RATE)
    intervals_s = np.column_stack([written[:, 0], written[:, 0] + written[:, 2]])
    assert f1(find_notes(track), intervals_s, written[:, 1]) >= 0.7


def test_the_piano_roll_holds_the_notes(tmp_path: Path) -> None:
    notes = [Note(0.5, 1.25, 60.1, -20.0), Note(1.25, 2.0, 64.0, -18.5)]
    write_piano_roll(notes, tmp_path / "roll.csv")
    with (tmp_path / "roll.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["midi"]) for row in rows] == [60.1, 64.0]
    assert float(rows[1]["f0_hz"]) == pytest.approx(329.628, abs=0.001)
    assert [float(row["start_s"]) for row in rows] == [0.5, 1.25]


def test_the_command_writes_the_roll_and_refuses_what_holds_no_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    jambox = Jambox(capsys, monkeypatch)
    write_sound(tmp_path / "a.wav", np.concatenate([rest(0.2), voiced_note(220.0, -25.0, 0.5), rest(0.2)]), RATE)
    ended = jambox("melody", tmp_path / "a.wav", "--csv", tmp_path / "roll.csv")
    assert ended.code == 0, ended.err
    assert "1 note in 0.9 s" in ended.out
    old = (tmp_path / "roll.csv").read_bytes()
    write_sound(tmp_path / "still.wav", rest(1.0), RATE)
    assert "no note in it" in jambox("melody", tmp_path / "still.wav", "--csv", tmp_path / "roll.csv").refusal()
    assert "does not exist" in jambox("melody", tmp_path / "a.wav", "--csv", tmp_path / "no" / "roll.csv").refusal()
    assert (tmp_path / "roll.csv").read_bytes() == old
