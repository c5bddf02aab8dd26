"""Short notes stay short notes on every instrument; and the judges of the scale notice what they are there for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.instruments.articulation import STACCATO_ST, measured
from tests.instruments.collection import MODELS, shipped
from tests.instruments.playing import RATE, voiced_note
from tests.instruments.scale import a_level_db, is_wrong, recorded_brighter_octaves, spectrum_of


@pytest.mark.parametrize("name", shipped())
def test_eight_short_notes_are_eight_and_a_glide_is_one(name: str) -> None:
    heard = measured(MODELS / name)
    assert heard.staccato_in == heard.staccato == len(STACCATO_ST)
    assert heard.glide_in == heard.glide == 1
    assert heard.attack_off_ms <= 10.0


@pytest.mark.parametrize("f0_hz", [65.4, 220.0, 1046.5])
def test_an_octave_off_is_wrong_and_a_little_vibrato_is_not(f0_hz: float) -> None:
    heard = slice(round(0.1 * RATE), round(0.3 * RATE))
    assert not is_wrong(voiced_note(f0_hz, -20.0, 0.4)[heard], f0_hz)
    assert not is_wrong(voiced_note(f0_hz * 2.0 ** (15.0 / 1200.0), -20.0, 0.4)[heard], f0_hz)
    for off in (0.5, 2.0, 2.0 ** (1.0 / 12.0)):
        assert is_wrong(voiced_note(f0_hz * off, -20.0, 0.4)[heard], f0_hz)


@pytest.mark.parametrize("loudness_db", [-50.0, -20.0])
def test_a_test_note_has_the_level_that_was_asked_for(loudness_db: float) -> None:
    for f0_hz in (65.4, 440.0, 2093.0):
        middle = voiced_note(f0_hz, loudness_db, 0.4)[round(0.1 * RATE) : round(0.3 * RATE)]
        assert abs(a_level_db(spectrum_of(middle)) - loudness_db) < 0.3


def test_brighter_recordings_of_loud_notes_are_told(tmp_path: Path) -> None:
    lines = ["file,instrument,split,dynamic,note,seconds"]
    for note, f0_hz in (("A4", 440.0), ("C5", 523.25)):
        for dynamic, bright in (("piano", 0.1), ("forte", 0.4)):
            file = tmp_path / "train" / "oboe" / "made" / f"{note}_{dynamic}.wav"
            file.parent.mkdir(parents=True, exist_ok=True)
            t = np.arange(RATE) / RATE
            soundfile.write(file, np.sin(2 * np.pi * f0_hz * t) * 0.1 + bright * 0.1 * np.sin(8 * np.pi * f0_hz * t), RATE)
            lines.append(f"{file.relative_to(tmp_path)},oboe,train,{dynamic},{note},1.0")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    centroids = [(1.0 + 4.0 * bright**2) / (1.0 + bright**2) for bright in (0.1, 0.4)]
    assert abs(recorded_brighter_octaves(tmp_path, "oboe") - np.log2(centroids[1] / centroids[0])) < 0.01
    assert np.isnan(recorded_brighter_octaves(tmp_path, "tuba"))
