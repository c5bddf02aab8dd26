"""Presets: the shipped ones, the user's own, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jambox.control.library import instrument_names
from jambox.errors import BadInput
from jambox.params import checked
from jambox.presets import load_preset, preset_names

SHIPPED = ("octave-violin", "plain-violin", "warm-cello", "whistled-cello")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the user's presets."""
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    (tmp_path / "presets").mkdir()
    return tmp_path / "presets"


def preset(**changes: object) -> str:
    fields = {"format": 1, "name": "Mine", "instrument": "violin", "params": {"reverb_mix": 0.4}}
    return json.dumps(fields | changes)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_preset_names_an_instrument_and_parameters_that_exist(name: str) -> None:
    loaded = load_preset(name)
    assert loaded.instrument in instrument_names()
    assert loaded.warnings == ()
    assert loaded.description
    for id, value in loaded.params.items():
        assert checked(id, value) == value


def test_the_users_own_comes_before_a_shipped_one_of_that_name(own: Path) -> None:
    (own / "plain-violin.json").write_text(preset(), encoding="utf-8")
    assert load_preset("plain-violin").name == "Mine"
    assert load_preset("plain-violin").params == {"reverb_mix": 0.4}
    assert set(SHIPPED) <= set(preset_names())


def test_a_parameter_of_a_later_version_is_left_out_with_a_warning(own: Path) -> None:
    (own / "later.json").write_text(preset(params={"reverb_mix": 0.2, "wobble": 3}), encoding="utf-8")
    loaded = load_preset("later")
    assert loaded.params == {"reverb_mix": 0.2}
    assert len(loaded.warnings) == 1
    assert "wobble" in loaded.warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "[" * 100_000,
        "\xff\xfe",
        preset(format=2),
        preset(instrument=3),
        preset(params=[1]),
        preset(params={"reverb_mix": 7}),
        preset(params={"reverb_mix": "much"}),
        preset(params={"reverb_mix": True}),
        preset(params={"reverb_mix": 10**400}),
        preset(params={"reverb_mix": float("nan")}),
        preset(tags=5),
    ],
)
def test_a_file_that_is_no_preset_is_refused_by_its_name(own: Path, text: str) -> None:
    (own / "bad.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match=r"bad\.json"):
        load_preset("bad")


@pytest.mark.parametrize(
    "name", ["../violin", "", ".", "a/b", "/etc/passwd", "x" * 65, "no-such", "plain-violin.json", "a\x00b"]
)
def test_a_name_leads_nowhere_else(name: str) -> None:
    with pytest.raises(BadInput):
        load_preset(name)
