"""Which recordings a recipe means: their notes, their levels, how often they are drawn."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jambox.errors import BadInput
from jambox.train.recipe import Recipe, load_recipe
from jambox.train.recordings import find_recordings, note_number
from jambox.train.stretch import read_stretch, stretches
from tests.data import shared_data
from tests.train.conftest import RATE, bowed

RECIPES = sorted((Path(__file__).resolve().parents[2] / "models" / "recipes").glob("*.toml"))
HEADER = "file,split,note,dynamic\n"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A loud and a soft note, both recorded at one level, and a phrase."""
    rows = [("loud.wav", "train", "A3 (measured)", "f"), ("soft.wav", "val", "A3", "p"), ("phrase.wav", "train", "", "f")]
    (tmp_path / "manifest.csv").write_text(HEADER + "".join(",".join(row) + "\n" for row in rows))
    for i, row in enumerate(rows):
        soundfile.write(tmp_path / row[0], bowed(220.0, -20.0, 0.5, i), RATE, subtype="FLOAT")
    return tmp_path


def recipe(**source: object) -> Recipe:
    known = {"name": "library", "licence": "CC0", "credit": "nobody", "files": ["*.wav"], "pitch": "manifest"}
    fields = {"name": "test", "description": "", "licence": "CC0", "source": [{**known, **source}]}
    return Recipe.model_validate(fields)


def test_dynamics_that_a_library_levelled_come_back_as_gain(library: Path) -> None:
    found = {r.name: r for r in find_recordings(recipe(gain_db=-6.0, dynamics_db={"p": -9.0}), library)}
    levels = {name: 20.0 * np.log10(np.std(read_stretch(stretches(r, 0)[0]).audio)) for name, r in found.items()}
    assert abs(levels["loud.wav"] - levels["soft.wav"] - 9.0) < 0.3
    as_recorded = np.std(soundfile.read(library / "loud.wav")[0])
    assert abs(levels["loud.wav"] - 20.0 * np.log10(as_recorded) + 6.0) < 0.01


def test_a_note_is_known_from_its_name_and_a_phrase_weighs_more(library: Path) -> None:
    found = {r.name: r for r in find_recordings(recipe(weight=2.0, phrase_weight=3.0), library)}
    assert [note.midi for note in found["loud.wav"].notes] == [57]
    assert found["loud.wav"].single_note
    assert found["soft.wav"].validation
    assert found["phrase.wav"].notes == ()
    assert not found["phrase.wav"].single_note
    assert (found["loud.wav"].weight, found["phrase.wav"].weight) == (2.0, 6.0)


def test_a_recording_without_a_row_in_the_manifest_is_refused_by_name(library: Path) -> None:
    soundfile.write(library / "stray.wav", bowed(220.0, -20.0, 0.5, 9), RATE)
    with pytest.raises(BadInput, match=r"stray\.wav is not named in manifest\.csv"):
        find_recordings(recipe(), library)


@pytest.mark.parametrize(("name", "midi"), [("A4", 69), ("C#3 (measured)", 49), ("G-1", 7)])
def test_note_names_are_read(name: str, midi: int) -> None:
    assert note_number(name) == midi


def test_no_note_name_is_refused() -> None:
    with pytest.raises(BadInput, match="no note name"):
        note_number("H4")


@pytest.mark.parametrize("path", RECIPES, ids=[path.stem for path in RECIPES])
def test_shipped_recipes_name_licences_and_keep_to_the_manifests_split(path: Path) -> None:
    shipped = load_recipe(path)
    assert shipped.name == path.stem
    assert all(source.licence and source.credit and source.url for source in shipped.sources)
    manifest = shared_data("manifest.csv")
    with manifest.open(newline="", encoding="utf-8") as lines:
        splits = {row["file"]: row["split"] for row in csv.DictReader(lines)}
    found = find_recordings(shipped, manifest.parent)
    assert len(found) > 60
    for recording in found:
        assert splits[recording.name] == ("val" if recording.validation else "train")
