"""A folder of recordings becomes a dataset that holds what was in them, and nothing that must not be learnt from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from jambox.errors import BadInput
from jambox.train.dataset import INDEX_FILE, Dataset
from jambox.train.prepare import prepare
from jambox.train.recipe import load_recipe, recipe_for_folder
from jambox.train.recordings import find_recordings
from tests.train.conftest import RATE, bowed

RECIPES = Path(__file__).resolve().parents[2] / "models" / "recipes"


def test_a_folder_is_prepared_with_a_validation_split_by_recording(dataset_folder: Path) -> None:
    dataset = Dataset(dataset_folder)
    training, validation = dataset.entries(validation=False), dataset.entries(validation=True)
    assert (len(training), len(validation)) == (7, 1)
    assert not {e.recording for e in training} & {e.recording for e in validation}
    assert 210.0 < dataset.index.f0_hz.p01 < 340.0
    assert -36.0 < dataset.index.loudness_db.p50 < -10.0


def test_the_levels_are_those_of_the_sound_within_one_db(dataset_folder: Path) -> None:
    dataset = Dataset(dataset_folder)
    entry = next(e for e in dataset.index.entries if e.recording == "note_0_1.wav")
    window = dataset.window(entry)
    taught = window.weight > 0.9
    taught[:20] = taught[-20:] = False
    levels = np.median(window.levels_db[taught], axis=0)
    slope = -9.0 + 0.2 * 2.0
    k = np.arange(1, 31)
    assert np.max(np.abs((levels[:30] - levels[0]) - slope * np.log2(k))) < 1.0
    assert np.median(np.abs(1200.0 * np.log2(window.f0_hz[taught] / 220.0))) < 10.0


def test_windows_read_from_disk_are_slices_of_the_whole(dataset_folder: Path) -> None:
    dataset = Dataset(dataset_folder)
    entry = dataset.index.entries[0]
    whole, part = dataset.window(entry), dataset.window(entry, 30, 50)
    assert np.array_equal(whole.levels_db[30:80], part.levels_db)
    assert np.array_equal(dataset.samples(entry, 1000, 500), dataset.samples(entry, 900, 700)[100:600])
    beyond = dataset.samples(entry, entry.n_frames * 192 - 10, 100)
    assert not beyond[10:].any()


def test_what_cannot_be_used_is_dropped_with_a_reason(recordings: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.wav").write_bytes((recordings / "note_0_1.wav").read_bytes())
    soundfile.write(folder / "b.wav", bowed(300.0, -20.0, 1.0, 1), RATE)
    soundfile.write(folder / "silence.wav", np.zeros(RATE, dtype=np.float32), RATE)
    soundfile.write(folder / "short.wav", np.zeros(100, dtype=np.float32), RATE)
    (folder / "text.wav").write_text("no sound")
    index = prepare(folder, tmp_path / "out", quiet=True)
    assert set(index.dropped) == {"silence.wav", "short.wav", "text.wav"}
    assert index.dropped["text.wav"] == "cannot be decoded"
    assert not any(reason.endswith(".") for reason in index.dropped.values())
    assert {e.recording for e in index.entries} == {"a.wav", "b.wav"}


def test_a_folder_without_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no file"):
        prepare(tmp_path, tmp_path / "out", quiet=True)


def folder_of(tmp_path: Path, sounds: dict[str, np.ndarray]) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    for name, audio in sounds.items():
        soundfile.write(folder / name, audio, RATE)
    return folder


SILENCE = np.zeros(RATE, dtype=np.float32)


@pytest.mark.parametrize("usable", [1, 2, 3, 4])
def test_the_last_usable_recording_is_never_kept_for_validation(tmp_path: Path, usable: int) -> None:
    """Whichever of them the hash of the names draws, which may be the only one that is no silence."""
    names = [f"{i}.wav" for i in range(1, 5)]
    note = bowed(300.0, -20.0, 1.0, 1)
    folder = folder_of(tmp_path, {name: note if i == usable else SILENCE for i, name in enumerate(names, 1)})
    drawn = [r.name for r in find_recordings(recipe_for_folder(folder), folder) if r.validation]
    assert len(drawn) == 1
    index = prepare(folder, tmp_path / "out", quiet=True)
    assert [(e.recording, e.validation) for e in index.entries] == [(f"{usable}.wav", False)]
    assert len(index.dropped) == 3


def test_of_several_usable_recordings_drawn_for_validation_one_stays_there(tmp_path: Path) -> None:
    names = [f"{i}.wav" for i in range(20)]
    folder = folder_of(tmp_path, dict.fromkeys(names, SILENCE))
    drawn = [r.name for r in find_recordings(recipe_for_folder(folder), folder) if r.validation]
    assert len(drawn) == 2
    for seed, name in enumerate(drawn):
        soundfile.write(folder / name, bowed(300.0, -20.0, 1.0, seed), RATE)
    index = prepare(folder, tmp_path / "out", quiet=True)
    assert sorted(e.validation for e in index.entries) == [False, True]


def test_what_a_recipe_keeps_for_validation_is_never_trained_on(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.wav": bowed(300.0, -20.0, 1.0, 1), "b.wav": SILENCE})
    source = 'name = "s"\nlicence = "CC0"\ncredit = "me"\nfiles = ["*.wav"]\nvalidation = ["a.wav"]\n'
    recipe = tmp_path / "own.toml"
    recipe.write_text(f'name = "own"\ndescription = "x"\nlicence = "CC0"\n[[source]]\n{source}')
    with pytest.raises(BadInput, match=r"those that can be used \(1\) are kept for validation\.$"):
        prepare(recipe, tmp_path / "out", data=folder, quiet=True)


def test_the_refusal_of_a_folder_tells_every_cause(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.wav": SILENCE, "b.wav": SILENCE, "c.wav": SILENCE[:100]})
    (folder / "d.wav").write_text("no sound")
    causes = "silence (2), shorter than 0.3 s (1), cannot be decoded (1)"
    with pytest.raises(BadInput) as refusal:
        prepare(folder, tmp_path / "out", quiet=True)
    assert str(refusal.value) == f"No recording in {folder} can be learnt from: {causes}."
    (folder / "d.wav").rename(tmp_path / "d.wav")
    for name in ("a.wav", "b.wav", "c.wav"):
        (folder / name).unlink()
    (tmp_path / "d.wav").rename(folder / "d.wav")
    with pytest.raises(BadInput, match=r"from: cannot be decoded\.$"):
        prepare(folder, tmp_path / "out", quiet=True)


@pytest.mark.parametrize("name", ["x.flac", "x.toml", "missing"])
def test_what_is_neither_a_folder_nor_a_recipe_is_refused_as_such(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path / "x.flac", 0.1 * np.ones(RATE), RATE)
    (tmp_path / "x.toml").write_bytes((tmp_path / "x.flac").read_bytes())
    with pytest.raises(BadInput, match="is neither a folder nor a recipe"):
        prepare(tmp_path / name, tmp_path / "out", quiet=True)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_else_is_never_replaced(recordings: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    with pytest.raises(BadInput, match="not empty"):
        prepare(recordings, tmp_path, quiet=True)
    assert precious.read_text() == "mine"


def test_a_dataset_without_index_or_of_other_features_is_refused(dataset_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no dataset"):
        Dataset(tmp_path)
    text = (dataset_folder / INDEX_FILE).read_text().replace('"feature_version": ', '"feature_version": 9')
    (tmp_path / INDEX_FILE).write_text(text)
    with pytest.raises(BadInput, match="prepare it again"):
        Dataset(tmp_path)


def test_a_recipe_with_a_misspelt_entry_is_refused_by_its_name(tmp_path: Path) -> None:
    text = (RECIPES / "cello.toml").read_text().replace("licence", "license", 1)
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(BadInput, match="licen"):
        load_recipe(tmp_path / "bad.toml")
