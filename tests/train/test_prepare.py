"""A folder of recordings becomes a dataset that holds what was in them, and nothing that must not be learnt from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from jambox.errors import BadInput
from jambox.train.dataset import INDEX_FILE, Dataset
from jambox.train.prepare import prepare
from jambox.train.recipe import load_recipe
from jambox.train.recordings import find_recordings, note_number
from tests.data import shared_data
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
    assert "decoded" in index.dropped["text.wav"]
    assert {e.recording for e in index.entries} == {"a.wav", "b.wav"}


def test_a_folder_without_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no file"):
        prepare(tmp_path, tmp_path / "out", quiet=True)


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


def test_note_names_are_midi_numbers() -> None:
    assert [note_number(name) for name in ("A4", "C4", "D#3", "C-1")] == [69, 60, 51, 0]
    with pytest.raises(BadInput):
        note_number("H2")


@pytest.mark.parametrize("name", ["violin", "cello"])
def test_shipped_recipes_name_licences_and_never_train_on_test_recordings(name: str) -> None:
    recipe = load_recipe(RECIPES / f"{name}.toml")
    assert recipe.name == name
    assert all(source.licence and source.credit and source.url for source in recipe.sources)
    manifest = shared_data("manifest.csv")
    found = find_recordings(recipe, manifest.parent)
    assert not any(recording.name.startswith("test/") or "philharmonia" in recording.name for recording in found)
    splits = {row.split(",")[0]: row for row in manifest.read_text().splitlines()}
    for recording in found:
        assert (",val," in splits[recording.name]) == recording.validation
        assert recording.notes


def test_a_recipe_with_a_misspelt_entry_is_refused_by_its_name(tmp_path: Path) -> None:
    text = (RECIPES / "cello.toml").read_text().replace("licence", "license", 1)
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(BadInput, match="licen"):
        load_recipe(tmp_path / "bad.toml")
