"""Recordings while playing: what was played and what was heard, aligned, and whole up to whatever ended them."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.demo import demo_melody
from jambox.engine.callback import play_device_block
from jambox.engine.client import EngineGone
from jambox.engine.recorder import Recorder, _Flac, input_file
from jambox.engine.stage import Stage
from jambox.errors import BadInput
from jambox.flac import find_end
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from jambox.instrument.own_voice import own_delay_size
from tests.cli.command import installed
from tests.engine.engine_process import event, started, until
from tests.engine.jack_server import JackServer
from tests.engine.patch import Patch

Start = Callable[..., JackServer]
RATE = 48_000
NOISE = np.random.default_rng(0).uniform(-0.3, 0.3, 2 * RATE).astype(np.float32)  # which cannot be packed
# The guard would take a pure tone that goes out as it came in for a howl.
DRY = {"voice_level_db": 0.0, "harmonics_level_db": -60.0, "noise_level_db": -60.0, "reverb_mix": 0.0, "howl_guard": 0.0}


@pytest.mark.parametrize(("kind", "channels"), [("wav", 1), ("wav", 2), ("flac", 1), ("flac", 2)])
def test_a_recording_holds_the_samples_that_were_played_and_heard(kind: str, channels: int, tmp_path: Path) -> None:
    stage = Stage(RATE)
    stage.enter(open_instrument("violin", Design(RATE), {"stereo_width": 1.0}))
    stage.record["channels_out"] = stage.record["n_out"] = channels
    melody = demo_melody(RATE)[: 2 * RATE]
    played = np.zeros((len(melody), channels), dtype=np.float32)
    recorder: Recorder | None = None
    for first in range(0, len(melody), 960):
        if first == 9600:
            recorder = Recorder(stage, tmp_path / f"a.{kind}")
        block = slice(first, first + 960)
        play_device_block(stage.record, stage.f32, melody[block], played[block].reshape(-1), 960, 0, 0.0)
    assert recorder is not None
    recorder.stop()
    assert recorder.problem is None
    out, rate = soundfile.read(recorder.path, dtype="float32", always_2d=True)
    heard, _ = soundfile.read(input_file(recorder.path), dtype="float32")
    assert rate == RATE
    assert out.shape[1] == channels
    assert recorder.seconds == pytest.approx((len(melody) - 9600) / RATE)
    tolerance = 0.0 if kind == "wav" else 2.0**-23
    assert len(out) == len(heard) == len(melody) - 9600
    assert np.max(np.abs(out)) > 0.02
    assert np.max(np.abs(out - played[9600:])) <= tolerance
    assert np.max(np.abs(heard - melody[9600:])) <= tolerance


def test_a_file_that_exists_or_cannot_be_is_refused(tmp_path: Path) -> None:
    stage = Stage(RATE)
    (tmp_path / "a-input.wav").touch()
    for name, reason in (("a.wav", "exists already"), ("b.mp3", "must end in"), ("no/c.wav", "does not exist")):
        with pytest.raises(BadInput, match=reason):
            Recorder(stage, tmp_path / name)


def test_a_recording_may_begin_with_the_stream_that_has_just_begun(tmp_path: Path) -> None:
    stage, melody = Stage(RATE), demo_melody(RATE)[: 2 * RATE]
    stage.enter(open_instrument("violin", Design(RATE)))
    played = np.zeros_like(melody)
    for first in range(0, len(melody), 960):
        block = slice(first, first + 960)
        play_device_block(stage.record, stage.f32, melody[block], played[block], 960, 0, 0.0)
    for name, from_start, expected in (("all.wav", True, played), ("new.wav", False, played[:0])):
        Recorder(stage, tmp_path / name, from_start).stop()
        assert np.array_equal(soundfile.read(tmp_path / name, dtype="float32")[0], expected)


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_recording_opens_after_the_engine_was_killed(kind: str, jack_server: Start, tmp_path: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin", params=DRY)
    tone = (0.3 * np.sin(2 * np.pi * 220 * np.arange(4 * RATE) / RATE)).astype(np.float32)
    with Patch(tone):
        engine.request("record", path=str(tmp_path / f"a.{kind}"))
        until(lambda: engine.meters()["recorded_s"] > 1.0)
        os.kill(engine.pid, signal.SIGKILL)
        with pytest.raises(EngineGone):
            engine.poll(10.0)
    files = tmp_path / f"a.{kind}", tmp_path / f"a-input.{kind}"
    both = [soundfile.read(path, dtype="float32", always_2d=True)[0][:, 0] for path in files]
    # Of a flac file the last block may be missing, and whatever was being written.
    assert all(len(samples) >= RATE - 4096 for samples in both)
    assert abs(len(both[0]) - len(both[1])) <= RATE // 2
    assert [read_sound(path).flaws(path.name) for path in files] == [[], []]
    late = own_delay_size(RATE)
    n = min(len(both[0]), len(both[1]) + late)
    out, heard = both[0][late:n], both[1][: n - late]
    assert np.max(np.abs(heard)) > 0.29
    # The own voice is as late as the instrument: aligned to the sample.
    assert np.max(np.abs(out - heard)) < 1e-5


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")
@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_full_disk_ends_the_recording_and_not_the_music(kind: str, jack_server: Start, tmp_path: Path) -> None:
    import resource

    jack_server(256, here=False)
    engine = started(instrument="violin", params=DRY)
    resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (200_000, 200_000))  # type: ignore[attr-defined]
    with Patch(np.tile(NOISE, 4)):
        engine.request("record", path=str(tmp_path / f"a.{kind}"))
        problem = event(engine, "problem")
        assert "ended early" in problem["text"]
        position = engine.meters()["position"]
        until(lambda: engine.meters()["position"] > position + 24_000)
    for name in (f"a.{kind}", f"a-input.{kind}"):
        samples, _ = soundfile.read(tmp_path / name, dtype="float32")
        assert read_sound(tmp_path / name).flaws(name) == []
        if kind == "wav":
            # Left and right take twice the room; what was played and what was heard end together.
            assert 20_000 < len(samples) <= 25_000
        else:
            assert 20_000 < len(samples) <= 200_000
    with pytest.raises(BadInput, match=r"Nothing is being recorded any more: .* ended early"):
        engine.request("record_stop")


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")
@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_on_a_full_disk_no_recording_begins_and_no_file_is_left(kind: str, jack_server: Start, tmp_path: Path) -> None:
    import resource

    jack_server(256, here=False)
    engine = started(instrument="violin")
    path = tmp_path / f"a.{kind}"
    for room in (0, 10_000):
        resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))  # type: ignore[attr-defined]
        refused = installed("engine", "record", path)
        assert refused.code == BadInput.exit_code
        assert refused.refusal() == f"{path} cannot be written to: File too large."
        assert list(tmp_path.iterdir()) == []
    resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)  # type: ignore[attr-defined]
    assert installed("engine", "record", path).code == 0
    until(lambda: engine.meters()["recorded_s"] > 0.1)
    done = installed("engine", "finish")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"{path}\n")
    assert len(soundfile.read(path)[0]) == len(soundfile.read(input_file(path))[0]) > 4800


@pytest.mark.parametrize("sizes", [(4800,), (4096, 1, 4095, 4096, 1), (1, 9999, 0)])
def test_a_flac_file_that_is_being_written_promises_what_it_holds(sizes: tuple[int, ...], tmp_path: Path) -> None:
    path, n = tmp_path / "a.flac", 0
    file = _Flac(path, RATE, 1)
    for size in sizes * 6:
        file.write(NOISE[n : n + size])
        n += size
        if n > 4096:
            whole, _ = soundfile.read(path, dtype="float32")
            assert n - 4096 <= len(whole) <= n
            assert np.max(np.abs(whole - NOISE[: len(whole)])) <= 2.0**-23
            assert read_sound(path).flaws("x") == []
    file.close()
    assert len(soundfile.read(path)[0]) == n


@pytest.mark.skipif(sys.platform != "linux", reason="what a limit does to a file is Linux's")
@pytest.mark.parametrize("at_the_end", [False, True])
def test_a_flac_file_on_a_full_disk_ends_with_a_whole_frame(at_the_end: bool, tmp_path: Path) -> None:
    import resource

    path, before = tmp_path / "a.flac", resource.getrlimit(resource.RLIMIT_FSIZE)
    file = _Flac(path, RATE, 2)
    both = np.stack([NOISE, NOISE[::-1]], axis=1)
    file.write(both[:10_000])
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 5000, before[1]))
        if not at_the_end:
            with pytest.raises(OSError, match="the disk is full"):
                file.write(both[10_000:20_000])
        with pytest.raises(OSError, match="the disk is full"):
            file.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert file.kept
    whole, _ = soundfile.read(path, dtype="float32")
    assert np.max(np.abs(whole - both[:8192])) <= 2.0**-23
    end = find_end(path)
    assert end is not None
    assert (end.samples, end.claimed, end.cut_off) == (8192, 8192, False)


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_disk_that_is_full_before_the_first_sample_leaves_no_file(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(samples: NDArray[np.float32]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    stage = Stage(RATE)
    recorder = Recorder(stage, tmp_path / f"a.{kind}")
    for file in recorder._files:
        monkeypatch.setattr(file, "write", full)
    recorder.stop()
    assert recorder.problem == f"The recording {recorder.path} ended early: No space left on device."
    assert list(tmp_path.iterdir()) == []


def test_who_ends_a_recording_by_another_command_is_told_where_it_is(jack_server: Start, tmp_path: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    for number, (code, command) in enumerate(
        [(0, ("device", "--block-size", "512")), (4, ("device", "--sample-rate", "44100")), (0, ("stop",))]
    ):
        path = tmp_path / f"{number}.flac"
        assert installed("engine", "record", path).code == 0
        until(lambda: engine.meters()["recorded_s"] > 0.2)
        done = installed("engine", *command)
        assert done.code == code
        told = f"jambox: The recording ended with the stream; it is in {path} and {input_file(path)}.\n"
        assert done.err.startswith(told)
        assert done.err.count("\n") == (2 if code else 1)
        assert len(soundfile.read(path)[0]) == len(soundfile.read(input_file(path))[0]) > 9600


@pytest.mark.skipif(sys.platform == "win32", reason="an open file stays where it is")
def test_a_recording_whose_files_were_taken_away_is_said_to_be_lost(jack_server: Start, tmp_path: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    for number, kind in enumerate(("wav", "flac", "wav", "flac")):
        path = tmp_path / f"{number}.{kind}"
        assert installed("engine", "record", path).code == 0
        until(lambda: engine.meters()["recorded_s"] > 0.2)
        path.unlink()
        if number < 2:
            input_file(path).unlink()
            why = f"The recording {path} is lost: its files were taken away while it was recorded."
        else:
            why = f"{path} is lost: it was taken away while it was recorded; {input_file(path)} is whole."
        if number < 3:
            done = installed("engine", "finish")
            assert done.out == ""
            assert done.refusal() == why
        else:
            assert installed("engine", "stop").err == f"jambox: {why}\n"
        assert len(list(tmp_path.iterdir())) == max(number - 1, 0)
