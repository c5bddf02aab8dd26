"""Instruments that somebody hands over: kept under a name of their own, or refused with the reason."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from jambox.config import shipped_models
from jambox.control.adding import add_instrument, looks_like_instrument
from jambox.control.bundle import load_bundle
from jambox.control.kinds import load_instrument
from jambox.control.library import find_instrument, instrument_names
from jambox.control.modal import load_modal, save_modal
from jambox.errors import BadModel


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path / "own"))
    return tmp_path / "own" / "models"


def another_flute(folder: Path) -> Path:
    """A flute whose file differs from the shipped one's in nothing that is heard."""
    folder.mkdir()
    file = folder / "model.ts"
    with zipfile.ZipFile(shipped_models() / "flute" / "model.ts") as old, zipfile.ZipFile(file, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
        new.comment = b"from a friend"
    return file


def test_a_model_is_kept_with_its_card_and_found_by_a_name_of_its_own(tmp_path: Path, own: Path) -> None:
    file = another_flute(tmp_path / "from-a-friend")
    shutil.copyfile(file, tmp_path / "gift.ts")
    assert looks_like_instrument(tmp_path / "gift.ts")
    assert looks_like_instrument(file.parent)
    assert add_instrument(tmp_path / "gift.ts") == ("flute-2", True)
    assert find_instrument("flute-2") == own / "flute-2"
    assert load_bundle(find_instrument("flute-2")).card == load_bundle(file).card
    assert sorted(path.name for path in (own / "flute-2").iterdir()) == ["card.json", "model.ts"]
    # The same content once more, in a folder this time, is the same instrument.
    assert add_instrument(file.parent) == ("flute-2", False)
    assert [path.name for path in own.iterdir()] == ["flute-2"]


def test_an_instrument_of_one_sound_is_kept_as_well(tmp_path: Path, own: Path) -> None:
    folder = shutil.copytree(shipped_models() / "bark", tmp_path / "howl")
    bark = load_modal(folder / "modal.safetensors")
    card = bark.card.model_copy(update={"name": "howl"})
    save_modal(folder, card, bark.sound)
    assert looks_like_instrument(folder)
    assert looks_like_instrument(folder / "modal.safetensors")
    assert add_instrument(folder) == ("howl", True)
    assert load_instrument(find_instrument("howl")).card == card
    assert add_instrument(folder / "modal.safetensors") == ("howl", False)


def test_what_came_with_jambox_is_not_copied() -> None:
    assert add_instrument(shipped_models() / "cello") == ("cello", False)


def test_what_cannot_be_played_is_refused_with_the_reason_and_leaves_nothing(tmp_path: Path, own: Path) -> None:
    (tmp_path / "text.ts").write_text("no model")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadModel, match="no whole TorchScript archive"):
        add_instrument(tmp_path / "text.ts")
    with pytest.raises(BadModel, match="does not exist"):
        add_instrument(tmp_path / "empty")
    assert not own.exists()
    assert "text" not in instrument_names()
    assert not looks_like_instrument(tmp_path / "empty")
