"""Preparing never deletes anything but an older dataset, and that only once the new one is whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jambox.errors import BadInput
from jambox.train import folder as module
from jambox.train.dataset import INDEX_FILE, Dataset
from jambox.train.prepare import prepare
from tests.train.conftest import RATE


def content(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` by its relative name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def project(recordings: Path, tmp_path: Path) -> Path:
    """A project folder of somebody who has two recordings in `recordings`, and a text."""
    (tmp_path / "project" / "recordings").mkdir(parents=True)
    for name in ("note_0_1.wav", "note_1_1.wav"):
        shutil.copy(recordings / name, tmp_path / "project" / "recordings" / name)
    (tmp_path / "project" / "notes.txt").write_text("mine")
    return tmp_path / "project"


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    """A folder of recordings that cannot be learnt from."""
    (tmp_path / "silence").mkdir()
    soundfile.write(tmp_path / "silence" / "a.wav", np.zeros(RATE, dtype=np.float32), RATE)
    return tmp_path / "silence"


@pytest.mark.parametrize("out", [".", "..", "recordings", "recordings/dataset", "recordings/../recordings"])
def test_the_recordings_and_what_lies_around_them_are_never_written_to(
    project: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    monkeypatch.chdir(project)
    before = content(project.parent)
    with pytest.raises(BadInput, match="lie in each other"):
        prepare("recordings", out, quiet=True)
    assert content(project.parent) == before
    assert not (project / "recordings" / "dataset").exists()


def test_a_link_to_the_recordings_is_the_recordings(project: Path) -> None:
    (project.parent / "link").symlink_to(project)
    before = content(project)
    with pytest.raises(BadInput, match="lie in each other"):
        prepare(project / "recordings", project.parent / "link", quiet=True)
    assert content(project) == before


@pytest.mark.parametrize("index", [None, "{}", "no json", '{"format": 1, "entries": [], "feature_hash": ""}'])
def test_a_folder_that_merely_looks_like_a_dataset_is_not_replaced(
    recordings: Path, project: Path, index: str | None
) -> None:
    """Not without an index that we wrote, and not where sound lies beside it."""
    if index is not None:
        (project / INDEX_FILE).write_text(index)
    before = content(project)
    with pytest.raises(BadInput, match="not empty"):
        prepare(recordings, project, quiet=True)
    assert content(project) == before


def test_a_file_is_no_folder_for_a_dataset(recordings: Path, project: Path) -> None:
    with pytest.raises(BadInput, match="is a file"):
        prepare(recordings, project / "notes.txt", quiet=True)
    assert (project / "notes.txt").read_text() == "mine"


def test_a_dataset_is_replaced_and_what_lies_beside_it_stays(project: Path, dataset_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    shutil.copytree(dataset_folder, out)
    (out / "violin").mkdir()
    (out / "violin" / "card.json").write_text("mine")
    assert len(Dataset(out).index.entries) == 8
    prepare(project / "recordings", out, quiet=True)
    dataset = Dataset(out)
    assert [dataset.window(entry).f0_hz.size > 0 for entry in dataset.index.entries] == [True, True]
    assert len(list((out / "recordings").iterdir())) == 2
    assert (out / "violin" / "card.json").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"project", "dataset"}


def test_an_empty_folder_and_a_missing_one_are_filled(project: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "empty", tmp_path / "a" / "b"):
        prepare(project / "recordings", out, quiet=True)
        assert {path.name for path in out.iterdir()} == {INDEX_FILE, "recordings", "survey.json", "survey.png"}
    assert {path.name for path in tmp_path.iterdir()} == {"project", "empty", "a"}


def test_a_failure_leaves_the_older_dataset_and_no_stub(silence: Path, dataset_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    shutil.copytree(dataset_folder, out)
    before = content(out)
    for folder in (out, tmp_path / "new" / "one"):
        with pytest.raises(BadInput, match="silence"):
            prepare(silence, folder, quiet=True)
    assert content(out) == before
    assert {path.name for path in tmp_path.iterdir()} == {"silence", "dataset"}


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("failing_move", range(1, 9))
def test_a_failure_while_the_datasets_change_places_puts_the_older_one_back(
    project: Path,
    dataset_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failing_move: int,
    moved: bool,
) -> None:
    """Also when Ctrl+C comes right after a move."""
    out = tmp_path / "dataset"
    shutil.copytree(dataset_folder, out)
    before = content(out)
    moves = 0
    move = shutil.move

    def failing(source: Path, target: Path) -> None:
        nonlocal moves
        moves += 1
        if moves != failing_move or moved:
            move(source, target)
        if moves == failing_move:
            raise KeyboardInterrupt

    monkeypatch.setattr(module.shutil, "move", failing)
    with pytest.raises(KeyboardInterrupt):
        prepare(project / "recordings", out, quiet=True)
    assert content(out) == before
    assert {path.name for path in tmp_path.iterdir()} == {"project", "dataset"}


def test_a_recipe_may_be_prepared_into_a_folder_within_its_data(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its data root is by default the current folder."""
    monkeypatch.chdir(project)
    source = 'name = "s"\nlicence = "CC0"\ncredit = "me"\nfiles = ["recordings/*.wav"]\n'
    Path("own.toml").write_text(f'name = "own"\ndescription = "x"\nlicence = "CC0"\n[[source]]\n{source}')
    before = content(project)
    with pytest.raises(BadInput, match="lie in each other"):
        prepare("own.toml", ".", quiet=True)
    prepare("own.toml", "dataset", quiet=True)
    assert len(Dataset("dataset").index.entries) == 2
    assert {name: data for name, data in content(project).items() if not name.startswith("dataset/")} == before
