"""A profile: what was put into a recording is measured, and what follows brings the player into the instrument."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jambox.analysis import analyse
from jambox.audiofile import read_sound, write_sound
from jambox.control.bundle import load_bundle
from jambox.control.library import find_instrument
from jambox.errors import BadInput
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from jambox.profile import InputProfile, load_profile, measure_profile, save_profile
from jambox.render import render_samples
from tests.cli.command import Jambox
from tests.data import shared_data
from tests.instruments.collection import shipped
from tests.instruments.playing import RATE, voiced_note

# Loudness of the notes below, the room's hiss, and the pitches.
SOFT_DB, MIDDLE_DB, LOUD_DB, NOISE_DB = -46.0, -40.0, -34.0, -75.0
NOTES_HZ = (110.0, 146.8, 196.0)


@pytest.fixture
def jambox(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Jambox:
    return Jambox(capsys, monkeypatch)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path / "own"))


def soft_singer() -> np.ndarray:
    """Two seconds of a hissing room, then three notes, soft, middling and loud."""
    hiss = np.random.default_rng(0).standard_normal(2 * RATE)
    hiss *= 10.0 ** ((NOISE_DB - analyse(hiss.astype(np.float32), RATE).loudness_db[500:].mean()) / 20.0)
    levels = (SOFT_DB, MIDDLE_DB, LOUD_DB)
    notes = [voiced_note(f0, level, 2.0) for f0, level in zip(NOTES_HZ, levels, strict=True)]
    return np.concatenate([hiss, *notes]).astype(np.float32)


def test_level_range_and_noise_are_those_of_the_recording() -> None:
    profile = measure_profile(soft_singer(), RATE, "me")
    assert profile.softest_db == pytest.approx(SOFT_DB, abs=1.0)
    assert profile.middle_db == pytest.approx(MIDDLE_DB, abs=1.0)
    assert profile.loudest_db == pytest.approx(LOUD_DB, abs=1.0)
    assert profile.noise_db == pytest.approx(NOISE_DB, abs=1.5)
    for heard, sung in zip((profile.lowest_hz, profile.middle_hz, profile.highest_hz), NOTES_HZ, strict=True):
        assert heard == pytest.approx(sung, rel=0.005)
    assert profile.sung_s == pytest.approx(6.0, abs=0.2)


@pytest.mark.parametrize("name", shipped())
def test_a_soft_low_voice_meets_every_instrument_in_the_middle_of_its_range(name: str) -> None:
    card = load_bundle(find_instrument(name)).card
    profile = measure_profile(soft_singer(), RATE, "me")
    settings = profile.settings_for(card)
    middle_hz = profile.middle_hz * 2.0 ** (settings["pitch_shift_st"] / 12.0)
    assert abs(np.log2(middle_hz / card.f0_hz.p50)) <= 0.5
    assert settings["auto_octave"] == settings["auto_level"] == 0.0
    shifted = [level + settings["loudness_shift_db"] for level in (profile.middle_db, profile.loudest_db)]
    assert np.mean(shifted) == pytest.approx((card.loudness_db.p50 + card.loudness_db.p95) / 2.0, abs=0.1)
    assert profile.noise_db < settings["gate_db"] < profile.softest_db


def test_a_rendering_with_the_profile_is_as_loud_as_the_instrument_plays(jambox: Jambox, tmp_path: Path) -> None:
    write_sound(tmp_path / "me.wav", soft_singer(), RATE)
    ended = jambox("calibrate", tmp_path / "me.wav", "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert load_profile("me") == InputProfile(**{key: value for key, value in told.items() if key != "path"})
    ended = jambox("render", tmp_path / "me.wav", "-o", tmp_path / "out.wav", "--profile", "me", "--set", "reverb_mix=0")
    assert ended.code == 0, ended.err
    card = load_bundle(find_instrument("violin")).card
    shift_db = load_profile("me").settings_for(card)["loudness_shift_db"]
    heard = analyse(read_sound(tmp_path / "out.wav").samples, RATE)
    for i, level in enumerate((SOFT_DB, MIDDLE_DB, LOUD_DB)):
        inside = (heard.time_s > 2.5 + 2 * i) & (heard.time_s < 3.5 + 2 * i)
        assert np.median(heard.loudness_db[inside]) == pytest.approx(level + shift_db, abs=1.5)
    assert np.max(heard.loudness_db[heard.time_s < 1.5]) < card.loudness_db.p50 - 30.0


def test_a_preset_s_own_shifts_are_kept_beside_the_player_s(jambox: Jambox, tmp_path: Path) -> None:
    write_sound(tmp_path / "me.wav", soft_singer(), RATE)
    assert jambox("calibrate", tmp_path / "me.wav", "--name", "me too").code == 0
    reports = []
    for more in ((), ("--preset", "octave-violin")):
        render = ("render", tmp_path / "me.wav", "-o", tmp_path / "out.wav", "--profile", "me too", "-i", "violin", "--json")
        reports.append(json.loads(jambox(*render, *more).out)["params"])
    assert reports[1]["pitch_shift_st"] == reports[0]["pitch_shift_st"] + 12.0


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (np.zeros(5 * RATE, dtype=np.float32), "less than a second of clear pitch"),
        (0.1 * np.random.default_rng(1).standard_normal(5 * RATE).astype(np.float32), "less than a second of clear pitch"),
        (np.zeros(10, dtype=np.float32), "less than a second of clear pitch"),
    ],
)
def test_a_recording_without_a_voice_is_refused_and_an_old_profile_kept(samples: np.ndarray, sentence: str) -> None:
    path = save_profile(measure_profile(soft_singer(), RATE, "me"))
    old = path.read_bytes()
    with pytest.raises(BadInput, match=sentence):
        save_profile(measure_profile(samples, RATE, "me"))
    assert path.read_bytes() == old


def test_a_clipped_input_and_a_room_that_was_not_heard_are_told(jambox: Jambox, tmp_path: Path) -> None:
    sung = soft_singer()
    assert measure_profile(sung, RATE, "me").doubts == []
    loud = (0.9 / np.abs(sung).max() * sung).astype(np.float32)
    as_16_bits = (np.round(0.3 / 0.9 * loud * 32768.0) / 32768.0).astype(np.float32)
    for unclipped in (loud, as_16_bits):
        assert measure_profile(unclipped, RATE, "me").doubts == []
    clipped = np.clip(2.0 * loud, -1.0, 1.0).astype(np.float32)
    (doubt,) = measure_profile(clipped, RATE, "me").doubts
    assert "clipped" in doubt
    write_sound(tmp_path / "restless.wav", sung[2 * RATE :], RATE)
    assert json.loads(jambox("calibrate", tmp_path / "restless.wav", "--json").out)["doubts"] != []
    told = jambox("calibrate", tmp_path / "restless.wav")
    assert "no rest" in told.err
    assert "doubts" not in json.loads(save_profile(measure_profile(clipped, RATE, "me")).read_text())


@pytest.mark.parametrize("name", ["Zoë", "Ωmega 2", "渡辺", "a" * 64])
def test_a_profile_is_called_what_its_player_is_called(jambox: Jambox, tmp_path: Path, name: str) -> None:
    write_sound(tmp_path / "me.wav", soft_singer(), RATE)
    assert jambox("calibrate", tmp_path / "me.wav", "--name", name).code == 0
    assert load_profile(name).name == name


def test_names_that_are_none_and_files_that_are_no_profile_get_their_sentence(jambox: Jambox, tmp_path: Path) -> None:
    write_sound(tmp_path / "me.wav", soft_singer(), RATE)
    out = ("-o", tmp_path / "out.wav", "--profile")
    assert "none yet" in jambox("render", tmp_path / "me.wav", *out, "me").refusal()
    assert "no name of a profile" in jambox("calibrate", tmp_path / "me.wav", "--name", "../me").refusal()
    assert "no name of a profile" in jambox("render", tmp_path / "me.wav", *out, "../../etc/passwd").refusal()
    ended = jambox("calibrate", tmp_path / "me.wav", "--sample-rate", 48_000)
    assert "options of devices are for a live calibration" in ended.refusal()
    path = save_profile(measure_profile(soft_singer(), RATE, "me"))
    for damage in ("", "{}", "[1]", path.read_text().replace('"format": 1', '"format": 2'), "\xff"):
        path.write_text(damage, encoding="latin-1")
        assert "profile" in jambox("render", tmp_path / "me.wav", *out, "me").refusal()
    assert not (tmp_path / "out.wav").exists()


def test_after_calibration_a_quiet_singer_sounds_within_3_db_of_a_loud_one() -> None:
    """Recordings 20 dB apart (singing_vocadito_1 and _10), through the violin."""
    loudness = []
    for number in (1, 10):
        sung = read_sound(shared_data("test", f"singing_vocadito_{number}.flac"), RATE).samples[: 10 * RATE]
        card = load_bundle(find_instrument("violin")).card
        settings = measure_profile(sung, RATE, "singer").settings_for(card)
        played = render_samples(open_instrument("violin", Design(RATE), settings), sung).samples
        track = analyse(played, RATE)
        loudness.append(np.percentile(track.loudness_db[track.f0_confidence > 0.5], 75.0))
    assert abs(loudness[0] - loudness[1]) < 3.0
