"""Presets by name: whose comes first, how they are numbered, which instrument they mean, and how they are kept."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from jambox.config import data_folder, shipped_models
from jambox.control.library import content_hash, find_instrument
from jambox.errors import BadInput, BadModel
from jambox.presets import Preset, load_preset, numbered, preset_names
from jambox.presets.favourites import favourites, favourites_file, set_favourite
from jambox.presets.identity import identity, meant_by
from jambox.presets.keeping import export_preset, import_preset, save_preset, update_preset, with_hash
from jambox.presets.library import is_shipped, preset_path
from jambox.presets.preset import parse_preset, preset_text

MINE = Preset("Mine", "violin", {"reverb_mix": 0.4})


@pytest.mark.parametrize("name", ["Höhle", "Ünder the bridge_2", "Скрипка", "夜のチェロ", "वायलिन", "9 lives", "é" * 64])
def test_a_name_may_have_letters_of_any_alphabet(own: Path, name: str) -> None:
    save_preset(name, MINE)
    assert name in preset_names()
    assert name in numbered()
    assert load_preset(name).params == MINE.params
    set_favourite(name, True)
    assert name in favourites()


def test_an_umlaut_is_one_name_however_it_is_spelt(own: Path) -> None:
    composed, apart = "Höhle", "Ho\u0308hle"
    save_preset(apart, MINE)
    assert [name for name in preset_names() if name in (composed, apart)] == [composed]
    assert load_preset(apart) == load_preset(composed) == MINE
    set_favourite(apart)
    assert favourites() == {composed}
    with pytest.raises(BadInput, match="already"):
        save_preset(composed, MINE)
    # As macOS would have written it, and brought here.
    preset_path(composed).rename(own / f"{apart}.json")
    louder = replace(MINE, params={"reverb_mix": 0.8})
    save_preset(composed, louder, overwrite=True)
    assert [path.stem for path in own.glob("*.json")] == [apart]
    assert load_preset(composed) == louder


@pytest.mark.parametrize(
    "name",
    [
        "", " a", "-a", "_a", ".a", "..", "a.b", "a/b", "a\\b", "../ö", "ö/ö", "ö:ö", "ö\n", "a\tb", "a\0b", "a\u202eb",
        "a\u2215b", "\u0308a", "\ud800", "ö" * 65, "\U00020000" * 64, "con", "Nul", "COM1", "lpt9 ", "♥", "a*", "a?",
    ],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder_or_is_none_of_a_file(own: Path, name: str) -> None:
    for refused in (lambda: save_preset(name, MINE), lambda: preset_path(name)):
        with pytest.raises(BadInput, match="not a preset name"):
            refused()


def test_the_users_own_comes_before_a_shipped_one_of_that_name(own: Path) -> None:
    shipped = load_preset("plain-violin")
    assert is_shipped("plain-violin")
    save_preset("plain-violin", MINE, overwrite=True)
    assert load_preset("plain-violin") == MINE != shipped
    assert not is_shipped("plain-violin")


def test_programs_count_the_shipped_ones_and_then_the_users_own(own: Path) -> None:
    shipped = numbered()
    assert shipped == sorted(shipped) == preset_names()
    for name in ("aaa", "zzz", shipped[1]):
        save_preset(name, MINE, overwrite=True)
    assert numbered() == [*shipped, "aaa", "zzz"]
    assert preset_names() == sorted([*shipped, "aaa", "zzz"])


@pytest.mark.parametrize(
    "name", ["../violin", "", ".", "a/b", "/etc/passwd", "x" * 65, "no-such", "plain-violin.json", "a\x00b"]
)
def test_a_name_leads_nowhere_else(own: Path, name: str) -> None:
    with pytest.raises(BadInput):
        load_preset(name)
    if name != "no-such":
        with pytest.raises(BadInput):
            save_preset(name, MINE)


def test_an_instrument_is_found_by_its_content_under_any_name(own: Path) -> None:
    shutil.copytree(shipped_models() / "flute", data_folder() / "models" / "renamed")
    save_preset("airy", with_hash(Preset("Airy", "flute", {})))
    assert load_preset("airy").instrument == "flute"
    moved = json.loads(preset_path("airy").read_text())
    moved["instrument"]["name"] = "gone"
    preset_path("airy").write_text(json.dumps(moved))
    assert load_preset("airy").instrument in ("flute", "renamed")
    assert load_preset("airy").warnings == ()


def test_a_preset_of_an_instrument_that_is_not_here_says_so(own: Path) -> None:
    save_preset("strange", Preset("Strange", "theremin", {}, instrument_hash="0" * 64))
    assert load_preset("strange").warnings == (
        "The preset strange is for theremin, which is not here: it cannot be played.",
    )


def test_another_instrument_of_its_name_plays_with_a_warning(own: Path) -> None:
    save_preset("airy", Preset("Airy", "flute", {}, instrument_hash="0" * 64))
    loaded = load_preset("airy")
    assert loaded.instrument == "flute"
    assert len(loaded.warnings) == 1
    assert "another flute" in loaded.warnings[0]
    update_preset(preset_path("airy"))
    assert load_preset("airy").warnings == ()
    assert load_preset("airy").instrument_hash == content_hash(find_instrument("flute"))


def test_two_instruments_that_play_as_one_are_both_known_by_content(tmp_path: Path) -> None:
    both = f"{content_hash(find_instrument('flute'))}+{content_hash(find_instrument('trumpet'))}"
    assert identity("flute+trumpet") == both
    assert meant_by("flute+trumpet", both) == meant_by("gone+lost", both) == "flute+trumpet"
    assert meant_by("trumpet+flute", both) == "flute+trumpet"
    assert meant_by("flute+trumpet", "0" * 64 + both[64:]) is None
    assert meant_by("flute", both) is None
    shutil.copytree(shipped_models() / "oboe", tmp_path / "a+b")
    assert identity(str(tmp_path / "a+b")) == identity("oboe")
    assert parse_preset(
        preset_text(Preset("x", "flute+trumpet", {}, instrument_hash=both)).encode(), "x", "x"
    ).instrument_hash


def test_an_instrument_that_was_trained_anew_has_another_hash(own: Path) -> None:
    folder = data_folder() / "models" / "mine"
    shutil.copytree(shipped_models() / "oboe", folder)
    before = content_hash(folder)
    shutil.copyfile(shipped_models() / "flute" / "model.ts", folder / "model.ts")
    assert content_hash(folder) != before
    with pytest.raises(BadModel):
        with_hash(Preset("x", "kazoo", {}))


def test_nothing_is_written_over_unless_it_was_asked_for(own: Path, tmp_path: Path) -> None:
    first = save_preset("mine", MINE).read_bytes()
    with pytest.raises(BadInput, match="--force"):
        save_preset("mine", Preset("Other", "flute", {}))
    with pytest.raises(BadInput, match="--force"):
        save_preset("plain-violin", MINE)
    assert (own / "mine.json").read_bytes() == first
    target = tmp_path / "out.json"
    export_preset("mine", target)
    with pytest.raises(BadInput, match="--force"):
        export_preset("mine", target)
    for forced in (True, False):
        with pytest.raises(BadInput, match="another one"):
            export_preset("mine", own / "mine.json", forced)
    with pytest.raises(BadInput, match="--force"):
        import_preset(target, "mine")
    assert import_preset(target, "copy")[1] == MINE
    assert (own / "copy.json").read_bytes() == first == target.read_bytes()


def test_what_fails_half_way_leaves_the_old_one_whole(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = save_preset("mine", MINE).read_bytes()

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:10])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BadInput, match="No space left"):
        save_preset("mine", Preset("Other", "flute", {}), overwrite=True)
    assert [path.name for path in own.iterdir()] == ["mine.json"]
    assert (own / "mine.json").read_bytes() == first


def test_an_imported_preset_keeps_what_a_later_version_put_in(own: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.json"
    later.write_text('{"format": 2, "cover": "x.png", "params": {"wobble": 1}}')
    path, preset = import_preset(later, "later")
    assert len(preset.warnings) == 2
    assert path.read_bytes() == later.read_bytes()
    export_preset("later", tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == later.read_bytes()
    later.write_text("[]")
    with pytest.raises(BadInput, match="not a preset"):
        import_preset(later, "none")
    assert "none" not in preset_names()


def test_favourites_are_the_users_and_not_the_presets(own: Path) -> None:
    before = preset_path("plain-violin").read_bytes()
    assert favourites() == frozenset()
    set_favourite("plain-violin")
    set_favourite("gone")
    set_favourite("gone", liked=False)
    assert favourites() == {"plain-violin"}
    assert preset_path("plain-violin").read_bytes() == before
    favourites_file().write_text("{")
    with pytest.raises(BadInput, match="favourites"):
        favourites()
