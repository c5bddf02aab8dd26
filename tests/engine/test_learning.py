"""A controller is learnt by being moved, and takes a parameter over without a jump."""

from __future__ import annotations

from pathlib import Path

import pytest

from jambox.engine.learning import Learning
from jambox.errors import BadInput
from jambox.midi.controllers import Controller
from jambox.midi.mappings import load_mappings

KNOB = Controller("cc", 0, 20)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    return tmp_path


def taught(*moves: list[tuple[Controller, float]], param: str = "reverb_mix") -> Learning:
    learning = Learning()
    learning.learn(param, None, None)
    for move in moves:
        learning.moved("keys", move)
    return learning


def test_a_knob_is_learnt_at_its_second_move_and_kept() -> None:
    learning = taught([(KNOB, 0.1)])
    assert learning.wish is not None
    assert learning.moved("keys", [(KNOB, 0.2)]) is not None
    assert learning.wish is None
    assert [one.number for one in load_mappings("keys") if one.param == "reverb_mix"] == [20]


@pytest.mark.parametrize(
    ("moves", "kind"),
    [
        ([[(KNOB, 0.1)], [(Controller("cc", 0, 52), 0.3), (Controller("cc14", 0, 20), 0.1)]], "cc14"),
        ([[(Controller("nrpn", 0, 900), 0.1)]], "nrpn"),
        ([[(Controller("cc", 0, 91), 0.1)]], "cc"),
    ],
)
def test_the_finest_kind_of_a_controller_is_learnt(moves: list[list[tuple[Controller, float]]], kind: str) -> None:
    taught(*moves)
    assert [one.kind for one in load_mappings("keys") if one.param == "reverb_mix"] == [kind]


def test_a_parameter_does_not_jump_to_a_controller_that_stands_elsewhere() -> None:
    learning = taught([(KNOB, 0.1)], [(KNOB, 0.1)])
    params = {"reverb_mix": 0.5}
    assert learning.turned("keys", [(KNOB, 0.1)], params) == {}
    assert learning.turned("keys", [(KNOB, 0.3)], params) == {}
    assert learning.turned("keys", [(KNOB, 0.6)], params) == {"reverb_mix": pytest.approx(0.6)}
    params["reverb_mix"] = 0.6
    assert learning.turned("keys", [(KNOB, 0.2)], params) == {"reverb_mix": pytest.approx(0.2)}
    # Somebody else moves it: the knob waits again.
    params["reverb_mix"] = 0.9
    assert learning.turned("keys", [(KNOB, 0.25)], params) == {}
    assert learning.turned("keys", [(KNOB, 0.89)], params) == {"reverb_mix": pytest.approx(0.89)}


def test_what_does_not_exist_or_reaches_too_far_is_refused_and_what_is_forgotten_moves_nothing() -> None:
    learning = Learning()
    with pytest.raises(BadInput, match="no parameter"):
        learning.learn("nothing", None, None)
    with pytest.raises(BadInput, match="goes from"):
        learning.learn("reverb_mix", 0.0, 1.5)
    learning.forget("reverb_mix", ["keys"])
    assert "reverb_mix" not in {one.param for one in load_mappings("keys")}


def test_how_far_a_controller_goes_is_changed_where_it_moves_something() -> None:
    learning = taught([(KNOB, 0.1)], [(KNOB, 0.2)])
    learning.reach("keys", "reverb_mix", 0.5, 0.25)
    assert [(one.minimum, one.maximum) for one in load_mappings("keys") if one.param == "reverb_mix"] == [(0.5, 0.25)]
    with pytest.raises(BadInput, match="cannot be moved further"):
        learning.reach("keys", "reverb_mix", 0.0, 1.5)
    with pytest.raises(BadInput, match="Nothing on keys moves tilt_db"):
        learning.reach("keys", "tilt_db", 0.0, 1.0)
