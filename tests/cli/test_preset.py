"""`jambox presets` and `jambox preset`: what is found, kept and passed on, and refusals in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jambox.presets import numbered
from tests.cli.command import Jambox


@pytest.fixture(autouse=True)
def _own_presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path / "own"))


def listed(jambox: Jambox, *options: str) -> list[str]:
    ended = jambox("presets", *options, "--json")
    assert ended.code == 0, ended.err
    return list(json.loads(ended.out))


def test_a_sound_is_kept_found_changed_and_passed_on(jambox: Jambox, tmp_path: Path) -> None:
    words = ("--description", "For the last verse.", "--tag", "dark", "--tag", "night", "--author", "Ann")
    ended = jambox("preset", "save", "Night flute", "-i", "flute", "--set", "reverb_mix=0.5", *words)
    assert ended.code == 0, ended.err
    assert listed(jambox, "LAST night") == ["Night flute"]
    assert listed(jambox, "--tag", "Dark", "--tag", "night", "-i", "flute") == ["Night flute"]
    assert listed(jambox, "night", "-i", "cello") == []
    assert jambox("preset", "save", "Night cello", "--preset", "Night flute", "-i", "cello").code == 0
    shown = json.loads(jambox("preset", "show", "Night cello", "--json").out)
    assert (shown["instrument"], shown["params"], shown["tags"]) == ("cello", {"reverb_mix": 0.5}, ["dark", "night"])
    assert "0.5" in jambox("preset", "show", "Night cello").out
    assert jambox("preset", "export", "Night cello", "-o", tmp_path / "cello.json").code == 0
    assert jambox("preset", "import", tmp_path / "cello.json").code == 0
    assert listed(jambox) == [*numbered()]
    assert numbered()[-3:] == ["Night cello", "Night flute", "cello"]


def test_favourites_are_marked_and_can_be_asked_for(jambox: Jambox) -> None:
    assert jambox("preset", "favourite", "warm-cello").code == 0
    assert listed(jambox, "--favourites") == ["warm-cello"]
    assert [line.split()[2] for line in jambox("presets").out.splitlines() if "*" in line] == ["warm-cello"]
    assert jambox("preset", "favourite", "warm-cello", "--off").code == 0
    assert listed(jambox, "--favourites") == []


def test_a_file_of_format_1_is_brought_up_to_date(jambox: Jambox, tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text('{"format": 1, "instrument": "oboe", "params": {"reverb_mix": 0.3, "wobble": 1}}')
    ended = jambox("preset", "update", old)
    assert ended.code == 0
    assert "wobble" in ended.err
    written = json.loads(old.read_text())
    assert (written["format"], written["instrument"]["name"], written["params"]) == (2, "oboe", {"reverb_mix": 0.3})
    assert len(written["instrument"]["sha256"]) == 64


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("save", "plain-violin"), "--force"),
        (("save", "a/b"), "not a preset name"),
        (("save", "mine", "-i", "kazoo"), "kazoo"),
        (("save", "mine", "--set", "reverb_mix=7"), "reverb_mix"),
        (("save", "mine", "--preset", "plain-violin", "--playing"), "not with both"),
        (("save", "mine", "--playing"), "engine"),
        (("show", "no-such"), "no-such"),
        (("favourite", "no-such"), "no-such"),
        (("import", "no-such.json"), "no-such.json"),
        (("update", "no-such.json"), "no-such.json"),
        (("export", "plain-violin", "-o", "/"), "exists already"),
        (("export", "plain-violin", "-o", "/no-such-folder/x.json"), "could not be written"),
    ],
)
def test_what_cannot_be_done_is_refused(jambox: Jambox, arguments: tuple[str, ...], says: str) -> None:
    assert says in jambox("preset", *arguments).refusal()
