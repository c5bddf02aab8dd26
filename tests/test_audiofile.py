"""Sound files in and out: the samples, the rates, and files that are no sound."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from jambox.audiofile import check_output, rate_for, read_sound, resample, write_sound
from jambox.errors import BadInput
from jambox.flac import HEADER_BYTES, TOTAL_AT, claim
from tests.dsp.blocks import error_db


def sine(rate: int = 48_000, seconds: float = 0.5, f_hz: float = 440.0) -> NDArray[np.float32]:
    return (0.5 * np.sin(2.0 * np.pi * f_hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def test_a_wav_keeps_the_very_samples(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal(1000).astype(np.float32) * 3.0
    write_sound(tmp_path / "a.wav", x, 48_000)
    sound = read_sound(tmp_path / "a.wav")
    assert np.array_equal(sound.samples, x)
    assert (sound.sample_rate, sound.file_rate, sound.channels, sound.broken_samples) == (48_000, 48_000, 1, 0)


def test_a_flac_keeps_them_within_24_bits(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.FLAC", sine(), 44_100)
    assert np.max(np.abs(read_sound(tmp_path / "a.FLAC").samples - sine())) <= 2.0**-23


@pytest.mark.parametrize(
    ("subtype", "bound_db"),
    [("PCM_U8", -35.0), ("PCM_16", -85.0), ("PCM_24", -130.0), ("PCM_32", -140.0), ("DOUBLE", -140.0)],
)
def test_every_depth_is_read_as_exactly_as_it_can_be(tmp_path: Path, subtype: str, bound_db: float) -> None:
    soundfile.write(tmp_path / "a.wav", sine().astype(np.float64), 48_000, subtype=subtype)
    assert error_db(read_sound(tmp_path / "a.wav").samples, sine()) <= bound_db


@pytest.mark.parametrize("name", ["a.wav", "a.ogg", "a.mp3", "a.aiff", "a.flac"])
def test_every_kind_of_file_is_read(tmp_path: Path, name: str) -> None:
    """Lossy ones may shift a sample: level and pitch of the tone are compared, and what else is in the file."""
    soundfile.write(tmp_path / name, sine(seconds=2.0), 48_000)
    heard = read_sound(tmp_path / name)
    assert heard.seconds == pytest.approx(2.0, abs=0.06)
    power = np.abs(np.fft.rfft(heard.samples[24_000:72_000] * np.blackman(48_000))) ** 2
    reference = np.abs(np.fft.rfft(sine(seconds=2.0)[24_000:72_000] * np.blackman(48_000))) ** 2
    assert int(np.argmax(power)) == 440
    assert 10.0 * np.log10(np.sum(power[435:446]) / np.sum(reference)) == pytest.approx(0.0, abs=0.5)
    assert 10.0 * np.log10((np.sum(power) - np.sum(power[435:446])) / np.sum(power)) <= -30.0


def test_channels_are_mixed_to_their_mean(tmp_path: Path) -> None:
    x = np.random.default_rng(1).standard_normal((500, 6)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", x, 48_000, subtype="FLOAT")
    sound = read_sound(tmp_path / "a.wav")
    assert sound.channels == 6
    assert np.max(np.abs(sound.samples - x.mean(axis=1))) <= 1e-6


@pytest.mark.parametrize("name", ["a.wav", "b.wav"])
def test_a_file_that_was_cut_off_says_how_much_is_missing(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "b.wav":
        write_sound(path, sine(seconds=2.0), 48_000)
    else:
        soundfile.write(path, np.stack([sine(seconds=2.0)] * 2, axis=1), 48_000)
    assert read_sound(path).flaws("x") == []
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    sound = read_sound(path)
    assert sound.seconds == pytest.approx(1.5, abs=0.001)
    assert sound.flaws("x") == ["x was cut off: the last 0.50 s of 2.00 s are missing."]


@pytest.mark.parametrize("size", [0x7FFF_FFFF, 0xFFFF_FFFF])
def test_a_wav_out_of_a_pipe_misses_nothing(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.wav"
    write_sound(path, sine(), 48_000)
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = content[4:8] = size.to_bytes(4, "little")
    path.write_bytes(content)
    assert read_sound(path).flaws("x") == []


def noise(n: int) -> NDArray[np.float32]:
    """As it cannot be packed, each frame of a flac file takes its room."""
    return np.random.default_rng(n).uniform(-0.5, 0.5, n).astype(np.float32)


def without_total(path: Path) -> None:
    """As a flac file is that was written into a pipe."""
    content = bytearray(path.read_bytes())
    content[TOTAL_AT : TOTAL_AT + 5] = claim(bytes(content[:HEADER_BYTES]), 0)
    path.write_bytes(content)


@pytest.mark.parametrize("missing", [1, 3, 1000, 20_000, 300_000])
def test_a_flac_file_that_was_cut_off_is_read_up_to_there(tmp_path: Path, missing: int) -> None:
    path, x = tmp_path / "a.flac", noise(200_000)
    write_sound(path, x, 48_000)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-missing])
    sound = read_sound(path)
    n = len(sound.samples)
    assert n % 4096 == 0
    assert 0 <= 200_000 * (1.0 - missing / size) - n <= 4200  # what was left of the last block is lost
    assert np.max(np.abs(sound.samples - x[:n])) <= 2.0**-23
    gone = (200_000 - n) / 48_000
    assert sound.flaws("x") == [f"x was cut off: the last {gone:.2f} s of 4.17 s are missing."]
    without_total(path)
    sound = read_sound(path)
    assert np.max(np.abs(sound.samples - x[:n])) <= 2.0**-23
    assert sound.flaws("x") == [f"x was cut off after {n / 48_000:.2f} s; it does not say how much is missing."]


@pytest.mark.parametrize("n", [1, 200, 4095, 4096, 4097, 8192 + 576, 150 * 4096 + 300])
@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [(48_000, 1, "PCM_24"), (44_100, 2, "PCM_16"), (12_345, 6, "PCM_24"), (96_000, 8, "PCM_S8"), (11_000, 1, "PCM_16")],
)
def test_a_flac_file_out_of_a_pipe_is_read_whole(tmp_path: Path, n: int, rate: int, channels: int, subtype: str) -> None:
    path, x = tmp_path / "a.flac", noise(n * channels).reshape(n, channels)
    soundfile.write(path, x, rate, subtype)
    whole = read_sound(path)
    without_total(path)
    sound = read_sound(path)
    assert np.array_equal(sound.samples, whole.samples)
    assert sound.flaws("x") == []


def test_a_flac_file_with_nothing_where_its_end_should_be_was_cut_off(tmp_path: Path) -> None:
    path, x = tmp_path / "a.flac", noise(40_960)
    write_sound(path, x, 48_000)
    without_total(path)
    content = path.read_bytes()
    for rest in (bytes(3), bytes(50_000), np.random.default_rng(0).bytes(500_000)):
        path.write_bytes(content + rest)
        sound = read_sound(path)
        n = len(sound.samples)
        assert n >= 36_864
        assert np.max(np.abs(sound.samples - x[:n])) <= 2.0**-23
        assert sound.flaws("x") == [f"x was cut off after {n / 48_000:.2f} s; it does not say how much is missing."]


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("cut", [0, 1000])
@pytest.mark.parametrize("damage", ["a bit", "a hole", "bytes that are gone", "its beginning"])
def test_a_flac_file_that_is_damaged_before_its_end_is_refused(tmp_path: Path, damage: str, cut: int, total: bool) -> None:
    path = tmp_path / "a.flac"
    write_sound(path, noise(200_000), 48_000)
    if not total:
        without_total(path)
    content = bytearray(path.read_bytes())
    first = content.index(b"\xff\xf8\xca\x0c\x00")
    if damage == "a bit":
        content[300_000] ^= 4
    elif damage == "a hole":
        content[300_000:340_000] = bytes(40_000)
    elif damage == "bytes that are gone":
        del content[300_000:300_100]
    else:
        content[first : first + 2] = bytes(2)
    path.write_bytes(content[: len(content) - cut])
    with pytest.raises(BadInput, match=r"a\.flac cannot be read as sound"):
        read_sound(path)


def test_samples_that_are_no_numbers_become_silence_and_are_counted(tmp_path: Path) -> None:
    x = sine()
    x[[3, 5]] = np.nan, np.inf
    soundfile.write(tmp_path / "a.wav", x, 48_000, subtype="FLOAT")
    sound = read_sound(tmp_path / "a.wav")
    assert sound.broken_samples == 2
    assert sound.samples[3] == sound.samples[5] == 0.0
    assert np.all(np.isfinite(sound.samples))


@pytest.mark.parametrize(
    ("file_rate", "rate"), [(8000, 48_000), (22_050, 48_000), (44_100, 44_100), (96_000, 96_000), (192_000, 96_000)]
)
def test_a_rate_that_cannot_be_played_is_resampled(tmp_path: Path, file_rate: int, rate: int) -> None:
    assert rate_for(file_rate) == rate
    soundfile.write(tmp_path / "a.wav", sine(file_rate, 1.0), file_rate, subtype="FLOAT")
    sound = read_sound(tmp_path / "a.wav")
    assert sound.sample_rate == rate
    assert sound.seconds == pytest.approx(1.0)
    middle = slice(rate // 4, 3 * rate // 4)
    assert error_db(sound.samples[middle], sine(rate, 1.0)[middle]) <= -90.0
    assert len(resample(sine(), 48_000, 44_100)) == 22_050


@pytest.mark.parametrize("rate", [0, -5, 22_050, 10**9])
def test_a_rate_nobody_can_play_is_refused_before_anything_is_resampled(tmp_path: Path, rate: int) -> None:
    write_sound(tmp_path / "a.wav", sine(), 48_000)
    with pytest.raises(BadInput, match="sample rate"):
        read_sound(tmp_path / "a.wav", rate)


@pytest.mark.parametrize("claimed", [1, 3999, 800_000, 2**31 - 1])
def test_a_file_that_claims_an_absurd_rate_is_refused(tmp_path: Path, claimed: int) -> None:
    soundfile.write(tmp_path / "a.wav", sine(), claimed)
    with pytest.raises(BadInput, match=r"a\.wav"):
        read_sound(tmp_path / "a.wav")


def test_what_is_no_sound_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("This is a text.\n" * 99)
    (tmp_path / "empty.wav").touch()
    (tmp_path / "folder.wav").mkdir()
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 48_000)
    whole = tmp_path / "whole.flac"
    soundfile.write(whole, sine(), 48_000)
    (tmp_path / "cut.flac").write_bytes(whole.read_bytes()[:30])
    for name in ("text.wav", "empty.wav", "folder.wav", "none.wav", "cut.flac", "missing.wav"):
        with pytest.raises(BadInput, match=name):
            read_sound(tmp_path / name)


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_file_is_read_or_refused_and_never_more(tmp_path: Path, seed: int) -> None:
    source = np.random.default_rng(seed)
    name = ("a.wav", "a.flac", "a.ogg", "a.mp3")[seed % 4]
    soundfile.write(tmp_path / name, sine(), 48_000)
    data = bytearray((tmp_path / name).read_bytes())
    for at in source.integers(0, min(len(data), 200 if seed % 2 else len(data)), 8):
        data[at] = source.integers(0, 256)
    (tmp_path / name).write_bytes(bytes(data))
    # Any other exception, or a sample that is no number, fails the test.
    with contextlib.suppress(BadInput):
        assert np.all(np.isfinite(read_sound(tmp_path / name).samples))


def test_an_output_is_checked_before_any_work(tmp_path: Path) -> None:
    assert check_output(tmp_path / "a.wav") == tmp_path / "a.wav"
    (tmp_path / "folder.wav").mkdir()
    for name in ("a.mp3", "a", "missing/a.wav", "folder.wav"):
        with pytest.raises(BadInput):
            check_output(tmp_path / name)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sound(tmp_path / "a.flac", sine(), 48_000)
    before = (tmp_path / "a.flac").read_bytes()

    def fail(name: Path, *_: object, **__: object) -> None:
        Path(name).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(soundfile, "write", fail)
    with pytest.raises(BadInput, match="No space left on device"):
        write_sound(tmp_path / "a.flac", sine(), 48_000)
    assert (tmp_path / "a.flac").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.flac"]


def test_a_link_keeps_pointing_at_the_file_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link.wav").symlink_to(tmp_path / "elsewhere" / "real.wav")
    write_sound(tmp_path / "link.wav", sine(), 48_000)
    assert (tmp_path / "link.wav").is_symlink()
    assert read_sound(tmp_path / "elsewhere" / "real.wav").seconds == 0.5


def test_the_longest_name_a_folder_takes_can_be_written(tmp_path: Path) -> None:
    write_sound(tmp_path / ("n" * 251 + ".wav"), sine(), 48_000)
    assert read_sound(tmp_path / ("n" * 251 + ".wav")).seconds == 0.5
