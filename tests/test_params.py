"""The table of parameters, row by row, and what `--set` takes."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from jambox.errors import BadInput
from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from jambox.params import BY_ID, INDEX, N_PARAMS, PARAMS, Param, checked, defaults, parse_settings, values_with
from jambox.units import named_key


@pytest.fixture(scope="module")
def violin() -> Instrument:
    return open_instrument("violin", Design(48_000))


@pytest.mark.parametrize("row", PARAMS, ids=lambda row: row.id)
def test_a_row_is_whole(row: Param) -> None:
    assert row.minimum <= row.default <= row.maximum
    assert row.minimum < row.maximum
    assert row.id.islower()
    assert row.name
    assert row.help.endswith(".")
    assert row.smoothing_ms >= 0.0
    assert PARAMS[getattr(INDEX, row.id)] is row
    for unit, ending in (("dB", "_db"), ("st", "_st"), ("s", "_s"), ("Hz", "_hz")):
        assert (row.unit == unit) == row.id.endswith(ending)
    if row.key:
        assert named_key(row.text(row.default)) == row.default
    else:
        assert row.text(row.default).endswith(row.unit)
    if row.choices:
        assert row.text(row.minimum) == row.choices[0]
        assert row.text(row.maximum) == row.choices[-1]


def test_ids_names_and_controllers_are_used_once() -> None:
    assert len(BY_ID) == len({row.name for row in PARAMS}) == N_PARAMS == len(defaults())
    controllers = [row.cc for row in PARAMS if row.cc is not None]
    assert len(set(controllers)) == len(controllers)


@pytest.mark.parametrize(
    "change",
    [
        {"default": 1e9},
        {"minimum": 5.0, "maximum": 5.0, "default": 5.0},
        {"taper": "log", "minimum": 0.0},
        {"cc": 128},
        {"id": "two words"},
    ],
)
def test_a_row_that_contradicts_itself_does_not_import(change: dict[str, object]) -> None:
    row = next(row for row in PARAMS if row.id == "reverb_mix")
    with pytest.raises(AssertionError):
        replace(row, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("row", PARAMS, ids=lambda row: row.id)
def test_the_ends_of_a_range_are_taken_and_beyond_them_is_refused_with_the_range(row: Param) -> None:
    assert checked(row.id, row.minimum) == row.minimum
    assert checked(row.id, row.maximum) == row.maximum
    for value in (row.minimum - 1e-6, row.maximum + 1e-6, np.inf, -np.inf, np.nan):
        with pytest.raises(BadInput, match=f"{row.id} must lie between {row.minimum:g} and {row.maximum:g}"):
            checked(row.id, value)


def test_settings_are_read() -> None:
    assert parse_settings(["reverb_mix=0.3", " gate_db = -70 ", "reverb_mix=1e-1"]) == {"reverb_mix": 0.1, "gate_db": -70.0}
    values = values_with({"reverb_mix": 0.3})
    assert values[INDEX.reverb_mix] == 0.3
    assert np.sum(values != defaults()) == 1


def test_a_choice_is_set_by_its_name_or_its_number() -> None:
    assert parse_settings(["scale=Dorian", "scale_key=c#", "howl_guard=off", "room=4", "morph_low_st=g#3"]) == {
        "scale": 5.0,
        "scale_key": 1.0,
        "howl_guard": 0.0,
        "room": 4.0,
        "morph_low_st": 56.0,
    }


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("reverb=1", "did you mean reverb_mix?"),
        ("harmonic_level_db=1", "did you mean harmonics_level_db"),
        ("scale=1.5", "scale takes whole numbers, not 1.5"),
        ("polyphony=2.5", "polyphony takes whole numbers, not 2.5"),
        ("morph_low_st=H3", "morph_low_st takes a number or a key as C4, not 'H3'"),
        ("howl_guard=maybe", "howl_guard takes a number or one of: off, on, not 'maybe'"),
    ],
)
def test_a_wrong_setting_says_what_was_meant(setting: str, said: str) -> None:
    with pytest.raises(BadInput, match=re.escape(said)):
        parse_settings([setting])


@pytest.mark.parametrize(
    "setting", ["", "reverb_mix", "reverb_mix=", "=1", "reverb_mix=much", "reverb_mix=0,3", "no_such=1", "scale=nan"]
)
def test_a_setting_that_is_none_is_refused(setting: str) -> None:
    with pytest.raises(BadInput):
        parse_settings([setting])
    with pytest.raises(BadInput):
        values_with({"no_such": 1.0})


@pytest.mark.parametrize("row", PARAMS, ids=lambda row: row.id)
def test_both_ends_of_every_range_play_and_stay_finite(violin: Instrument, row: Param) -> None:
    x = (0.1 * np.sin(2.0 * np.pi * 330.0 * np.arange(9600) / 48_000)).astype(np.float32)
    for value in (row.minimum, row.maximum):
        violin.reset({row.id: value})
        y = violin.process(x)
        assert violin.params()[row.id] == value
        assert np.all(np.isfinite(y))
        assert np.max(np.abs(y)) <= 0.98
