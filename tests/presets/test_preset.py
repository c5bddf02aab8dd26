"""A preset's file: what it means, what older and later versions make of it, and files that are none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jambox.control.library import content_hash, find_instrument
from jambox.errors import BadInput
from jambox.params import BY_ID
from jambox.presets import Preset, load_preset
from jambox.presets.migration import PRESET_FORMAT, migrated
from jambox.presets.preset import LARGEST_BYTES, parse_preset, preset_text

VIOLIN = content_hash(find_instrument("violin"))
FULL = Preset("Mine", "violin", {"reverb_mix": 0.4, "pitch_shift_st": -12.0}, "A sentence.", ("one", "två"), "Me", VIOLIN)
PRESENT = json.loads(preset_text(FULL))


def text(**changes: object) -> str:
    return json.dumps(PRESENT | changes)


def parsed(**changes: object) -> Preset:
    return parse_preset(text(**changes).encode(), "mine", "mine.json")


def test_what_was_written_is_what_is_read() -> None:
    assert parsed() == FULL
    assert PRESENT["params"] == {"reverb_mix": 0.4, "pitch_shift_st": -12}


def test_a_file_of_format_1_means_the_same_in_the_present_one() -> None:
    old = {
        "format": 1,
        "name": "Warm cello",
        "instrument": "cello",
        "description": "Close.",
        "tags": ["strings"],
        "params": {"reverb_mix": 0.15},
    }
    assert migrated(old, "old.json") == old | {"format": PRESET_FORMAT, "instrument": {"name": "cello"}}
    loaded = parse_preset(json.dumps(old).encode(), "old", "old.json")
    assert loaded == Preset("Warm cello", "cello", {"reverb_mix": 0.15}, "Close.", ("strings",))
    again = parse_preset(preset_text(loaded).encode(), "old", "old.json")
    assert again == loaded


def test_what_is_missing_has_its_default() -> None:
    assert parse_preset(b'{"format": 2}', "bare", "bare.json") == Preset("bare", "violin", {})
    assert parse_preset(b'{"format": 1}', "bare", "bare.json") == Preset("bare", "violin", {})


def test_what_a_later_version_put_in_is_left_out_with_a_warning_for_each() -> None:
    loaded = parsed(
        params={"reverb_mix": 0.2, "wobble": 3}, cover="x.png", instrument={"name": "violin", "sha256": "", "maker": "Ann"}
    )
    assert loaded.params == {"reverb_mix": 0.2}
    assert [next(word for word in ("wobble", "cover", "maker") if word in warning) for warning in loaded.warnings] == [
        "cover",
        "maker",
        "wobble",
    ]


def test_words_stay_on_one_line_whatever_they_held() -> None:
    assert parsed(name="a\n\x1b[2Jb", description="c\r\nd").name == "a [2Jb"
    assert parsed(name="a\n\x1b[2Jb", description="c\r\nd").description == "c d"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no json",
        "[]",
        "[" * 100_000,
        "\xff\xfe",
        '{"format": 2, "name": "\\ud800"}',
        "{}",
        text(format=3),
        text(format=0),
        text(format=True),
        text(format="2"),
        text(instrument=3),
        text(instrument={"name": ""}),
        text(instrument={"name": "violin", "sha256": "not one"}),
        text(params=[1]),
        text(params={"reverb_mix": 7}),
        text(params={"reverb_mix": "much"}),
        text(params={"reverb_mix": True}),
        text(params={"reverb_mix": None}),
        text(params={"reverb_mix": 10**400}),
        text(params={"reverb_mix": float("nan")}),
        text(tags=5),
        text(tags=[5]),
        text(name=5),
        text(description="x" * LARGEST_BYTES),
    ],
)
def test_a_file_that_is_no_preset_is_refused_by_its_name_in_a_sentence(own: Path, content: str) -> None:
    (own / "bad.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(BadInput, match=r"bad\.json") as refused:
        load_preset("bad")
    assert_is_a_sentence(str(refused.value))


def assert_is_a_sentence(said: str) -> None:
    assert said.endswith(".")
    assert not said.endswith("..")
    assert "\n" not in said
    assert len(said) < 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
LIKELY = st.dictionaries(st.sampled_from(list(PRESENT)), JSON, max_size=4)
PARAMS = st.dictionaries(st.sampled_from(list(BY_ID)) | st.text(max_size=8), st.integers() | st.floats() | JSON, max_size=6)


def survives(content: bytes) -> None:
    """It is read as something that can be written and read again, or refused in a sentence."""
    try:
        preset = parse_preset(content, "fuzzed", "fuzzed.json")
    except BadInput as refused:
        assert_is_a_sentence(str(refused))
        return
    assert all(BY_ID[id].minimum <= value <= BY_ID[id].maximum for id, value in preset.params.items())
    again = parse_preset(preset_text(preset).encode(), "fuzzed", "fuzzed.json")
    assert again == replace(preset, warnings=())


@settings(max_examples=300, deadline=None)
@given(changes=LIKELY, params=PARAMS)
def test_no_values_break_the_reader(changes: dict[str, Any], params: dict[str, Any]) -> None:
    survives(json.dumps(PRESENT | {"params": params} | changes).encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_damage_breaks_the_reader(data: st.DataObject) -> None:
    content = bytearray(preset_text(FULL).encode())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    survives(bytes(content[: data.draw(st.integers(0, len(content)))]))


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
@example(b'{"format": 1e400}')
@example(b'{"format": 2, "params": {"reverb_mix": -0.0}}')
def test_no_bytes_break_the_reader(content: bytes) -> None:
    survives(content)
