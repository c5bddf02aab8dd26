"""Two instruments as one and tunings from a file, through the command line and through the log of a run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jambox.audiofile import read_sound
from jambox.instrument import Design
from jambox.instrument.opening import instrument_hash, open_instrument
from tests.cli.command import Jambox
from tests.cli.test_replay import RATE, session, write_take
from tests.instrument.sounds import tone

TUNING = "just\n3\n5/4\n3/2\n2/1\n"


@pytest.fixture
def tuning(tmp_path: Path) -> Path:
    path = tmp_path / "just.scl"
    path.write_text(TUNING, encoding="utf-8")
    return path


def test_a_morph_is_rendered(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    ended = jambox(
        "render", sung, "-i", "flute", "--morph", "trumpet", "--set", "morph=0.5", "-o", tmp_path / "m.wav", "--json"
    )
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["instrument"] == "flute+trumpet"
    player = open_instrument("flute+trumpet", Design(RATE), {"morph": 0.5})
    x = read_sound(sung).samples
    assert np.array_equal(read_sound(tmp_path / "m.wav").samples[: len(x)], player.process(x))


def test_a_tuning_is_played(jambox: Jambox, sung: Path, tmp_path: Path, tuning: Path) -> None:
    out = tmp_path / "t.wav"
    ended = jambox("render", sung, "--scale", tuning, "--set", "scale=13", "--set", "scale_amount=1", "-o", out)
    assert ended.code == 0, ended.err
    player = open_instrument("violin", Design(RATE), {"scale": 13.0, "scale_amount": 1.0}, scale=tuning)
    x = read_sound(sung).samples
    assert np.array_equal(read_sound(out).samples[: len(x)], player.process(x))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--morph", "trumpet"), "first"),
        (("-i", "violin", "--morph", "no_such"), "no_such"),
        (("-i", "violin+"), "violin"),
        (("--scale", "missing.scl"), "missing.scl"),
        (("--scale", "voice.wav"), ".scl"),
    ],
    ids=str,
)
def test_what_cannot_be_played_is_refused(
    jambox: Jambox, sung: Path, tmp_path: Path, arguments: tuple[str, ...], word: str
) -> None:
    assert word in jambox("render", sung, "-o", tmp_path / "out.wav", *arguments).refusal()
    assert not (tmp_path / "out.wav").exists()


def test_a_run_of_two_as_one_in_a_tuning_is_played_again_to_the_same_samples(
    jambox: Jambox, tmp_path: Path, tuning: Path
) -> None:
    name, params = "violin+clarinet", {"morph": 0.3, "scale": 13.0, "scale_amount": 1.0}
    x = tone(330.0, 0.3, RATE)
    head = session(instrument=name, instrument_hash=instrument_hash(name), params=params, scale=str(tuning))
    take = write_take(tmp_path / "take", head, [], x)
    assert jambox("render", "--replay", take, "-o", tmp_path / "again.wav").code == 0
    wanted = open_instrument(name, Design(RATE, seed=3, fade_in_s=0.1), params, scale=tuning).process(x)
    assert np.array_equal(read_sound(tmp_path / "again.wav").samples, wanted)
