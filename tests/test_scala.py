"""Tunings in the Scala formats, against pitches worked out by hand, and against bytes that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jambox.errors import BadInput
from jambox.scala import PLAIN_KEYBOARD, Scale, equal_tuning, parse_keyboard, parse_scale, read_tuning, tuning

JUST = b"! just.scl\n!\nJust major\n 7\n!\n 9/8 second\n 5/4\n 4/3\n 3/2\n 5/3\n 15/8\n 2\n"
WHITE_KEYS = b"! white.kbm\n12\n0\n127\n60\n69\n440.0\n7\n0\nx\n1\nx\n2\n3\nx\n4\nx\n5\nx\n6\n"


def hz(pitch_st: float) -> float:
    return float(440.0 * 2.0 ** ((pitch_st - 69.0) / 12.0))


def test_the_twelve_equal_steps_in_cents_are_the_pitches_of_the_keys() -> None:
    lines = "".join(f"{100.0 * k:.1f}\n" for k in range(1, 13))
    scale = parse_scale(f"! 12.scl\n12 equal\n12\n{lines}".encode(), "12.scl")
    assert np.max(np.abs(tuning(scale, PLAIN_KEYBOARD) - equal_tuning())) < 1e-9


def test_a_just_scale_on_white_keys_has_its_ratios_and_its_reference(tmp_path: Path) -> None:
    (tmp_path / "just.scl").write_bytes(JUST)
    (tmp_path / "just.kbm").write_bytes(WHITE_KEYS)
    pitches = read_tuning(tmp_path / "just.scl")
    assert hz(pitches[69]) == pytest.approx(440.0, rel=1e-12)
    assert hz(pitches[60]) == pytest.approx(440.0 * 3.0 / 5.0, rel=1e-12)
    assert hz(pitches[67]) / hz(pitches[60]) == pytest.approx(1.5, rel=1e-12)
    assert hz(pitches[72 + 4]) / hz(pitches[48]) == pytest.approx(5.0, rel=1e-12)
    assert np.all(np.isnan(pitches[[61, 63, 66, 68, 70]]))


def test_without_a_keyboard_every_key_is_the_next_degree(tmp_path: Path) -> None:
    (tmp_path / "just.scl").write_bytes(JUST)
    pitches = read_tuning(tmp_path / "just.scl")
    assert hz(pitches[60]) == pytest.approx(261.625565, rel=1e-8)
    assert hz(pitches[67]) / hz(pitches[60]) == pytest.approx(2.0, rel=1e-12)
    assert hz(pitches[59]) / hz(pitches[60]) == pytest.approx(15.0 / 16.0, rel=1e-12)


def test_a_scale_without_octaves_repeats_at_its_own_interval() -> None:
    scale = Scale("Bohlen-Pierce, roughly", (634.99, 1901.955))
    assert scale.cents_of(5) == pytest.approx(2 * 1901.955 + 634.99)
    assert scale.cents_of(-1) == pytest.approx(634.99 - 1901.955)


def test_keys_that_a_keyboard_leaves_out_are_silent() -> None:
    pitches = tuning(Scale("", (1200.0,)), parse_keyboard(b"0\n60\n61\n60\n60\n261.6256\n0\n", "few.kbm"))
    assert np.flatnonzero(np.isfinite(pitches)).tolist() == [60, 61]


@pytest.mark.parametrize(
    "content",
    [b"", b"one line", b"a\nmany\n", b"a\n3\n3/2\n2/1\n", b"a\n0\n", b"a\n1\n-3/2\n", b"a\n1\n0\n", b"a\n1\n3/0\n",
     b"a\n1\nnan.\n", b"a\n1\n1e99.5\n", b"a\n1\n2_0.0\n", b"a\n99999999999\n2\n", b"a\n+-5\n2\n",
     b"a\n" + b"9" * 5000 + b"\n2\n"],
)  # fmt: skip
def test_what_is_no_scale_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_scale(content, "bad.scl")
    assert str(refusal.value).count("\n") == 0
    assert "bad.scl" in str(refusal.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"12\n0\n127\n", b"0\n0\n127\n60\n69\n0.0\n12\n", b"0\n9\n3\n60\n69\n440\n12\n", b"0\n0\n128\n60\n69\n440\n12\n",
     b"1\n0\n127\n60\n69\n440\n12\ny\n", b"0\n0\n127\n60\n69\ninf\n12\n", b"999999\n0\n127\n60\n69\n440\n12\n"],
)  # fmt: skip
def test_what_is_no_keyboard_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(BadInput, match=r"bad\.kbm") as refusal:
        parse_keyboard(content, "bad.kbm")
    assert str(refusal.value).count("\n") == 0


def test_a_reference_key_that_is_muted_and_a_tuning_without_sound_are_refused() -> None:
    muted = parse_keyboard(b"2\n0\n127\n60\n61\n440\n12\n0\nx\n", "muted.kbm")
    silent = parse_keyboard(b"1\n0\n0\n60\n60\n1000000\n1\n0\n", "silent.kbm")
    for keyboard in (muted, silent):
        with pytest.raises(BadInput):
            tuning(Scale("", (1200.0,)), keyboard)


def test_files_that_cannot_be_tunings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="must end in"):
        read_tuning(tmp_path / "voice.wav")
    with pytest.raises(BadInput, match="cannot be read"):
        read_tuning(tmp_path / "missing.scl")
    (tmp_path / "large.scl").write_bytes(b"!" * (1 << 18))
    with pytest.raises(BadInput, match="larger"):
        read_tuning(tmp_path / "large.scl")


def one_sentence(refusal: BadInput) -> None:
    assert str(refusal).endswith(".")
    assert "\n" not in str(refusal)


_SOUP = st.text(alphabet="0123456789./-+x! \n\tae", max_size=200).map(str.encode)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | _SOUP, st.binary(max_size=300) | _SOUP)
def test_any_bytes_become_a_tuning_or_one_sentence(scale: bytes, keyboard: bytes) -> None:
    try:
        read = parse_scale(scale, "s.scl")
    except BadInput as refusal:
        one_sentence(refusal)
        read = Scale("", (200.0, 700.0, 1200.0))
    try:
        pitches = tuning(read, parse_keyboard(keyboard, "k.kbm"))
    except BadInput as refusal:
        one_sentence(refusal)
        return
    assert pitches.shape == (128,)
    sounding = pitches[np.isfinite(pitches)]
    assert len(sounding) > 0
    assert np.max(np.abs(sounding - 64.0)) <= 96.0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 255), max_size=8), st.integers(0, len(JUST)))
def test_a_scale_with_bytes_changed_is_read_or_refused(garbage: list[int], at: int) -> None:
    for content, parse in ((JUST, parse_scale), (WHITE_KEYS, parse_keyboard)):
        damaged = content[:at] + bytes(garbage) + content[at + len(garbage) :]
        try:
            parse(damaged, "damaged")
        except BadInput as refusal:
            one_sentence(refusal)
