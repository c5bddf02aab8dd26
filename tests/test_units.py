"""Conversions between units, there and back and at known points."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.units import cents_between, db_to_gain, gain_to_db, hz_to_midi, key_name, midi_to_hz, named_key, note_name


def test_known_points() -> None:
    assert midi_to_hz(69) == 440.0
    assert midi_to_hz(60) == pytest.approx(261.6256, abs=1e-4)
    assert hz_to_midi(880.0) == 81.0
    assert cents_between(880.0, 440.0) == 1200.0
    assert db_to_gain(20.0) == pytest.approx(10.0)
    assert gain_to_db(0.5) == pytest.approx(-6.0206, abs=1e-4)


def test_there_and_back() -> None:
    notes = np.linspace(0.0, 127.0, 1000)
    assert np.max(np.abs(hz_to_midi(midi_to_hz(notes)) - notes)) <= 1e-10
    levels_db = np.linspace(-200.0, 60.0, 1000)
    assert np.max(np.abs(gain_to_db(db_to_gain(levels_db)) - levels_db)) <= 1e-10


def test_silence_has_a_floor_and_a_sign_is_no_level() -> None:
    assert gain_to_db(0.0) == pytest.approx(-240.0)
    assert gain_to_db(0.0, floor_db=-90.0) == pytest.approx(-90.0)
    assert gain_to_db(-1.0) == 0.0


@pytest.mark.parametrize(
    ("f_hz", "name"),
    [(440.0, "A4"), (261.63, "C4"), (246.94, "B3"), (185.0, "F#3"), (440.0 * 2 ** (0.49 / 12), "A4"), (0.0, "-")],
)
def test_notes_are_named_after_the_nearest(f_hz: float, name: str) -> None:
    assert note_name(f_hz) == name


def test_keys_are_named_and_read_there_and_back() -> None:
    assert [key_name(note) for note in (60, 69, 0, 127, 55.25, 54.9)] == ["C4", "A4", "C-1", "G9", "G3 +25 ct", "G3 -10 ct"]
    for note in np.arange(0.0, 127.0, 0.13):
        assert named_key(key_name(note)) == pytest.approx(note, abs=0.005 + 1e-9)
    assert (named_key("bb3"), named_key("Bb3"), named_key("a#3"), named_key(" g3+25ct ")) == (58, 58, 58, 55.25)
    for text in ("", "H4", "G", "4", "G3 25", "G#b3", "G3 +100 ct"):
        assert named_key(text) is None
