"""Bad input is handled, or refused in one sentence, and what was there before stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from tests.cli.command import Jambox
from tests.instrument.sounds import tone

BAD_INPUT, BAD_INSTRUMENT, NO_DEVICE = 2, 3, 4


def square(n: int) -> NDArray[np.float32]:
    return np.sign(np.sin(2.0 * np.pi * 110.0 * np.arange(n) / 48_000)).astype(np.float32)


def broken(n: int) -> NDArray[np.float32]:
    x = tone(330.0, n / 48_000, 48_000)
    x[n // 3 : n // 2] = np.nan
    x[n // 2] = np.inf
    return x


def write(path: Path, kind: str) -> Path:
    """A hard but playable recording of half a second."""
    n = 24_000
    voice = tone(330.0, 0.5, 48_000)
    match kind:
        case "8 bit":
            soundfile.write(path, voice, 48_000, subtype="PCM_U8")
        case "24 bit":
            soundfile.write(path, voice, 48_000, subtype="PCM_24")
        case "8 kHz":
            soundfile.write(path, tone(330.0, 0.5, 8000), 8000)
        case "192 kHz":
            soundfile.write(path, tone(330.0, 0.5, 192_000), 192_000)
        case "6 channels":
            soundfile.write(path, np.stack([voice] * 6, axis=1), 48_000)
        case "NaN":
            soundfile.write(path, broken(n), 48_000, subtype="FLOAT")
        case "nothing but NaN":
            soundfile.write(path, np.full(n, np.nan), 48_000, subtype="FLOAT")
        case "full-scale square":
            soundfile.write(path, square(n), 48_000, subtype="FLOAT")
        case "far beyond full scale":
            soundfile.write(path, 1e30 * square(n), 48_000, subtype="FLOAT")
        case "one sample":
            soundfile.write(path, voice[:1], 48_000)
        case "constant":
            soundfile.write(path, np.ones(n), 48_000, subtype="FLOAT")
    return path


PLAYABLE = (
    "8 bit",
    "24 bit",
    "8 kHz",
    "192 kHz",
    "6 channels",
    "NaN",
    "nothing but NaN",
    "full-scale square",
    "far beyond full scale",
    "one sample",
    "constant",
)


@pytest.mark.parametrize("kind", PLAYABLE)
def test_a_hard_recording_is_played(jambox: Jambox, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out.wav"
    ended = jambox("render", write(tmp_path / "in.wav", kind), "-o", out, "--tail", 0)
    assert ended.code == 0, ended.err
    data, rate = soundfile.read(out, dtype="float32")
    assert 44_100 <= rate <= 96_000
    assert data.ndim == 1
    assert np.all(np.isfinite(data))
    assert np.max(np.abs(data)) <= 0.98
    if kind in ("8 bit", "24 bit", "8 kHz", "192 kHz", "6 channels", "full-scale square"):
        assert len(data) == round(0.5 * rate)
        assert 20.0 * np.log10(np.sqrt(np.mean(data.astype(np.float64) ** 2))) >= -60.0
    if "NaN" in kind:
        assert "no numbers" in ended.err
    ended = jambox("analyze", tmp_path / "in.wav", "--csv", tmp_path / "out.csv")
    assert ended.code == 0, ended.err
    assert (tmp_path / "out.csv").read_text().startswith("time_s,f0_hz,f0_confidence,loudness_db")


def unreadable(folder: Path, kind: str) -> Path:
    path = folder / "in.wav"
    match kind:
        case "empty":
            path.touch()
        case "no samples":
            soundfile.write(path, np.zeros(0), 48_000)
        case "text":
            path.write_text("Not a sound, whatever it is called.\n" * 10)
        case "cut":
            soundfile.write(folder / "whole.wav", np.zeros(100), 48_000)
            path.write_bytes((folder / "whole.wav").read_bytes()[:20])
        case "folder":
            path.mkdir()
        case "device":
            return Path("/dev/null")
    return path


UNREADABLE = ("empty", "no samples", "text", "cut", "folder", "device", "missing")


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("command", ["render", "analyze"])
def test_what_is_no_recording_is_refused_by_its_name(jambox: Jambox, tmp_path: Path, kind: str, command: str) -> None:
    source = unreadable(tmp_path, kind)
    out = tmp_path / ("out.wav" if command == "render" else "out.csv")
    out.write_bytes(b"precious")
    ended = jambox(command, source, "-o" if command == "render" else "--csv", out)
    assert ended.code == BAD_INPUT
    assert source.name in ended.refusal()
    assert out.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (("-i", "no-such"), BAD_INSTRUMENT, "no-such"),
        (("-i", ".."), BAD_INSTRUMENT, ".."),
        (("-i", ""), BAD_INSTRUMENT, "instrument"),
        (("-i", "violin/../../../etc"), BAD_INSTRUMENT, "etc"),
        (("-i", "../violin"), BAD_INSTRUMENT, "../violin"),
        (("-i", "violin\x1b[31m"), BAD_INSTRUMENT, "violin"),
        (("--preset", "no-such"), BAD_INPUT, "no-such"),
        (("--preset", "../plain-violin"), BAD_INPUT, "../plain-violin"),
        (("--set", "reverb_mix=2"), BAD_INPUT, "between 0 and 1"),
        (("--set", "reverb_mix=nan"), BAD_INPUT, "reverb_mix"),
        (("--set", "reverb_mix"), BAD_INPUT, "id=value"),
        (("--set", "no_such=1"), BAD_INPUT, "no_such"),
        (("--sample-rate", "22050"), BAD_INPUT, "22050"),
        (("--sample-rate", "1000000000"), BAD_INPUT, "1000000000"),
        (("--sample-rate", "-1"), BAD_INPUT, "-1"),
        (("--runtime", "magic"), BAD_INPUT, "magic"),
        (("--room", "missing.wav"), BAD_INPUT, "missing.wav"),
    ],
)
def test_a_wrong_option_is_refused_and_the_old_output_stays(
    jambox: Jambox, sung: Path, tmp_path: Path, options: tuple[str, ...], code: int, word: str
) -> None:
    out = tmp_path / "out.wav"
    out.write_bytes(b"precious")
    ended = jambox("render", sung, "-o", out, *options)
    assert ended.code == code, ended
    assert word in ended.refusal()
    assert out.read_bytes() == b"precious"
    assert {path.name for path in tmp_path.iterdir()} == {"sung.wav", "out.wav"}


def test_a_room_that_is_none_is_refused(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    for name, samples in (("silent.wav", np.zeros(4800)), ("long.wav", np.ones(5 * 48_000))):
        soundfile.write(tmp_path / name, samples, 48_000)
        assert name in jambox("render", sung, "-o", tmp_path / "out.wav", "--room", tmp_path / name).refusal()
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.parametrize("option", ["--input-device", "--output-device", "--host-api"])
def test_a_missing_device_is_refused(jambox: Jambox, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    ended = jambox("play", option, "no such device", "--seconds", "0.1")
    assert ended.code == NO_DEVICE
    ended.refusal()


@pytest.mark.parametrize(
    "arguments",
    [
        ("render",),
        ("render", "a.wav"),
        ("render", "a.wav", "b.wav", "-o", "c.wav"),
        ("render", "a.wav", "-o", "c.wav", "--out-dir", "d"),
        ("render", "--replay", "d"),
        ("render", "a.wav", "--replay", "d", "-o", "c.wav"),
        ("render", "--replay", "missing", "-o", "c.wav"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(
    jambox: Jambox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = jambox(*arguments)
    assert ended.code == BAD_INPUT
    ended.refusal()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("no-such-command",), ("render", "--no-such-option"), ("render", "--tail", "nan")])
def test_wrong_usage_is_explained_in_one_sentence(jambox: Jambox, arguments: tuple[str, ...]) -> None:
    ended = jambox(*arguments)
    assert ended.code == BAD_INPUT
    assert arguments[-1] in ended.refusal() or "--tail" in ended.refusal()
    assert "--help" in ended.refusal()


def test_several_inputs_with_a_bad_one_keep_what_was_done(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("text " * 100)
    ended = jambox("render", sung, tmp_path / "bad.wav", "--out-dir", tmp_path / "out")
    assert ended.code == BAD_INPUT
    assert "bad.wav" in ended.refusal()
    assert read_sound(tmp_path / "out" / "sung.wav").seconds == 1.5


def test_an_output_may_not_take_the_place_of_the_room(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    room = tmp_path / "room.wav"
    room.write_bytes(sung.read_bytes())
    before = room.read_bytes()
    ended = jambox("render", sung, "--room", room, "-o", room)
    assert ended.code == BAD_INPUT
    assert "room.wav" in ended.refusal()
    assert room.read_bytes() == before


def test_one_bad_file_among_many_stops_none_of_the_others(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    bad, last = tmp_path / "bad.wav", tmp_path / "last.wav"
    bad.write_text("text " * 100)
    last.write_bytes(sung.read_bytes())
    ended = jambox("render", sung, bad, last, "--out-dir", tmp_path / "out")
    assert ended.code == BAD_INPUT
    assert "bad.wav" in ended.refusal()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["last.wav", "sung.wav"]
