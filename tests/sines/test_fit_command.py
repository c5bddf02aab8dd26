"""`jambox sines fit` makes an instrument that the other commands play, and a report beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jambox.audiofile import read_sound, write_sound
from jambox.control.kinds import load_instrument
from jambox.control.modal import ModalBundle
from jambox.sines.distance import snr_db
from tests.cli.command import Jambox
from tests.sines.sounds import RATE, yelp


@pytest.fixture
def jambox(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Jambox:
    return Jambox(capsys, monkeypatch)


def test_a_sound_becomes_an_instrument_with_a_report(jambox: Jambox, tmp_path: Path) -> None:
    sound = tmp_path / "yelp.wav"
    write_sound(sound, yelp().astype(np.float32), RATE)
    out = tmp_path / "Yelp"
    ended = jambox("sines", "fit", sound, "-o", out, "--partials", 12, "--licence", "CC0 1.0", "--json", "--quiet")
    assert ended.code == 0, ended.err
    report = json.loads(ended.out)
    assert report["partials"] == 12
    bundle = load_instrument(out)
    assert isinstance(bundle, ModalBundle)
    assert (bundle.card.name, bundle.card.licence) == ("yelp", "CC0 1.0")
    assert 450.0 < bundle.card.reference_hz < 700.0
    beside = out.with_name("Yelp.fit")
    parts = {name: read_sound(beside / f"{name}.wav").samples for name in ("original", "fit", "residual")}
    assert abs(snr_db(parts["original"], parts["fit"]) - report["snr_db"]) < 0.01
    assert np.max(np.abs(parts["original"] - parts["fit"] - parts["residual"])) < 1e-6
    assert json.loads((beside / "report.json").read_text()) == report
    assert (beside / "loss.png").stat().st_size > 10_000
    assert "partials = 12" in (beside / "settings.toml").read_text()


def test_bad_wishes_are_refused_in_a_sentence(jambox: Jambox, tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    write_sound(silent, np.zeros(RATE, dtype=np.float32), RATE)
    assert jambox("sines", "fit", silent, "-o", tmp_path / "out").refusal().startswith("The recording is silent")
    assert "the models are: modal" in jambox("sines", "fit", silent, "-o", tmp_path / "out", "--model", "x").refusal()
    assert "there is no setting partialz" in jambox("sines", "fit", silent, "-o", tmp_path, "--set", "partialz=3").refusal()
    assert not (tmp_path / "out").exists()
