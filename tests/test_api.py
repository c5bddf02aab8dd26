"""Jambox from Python: three lines, no torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import jambox
from jambox.api import Player
from jambox.audiofile import write_sound
from jambox.errors import BadInput, BadModel
from jambox.params import PARAMS
from tests.instrument.sounds import tone


@pytest.fixture(scope="module")
def violin() -> Player:
    return jambox.load("violin", pitch_shift_st=12)


def test_three_lines_render_a_file_without_importing_torch(tmp_path: Path) -> None:
    write_sound(tmp_path / "sung.wav", tone(220.0, 0.5, 48_000), 48_000)
    program = (
        "import sys, jambox\n"
        "violin = jambox.load('violin', pitch_shift_st=12)\n"
        f"audio = violin.render({str(tmp_path / 'sung.wav')!r})\n"
        "print(audio.dtype, audio.shape[0], bool(abs(audio).max() > 0.001), 'torch' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["float32", "24000", "True", "False"]


def test_an_array_and_a_file_of_the_same_samples_sound_the_same(violin: Player, tmp_path: Path) -> None:
    x = tone(330.0, 0.5, 48_000)
    write_sound(tmp_path / "a.wav", x, 48_000)
    y = violin.render(x, 48_000, tail_s=0.25)
    assert y.shape == (36_000,)
    assert np.array_equal(violin.render(tmp_path / "a.wav", tail_s=0.25), y)
    assert np.array_equal(violin.render(np.stack([x, x], axis=1), 48_000, tail_s=0.25), y)
    assert np.array_equal(violin.render(x.astype(np.float64), 48_000, tail_s=0.25), y)


def test_parameters_hold_from_one_render_to_the_next(violin: Player) -> None:
    x = tone(330.0, 0.5, 48_000)
    loud = violin.render(x, 48_000)
    violin.set("output_gain_db", -20.0)
    quiet = violin.render(x, 48_000)
    violin.set("output_gain_db", 0.0)
    ratio = np.sqrt(np.mean(loud.astype(np.float64) ** 2) / np.mean(quiet.astype(np.float64) ** 2))
    assert 20.0 * np.log10(ratio) == pytest.approx(20.0, abs=0.1)
    assert np.array_equal(violin.render(x, 48_000), loud)
    assert violin.params["pitch_shift_st"] == 12.0
    assert set(violin.params) == {row.id for row in PARAMS}


@pytest.mark.parametrize("sample_rate", [44_100, 96_000])
def test_other_rates_render_at_their_own(violin: Player, sample_rate: int) -> None:
    assert len(violin.render(tone(330.0, 0.25, sample_rate), sample_rate)) == round(0.25 * sample_rate)


def test_samples_that_make_no_sense_are_refused(violin: Player) -> None:
    x = tone(330.0, 0.1, 48_000)
    for samples, rate in (
        (x, None),
        (x, 8000),
        (x[:0], 48_000),
        (np.zeros((2, 4800)), 48_000),
        (np.zeros((2, 2, 2)), 48_000),
        ((32_767 * x).astype(np.int16), 48_000),
    ):
        with pytest.raises(BadInput):
            violin.render(samples, rate)


def test_what_cannot_be_loaded_is_refused_at_once(violin: Player) -> None:
    with pytest.raises(BadModel, match="no-such"):
        jambox.load("no-such")
    with pytest.raises(BadInput, match="wobble"):
        jambox.load("violin", wobble=1.0)
    with pytest.raises(BadInput, match="reverb_mix"):
        violin.set("reverb_mix", 2.0)
    assert violin.card is not None
    assert violin.card.name == "violin"
