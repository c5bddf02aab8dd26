"""A parameter that has no effect on an instrument is said to have none, where they are listed and where one is set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jambox.instrument.unheard import unheard
from tests.cli.command import Jambox


@pytest.mark.parametrize("name", ["violin", "bark", "flute+trumpet"])
def test_the_list_says_what_has_no_effect(jambox: Jambox, name: str) -> None:
    told = json.loads(jambox("params", "-i", name, "--json").out)
    assert {row["id"] for row in told if not row["has_effect"]} == set(unheard(name))
    lines = jambox("params", "-i", name).out.splitlines()
    assert sum(line.endswith(f"No effect on {name}.") for line in lines) == len(unheard(name))


def test_without_an_instrument_nothing_is_said_of_any(jambox: Jambox) -> None:
    assert all("has_effect" not in row for row in json.loads(jambox("params", "--json").out))
    assert "nobody" in jambox("params", "-i", "nobody").refusal()


def test_setting_it_is_told_and_goes_on(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    ended = jambox("render", sung, "--set", "morph=0.5", "--set", "reverb_mix=0.2", "-o", tmp_path / "a.wav")
    assert ended.code == 0
    assert ended.err.splitlines()[-1] == "jambox: morph has no effect on violin (see: jambox params -i violin)."
    assert "reverb_mix" not in ended.err
