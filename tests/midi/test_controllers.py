"""Controllers as they are turned, and what they move, kept for each keyboard."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest

from jambox.errors import BadInput
from jambox.midi.controllers import Controller, Controllers
from jambox.midi.mappings import (
    Mapping,
    default_mappings,
    learnt,
    load_mappings,
    mappings_file,
    save_mappings,
)
from jambox.params import PARAMS


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    return tmp_path


def moved(reader: Controllers, *pairs: tuple[int, int], channel: int = 2) -> list[tuple[str, int, float]]:
    """Kind, number and place of the finest controller of each message that moved one."""
    found = []
    for control, value in pairs:
        message = mido.Message("control_change", channel=channel, control=control, value=value)
        controllers = reader.read(message)
        if controllers:
            controller, place = controllers[-1]
            assert controller.channel == channel
            found.append((controller.kind, controller.number, round(place, 6)))
    return found


def test_a_fine_half_makes_14_bits_of_its_coarse_one() -> None:
    reader = Controllers()
    assert moved(reader, (16, 64)) == [("cc", 16, round(64 / 127, 6))]
    assert moved(reader, (48, 3)) == [("cc14", 16, round((64 * 128 + 3) / 16383, 6))]
    assert moved(Controllers(), (48, 127)) == [("cc", 48, 1.0)]
    assert moved(Controllers(), (16, 127), (48, 127))[-1] == ("cc14", 16, 1.0)


def test_an_nrpn_is_one_controller_and_an_rpn_or_the_null_one_none() -> None:
    reader = Controllers()
    assert moved(reader, (99, 5), (98, 7), (6, 127)) == [("nrpn", 5 * 128 + 7, 1.0)]
    assert moved(reader, (6, 64), (38, 1))[-1] == ("nrpn", 647, round((64 * 128 + 1) / 16383, 6))
    assert moved(reader, (101, 0), (100, 0), (6, 12)) == []
    assert moved(reader, (99, 127), (98, 127), (6, 12)) == []
    assert moved(reader, (99, 5), (98, 7), (6, 0), channel=3) == [("nrpn", 647, 0.0)]


def test_the_defaults_are_those_of_the_table_and_one_that_is_learnt_takes_their_place() -> None:
    rows = {row.id: row.cc for row in PARAMS if row.cc is not None}
    assert {one.param: one.number for one in default_mappings()} == rows
    new = Mapping(param="attack_s", kind="cc", channel=0, number=rows["reverb_mix"], minimum=0.01, maximum=1.0)
    after = learnt(default_mappings(), new)
    assert {one.param for one in after} == set(rows) - {"reverb_mix"}
    assert [one.value(0.5) for one in after if one.param == "attack_s"] == [pytest.approx(0.1)]


def test_a_range_may_be_turned_round_and_lies_within_the_parameter() -> None:
    upside_down = Mapping(param="reverb_mix", kind="cc", channel=None, number=5, minimum=0.8, maximum=0.2)
    assert upside_down.value(0.0) == 0.8
    assert upside_down.value(1.0) == pytest.approx(0.2)
    assert upside_down.meant_by(Controller("cc", 9, 5))
    with pytest.raises(ValueError, match="goes from"):
        Mapping(param="reverb_mix", kind="cc", number=5, minimum=0.0, maximum=2.0)


def test_mappings_are_kept_for_each_keyboard_whatever_its_name_is_made_of(data_folder: Path) -> None:
    new = [Mapping(param="reverb_mix", kind="nrpn", channel=3, number=1000, minimum=0.0, maximum=0.5)]
    save_mappings("../Keys: “1”/2", new)
    assert load_mappings("../Keys: “1”/2") == new
    assert load_mappings("another") == default_mappings()
    assert [path.parent.name for path in data_folder.rglob("*.json")] == ["controllers"]
    assert not list(data_folder.rglob("*.part"))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": 2, "keyboard": "k", "mappings": []}',
        '{"format": 1, "keyboard": "k", "mappings": [{"param": "no"}]}',
    ],
)
def test_a_damaged_file_of_mappings_is_refused_in_a_sentence(content: str) -> None:
    path = mappings_file("k")
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(BadInput, match="cannot be read") as refused:
        load_mappings("k")
    assert "\n" not in str(refused.value)
