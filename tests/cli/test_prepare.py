"""`jambox prepare` tells a musician in words what the recordings are good for: each folder has its own sentence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jambox.audiofile import read_sound
from jambox.errors import BadInput
from jambox.train.recipe import recipe_for_folder
from jambox.train.recordings import find_recordings
from jambox.train.survey.report import read_survey
from jambox.train.survey.verdict import verdict
from tests.cli.command import Jambox
from tests.data import shared_data
from tests.train.conftest import RATE, bowed
from tests.train.survey.sounds import babble, band, detached_notes


def folder_of(tmp_path: Path, *sounds: np.ndarray) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    for i, sound in enumerate(sounds):
        soundfile.write(folder / f"{i}.wav", sound, RATE)
    return folder


def refusal(jambox: Jambox, folder: Path) -> str:
    """The sentence in which a folder is refused, without its beginning; nothing may have been written."""
    ended = jambox("prepare", folder, "--out", folder.parent / "dataset", "--json", "--processes", 1)
    assert ended.code == 2
    assert not (folder.parent / "dataset").exists()
    return ended.refusal().removeprefix(f"No recording in {folder} can be learnt from: ")


def test_a_folder_of_silence(jambox: Jambox, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, np.zeros(RATE), 1e-5 * np.random.default_rng(0).standard_normal(RATE))
    assert refusal(jambox, folder) == "all of it is silence; check the input and its level, and record again."


def test_a_folder_of_speech(jambox: Jambox, tmp_path: Path) -> None:
    assert refusal(jambox, folder_of(tmp_path, babble(4.0, 1), babble(4.0, 2))).startswith("it is speech, whose pitch never")


def test_a_folder_of_real_speech(jambox: Jambox, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    for path in shared_data("test").glob("speech_*.flac"):
        (folder / path.name).write_bytes(path.read_bytes())
    assert refusal(jambox, folder).startswith("it is speech, whose pitch never holds still; record held notes")


def test_a_folder_of_a_full_band(jambox: Jambox, tmp_path: Path) -> None:
    assert refusal(jambox, folder_of(tmp_path, band(6.0, 1), band(6.0, 2))).startswith("several notes sound at once (chords")


def test_a_folder_of_corrupt_files(jambox: Jambox, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "a.wav").write_bytes(b"RIFF")
    (folder / "b.flac").write_bytes(np.random.default_rng(0).bytes(5000))
    assert refusal(jambox, folder) == "none of the 2 can be decoded (a.wav, b.flac); export them again as WAV or FLAC."


def test_the_decoder_keeps_its_notes_on_a_damaged_file_to_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "damaged.mp3"
    soundfile.write(path, 0.1 * np.sin(2.0 * np.pi * 440.0 * np.arange(2 * RATE) / RATE), RATE)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3] + bytes(4000) + whole[len(whole) // 2 :])
    with pytest.raises(BadInput, match="cannot be read as sound") as refused:
        read_sound(path)
    assert "does not exist" not in str(refused.value)
    assert capfd.readouterr().err == ""


def test_an_empty_folder(jambox: Jambox, tmp_path: Path) -> None:
    assert "holds no file that matches" in refusal(jambox, folder_of(tmp_path))


def test_one_file_is_used_and_told_to_be_too_little(jambox: Jambox, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, bowed(300.0, -20.0, 2.0, 1))
    ended = jambox("prepare", folder, "--out", tmp_path / "dataset", "--processes", 1)
    assert ended.code == 0
    told = " ".join(ended.out.split())
    assert "It is one recording only: none can be kept aside to judge the instrument by." in told
    assert "Too little: 0.0 minutes can be learnt from" in told
    assert {path.name for path in (tmp_path / "dataset").iterdir()} >= {"survey.json", "survey.png", "dataset.json"}


def test_the_survey_as_json_and_a_healthy_verdict_once_there_is_enough(jambox: Jambox, tmp_path: Path) -> None:
    """A few seconds stand for some minutes: only their number decides."""
    soft, loud = detached_notes(9.0, 1, gap_s=0.0), 0.1 * detached_notes(9.0, 2, gap_s=0.0)
    ended = jambox("prepare", folder_of(tmp_path, soft, loud), "--out", tmp_path / "dataset", "--json", "--processes", 1)
    assert ended.code == 0
    survey = read_survey(tmp_path / "dataset")
    assert json.loads(ended.out) == survey.model_dump()
    assert survey.verdict.word == "too little"
    longer = survey.all.model_copy(update={"taught_s": 300.0, "changes": 300})
    told = verdict(longer, survey.coverage, survey.formats, survey.same_takes, survey.recordings)
    assert (told.word, told.wrong) == ("healthy", [])
    assert told.sentence == "Healthy: 5.0 minutes can be learnt from, enough."


@pytest.mark.soak
def test_a_real_cello_is_healthy(jambox: Jambox, tmp_path: Path) -> None:
    shared_data("manifest.csv")
    folder = shared_data("train", "cello", "bigcat")
    assert jambox("prepare", folder, "--out", tmp_path / "dataset").code == 0
    survey = read_survey(tmp_path / "dataset")
    assert survey.verdict.word == "healthy"
    assert survey.all.taught_s > 0.9 * survey.all.seconds


def test_endings_of_either_case_are_recordings_and_what_macos_leaves_beside_them_is_not(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, np.zeros(RATE))
    (folder / "0.wav").rename(folder / "LOUD.WAV")
    (folder / "._LOUD.WAV").write_bytes(b"Mac OS X")
    assert [one.name for one in find_recordings(recipe_for_folder(folder), folder)] == ["LOUD.WAV"]


def test_a_recipe_with_a_pattern_for_nothing_or_a_wrong_setting_is_refused(jambox: Jambox, tmp_path: Path) -> None:
    folder_of(tmp_path, np.zeros(RATE))
    recipe = tmp_path / "r.toml"
    source = 'name = "a"\ndescription = "b"\nlicence = "c"\n[[source]]\nname = "s"\nlicence = "c"\ncredit = "d"\n'
    for files, more, reason in (
        ('["own/*.wav", "own/*.flac"]', "", "matches own/*.flac, of the source 's'"),
        ('["own/*.wav"]', "[training]\nregresion_steps = 5\n", "there is no setting regresion_steps"),
    ):
        recipe.write_text(f"{source}files = {files}\n{more}", encoding="utf-8")
        ended = jambox("prepare", recipe, "--data", tmp_path, "--out", tmp_path / "dataset")
        assert ended.code == 2
        assert reason in ended.refusal()
