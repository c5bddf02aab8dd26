"""Whatever is brought to `jambox sines fit`: a sensible instrument, or a refusal that says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.audiofile import resample, write_sound
from jambox.control.kinds import load_instrument
from jambox.control.modal import ModalBundle, ModalSound
from jambox.instrument import Design, Instrument
from jambox.sines import modal
from jambox.sines.excerpt import audible_share
from jambox.sines.pitch import reference_pitch
from tests.cli.command import Jambox
from tests.sines.figures import PLAY_RATE, pitch_hz, struck
from tests.sines.sounds import RATE, bell, mosquito, spoken_word, yelp


@pytest.fixture
def jambox(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Jambox:
    return Jambox(capsys, monkeypatch)


def written(folder: Path, samples: NDArray[np.float64], rate: int = RATE) -> Path:
    path = folder / "sound.wav"
    write_sound(path, samples.astype(np.float32), rate)
    return path


def bell_and_its_fundamental() -> tuple[NDArray[np.float64], float]:
    """Its reference is the fundamental of the series 110, 220, 330, 440 Hz and more."""
    return bell(seconds=0.5)[0], 110.0


@pytest.mark.parametrize(
    ("make", "least_snr_db", "off_cents"),
    [(mosquito, 20.0, 10.0), (spoken_word, 10.0, 50.0), (bell_and_its_fundamental, 30.0, 5.0)],
    ids=["mosquito", "word", "bell"],
)
def test_what_sounds_becomes_an_instrument_that_plays(
    jambox: Jambox,
    tmp_path: Path,
    make: Callable[[], tuple[NDArray[np.float64], float]],
    least_snr_db: float,
    off_cents: float,
) -> None:
    sound, hz = make()
    out = tmp_path / "made"
    ended = jambox("sines", "fit", written(tmp_path, sound), "-o", out, "--partials", 48, "--json", "--quiet")
    assert ended.code == 0, ended.err
    report = json.loads(ended.out)
    assert report["snr_db"] >= least_snr_db
    assert abs(1200.0 * np.log2(report["reference_hz"] / hz)) < off_cents
    bundle = load_instrument(out)
    assert isinstance(bundle, ModalBundle)
    player = Instrument(bundle, Design(PLAY_RATE))
    middle = round(69.0 + 12.0 * np.log2(bundle.card.reference_hz / 440.0))
    for key in (middle - 12, middle, middle + 12):
        y = struck(player, key, 0.4)
        assert np.all(np.isfinite(y))
        assert 0.05 < np.max(np.abs(y)) < 1.0


def test_a_mosquito_plays_the_keys_that_are_pressed(jambox: Jambox, tmp_path: Path) -> None:
    out = tmp_path / "mosquito"
    ended = jambox("sines", "fit", written(tmp_path, mosquito()[0]), "-o", out, "--partials", 48, "--quiet")
    assert ended.code == 0, ended.err
    bundle = load_instrument(out)
    assert isinstance(bundle, ModalBundle)
    player = Instrument(bundle, Design(PLAY_RATE))
    for key in (60, 66, 72, 78, 84):
        hz = 440.0 * 2.0 ** ((key - 69) / 12.0)
        assert abs(1200.0 * np.log2(pitch_hz(struck(player, key, 0.3), PLAY_RATE, hz) / hz)) < 10.0


def test_a_recording_of_a_higher_rate_is_fitted_as_well_as_at_the_usual_one(jambox: Jambox, tmp_path: Path) -> None:
    reports = []
    for rate in (48_000, 96_000):
        sound = resample(yelp().astype(np.float32), RATE, rate).astype(np.float64)
        out = tmp_path / str(rate)
        ended = jambox("sines", "fit", written(tmp_path, sound, rate), "-o", out, "--partials", 16, "--json", "--quiet")
        assert ended.code == 0, ended.err
        reports.append(json.loads(ended.out))
    usual, higher = reports
    assert higher["snr_db"] == pytest.approx(usual["snr_db"], abs=1.0)
    assert higher["reference_hz"] == pytest.approx(usual["reference_hz"], rel=1e-3)


_TIME_S = np.arange(RATE // 2) / RATE


@pytest.mark.parametrize(
    ("samples", "rate", "sentence"),
    [
        (np.zeros(RATE), RATE, "The recording is silent"),
        (np.full(RATE, 0.3), RATE, "The recording is silent"),
        (0.3 * np.cos(2.0 * np.pi * 8.3 * _TIME_S), RATE, "Next to nothing in the recording can be heard: 99 %"),
        (0.3 * np.cos(2.0 * np.pi * 30_000.0 / 96_000 * np.arange(48_000)), 96_000, "Next to nothing in the recording"),
        (np.ones(100), RATE, "The sound is shorter than 10 ms"),
        (mosquito(10.0)[0], RATE, "The sound is 10.0 s long, and one short sound becomes an instrument: fit its beginning"),
    ],
    ids=["silence", "dc", "infrasound", "ultrasound", "a-click", "ten-seconds"],
)
def test_what_cannot_become_one_is_refused_in_a_sentence(
    jambox: Jambox, tmp_path: Path, samples: NDArray[np.float64], rate: int, sentence: str
) -> None:
    path = written(tmp_path, samples, rate)
    assert jambox("sines", "fit", path, "-o", tmp_path / "out", "--quiet").refusal().startswith(sentence)
    assert list(tmp_path.iterdir()) == [path]


def test_samples_that_are_no_numbers_are_told_and_an_offset_is_taken_off(jambox: Jambox, tmp_path: Path) -> None:
    sound = bell(seconds=0.3)[0] + 0.2
    sound[[100, 2000]] = np.nan, np.inf
    out = tmp_path / "out"
    ended = jambox("sines", "fit", written(tmp_path, sound), "-o", out, "--partials", 8, "--quiet", "--json")
    report = json.loads(ended.out)
    assert "held 2 samples that are no numbers" in report["note"]
    bundle = load_instrument(out)
    assert isinstance(bundle, ModalBundle)
    # The loudest are partials of the bell, not a hum that stands for the offset.
    strongest = bundle.sound.partials[np.argsort(-np.abs(bundle.sound.column("amplitude")))[:3], 0]
    assert np.min(strongest) > 100.0


def test_noise_plays_as_noise_and_its_pitch_is_said_to_be_a_guess(jambox: Jambox, tmp_path: Path) -> None:
    hiss = 0.1 * np.random.default_rng(0).standard_normal(RATE // 5)
    out = tmp_path / "hiss"
    ended = jambox("sines", "fit", written(tmp_path, hiss), "-o", out, "--partials", 8, "--quiet", "--json")
    report = json.loads(ended.out)
    assert report["snr_db"] < 3.0
    assert report["note"].endswith("it is mostly noise, and its pitch a guess.")
    # The noise brings what is played far nearer than its few sines are.
    assert report["lsd_db"] < report["lsd_sines_db"] - 10.0


def test_a_long_sound_that_is_asked_for_goes_on_with_its_cost_stated(jambox: Jambox, tmp_path: Path) -> None:
    path = written(tmp_path, mosquito(3.5)[0])
    few = ("--partials", 25, "--set", "sweeps=0", "--set", "looks=1")
    ended = jambox("sines", "fit", path, "-o", tmp_path / "out", "--whole", *few)
    assert ended.code == 0, ended.err
    assert "The sound is 3.5 s long: this takes about 1 minute." in ended.err
    ended = jambox("sines", "fit", path, "-o", tmp_path / "short", "--seconds", 1, *few)
    assert ended.code == 0, ended.err
    assert "this takes" not in ended.err


def test_a_fit_that_is_interrupted_leaves_nothing_behind(
    jambox: Jambox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, bell(seconds=0.3)[0])
    assert jambox("sines", "fit", path, "-o", tmp_path / "made", "--partials", 4, "--quiet").code == 0
    old = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(modal, "refine_jointly", interrupted)
    for out in (tmp_path / "made", tmp_path / "other"):
        assert jambox("sines", "fit", path, "-o", out, "--partials", 8, "--quiet").code == 130
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == old


def test_the_pitch_that_somebody_hears_is_the_one_that_is_played(jambox: Jambox, tmp_path: Path) -> None:
    """Harmonics of 110 Hz of which the even ones are so loud that they pass for those of 220 Hz."""
    t = np.arange(RATE // 3) / RATE
    sound = sum(
        (0.2 if k % 2 == 0 else 0.01) / k * np.exp(-3.0 * t) * np.cos(2.0 * np.pi * 110.0 * k * t + k) for k in range(1, 9)
    )
    path, references = written(tmp_path, np.asarray(sound)), []
    for number, told in enumerate(([], ["--pitch", 114], ["--pitch", 6600])):
        out = tmp_path / f"made{number}"
        ended = jambox("sines", "fit", path, "-o", out, "--partials", 12, "--quiet", "--json", *told)
        assert ended.code == 0, ended.err
        report = json.loads(ended.out)
        references.append((report["reference_hz"], "told" in report["reference"]))
    hz = [reference for reference, _ in references]
    assert [told for _, told in references] == [False, True, True]
    assert np.max(np.abs(1200.0 * np.log2(np.array(hz) / [220.0, 110.0, 6600.0]))) < 2.0
    bundle = load_instrument(tmp_path / "made1")
    assert isinstance(bundle, ModalBundle)
    y = struck(Instrument(bundle, Design(PLAY_RATE)), 57, 0.3)  # A3, 220 Hz: an octave above what it is
    assert abs(1200.0 * np.log2(pitch_hz(y, PLAY_RATE, 220.0) / 220.0)) < 5.0
    assert "pitch_hz" in jambox("sines", "fit", path, "-o", tmp_path / "no", "--pitch", -3).refusal()


def test_of_a_sine_all_or_nothing_is_audible() -> None:
    inside, below = (audible_share(np.cos(2.0 * np.pi * hz * _TIME_S), RATE) for hz in (1000.0, 8.3))
    assert inside > 0.9999
    assert below < 1e-4


@pytest.mark.parametrize("seconds", ["nan", "0.001"])
def test_a_length_that_is_none_is_refused(jambox: Jambox, tmp_path: Path, seconds: str) -> None:
    path = written(tmp_path, bell()[0])
    assert "0.01" in jambox("sines", "fit", path, "-o", tmp_path / "out", "--seconds", seconds).refusal()


def test_places_that_cannot_take_an_instrument_are_refused_before_the_work(jambox: Jambox, tmp_path: Path) -> None:
    path = written(tmp_path, bell()[0])
    (tmp_path / "made.fit").write_text("a file")
    assert jambox("sines", "fit", path, "-o", tmp_path / "made").refusal().endswith("made.fit is not a folder.")
    assert "cannot be made" in jambox("sines", "fit", path, "-o", path / "made").refusal()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "card.json").write_text("{}")
    assert "holds another instrument" in jambox("sines", "fit", path, "-o", tmp_path / "other").refusal()


def test_a_partial_that_never_rises_does_not_name_the_pitch() -> None:
    # A fit may leave a huge one that begins 0.4 ms before the end, or one that has decayed long before it has risen.
    rows = [(330.0 * k, 0.0, 0.2 / k, 0.0, 4.0 + k, 0.0, 0.0, 0.0) for k in range(1, 9)]
    rows += [(4500.0, 0.0, 12.0, 0.0, 0.0, 0.4996, 0.032, 0.0), (67.0, 0.0, 5.0, 0.0, 4400.0, 0.4997, 0.032, 0.0)]
    sound = ModalSound(np.array(rows), np.zeros((1, 65), dtype=np.float32), 0.004, 0.5, np.full(1001, 330.0))
    assert abs(1200.0 * np.log2(reference_pitch(sound).hz / 330.0)) < 0.1
