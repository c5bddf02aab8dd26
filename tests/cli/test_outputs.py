"""Outputs: where they go, what they hold, and that an old file is never lost or half written."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jambox.audiofile import read_sound, write_sound
from jambox.params import PARAMS
from tests.cli.command import COMMAND, Jambox, installed
from tests.instrument.sounds import tone

WRITE_UNTIL_KILLED = """
import sys, numpy as np
from pathlib import Path
from jambox.audiofile import write_sound
x = np.full(3_000_000, 0.5, dtype=np.float32)
while True:
    write_sound(Path(sys.argv[1]), x, 48_000)
    print("written", flush=True)
"""


def test_a_render_repeats_to_the_byte_and_another_seed_differs(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    for name, seed in (("a.wav", 0), ("b.wav", 0), ("c.wav", 1)):
        assert jambox("render", sung, "-o", tmp_path / name, "--seed", seed).code == 0
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    assert (tmp_path / "a.wav").read_bytes() != (tmp_path / "c.wav").read_bytes()


def test_the_report_is_json_with_what_was_done(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    ended = jambox("render", sung, "-o", tmp_path / "a.flac", "--json", "--set", "auto_octave=0", "--sample-rate", 96_000)
    report = json.loads(ended.out)
    assert report["out"] == str(tmp_path / "a.flac")
    assert report["sample_rate"] == soundfile.info(tmp_path / "a.flac").samplerate == 96_000
    assert report["params"] == {"auto_octave": 0.0}
    assert report["seconds"] == 0.5
    assert -40.0 < report["rms_db"] < report["peak_db"] < 0.0
    assert report["voiced_share"] > 0.2
    assert report["median_f0_hz"] == pytest.approx(330.0, rel=0.01)
    assert len(report["instrument_hash"]) == 64
    assert soundfile.info(tmp_path / "a.flac").duration == pytest.approx(1.5)


def test_every_kind_of_recording_goes_in_and_wav_or_flac_come_out(jambox: Jambox, tmp_path: Path) -> None:
    sources = []
    for kind in ("wav", "flac", "ogg", "mp3"):
        sources.append(tmp_path / f"from {kind}.{kind}")
        soundfile.write(sources[-1], tone(330.0, 0.5, 48_000), 48_000)
    ended = jambox("render", *sources, "--out-dir", tmp_path / "out" / "deep", "--json", "--tail", 0)
    assert ended.code == 0, ended.err
    reports = json.loads(ended.out)
    names = [Path(report["out"]).name for report in reports]
    assert names == ["from wav.wav", "from flac.flac", "from ogg.wav", "from mp3.wav"]
    levels = [report["rms_db"] for report in reports]
    assert max(levels) - min(levels) < 1.5


def test_names_in_any_script_are_kept(jambox: Jambox, tmp_path: Path) -> None:
    source = tmp_path / "ὕμνος 歌 пение 🎻.wav"
    write_sound(source, tone(330.0, 0.25, 48_000), 48_000)
    ended = jambox("render", source, "--out-dir", tmp_path / "Ausgänge", "--json")
    assert ended.code == 0, ended.err
    assert read_sound(json.loads(ended.out)["out"]).seconds == 1.25


def test_two_inputs_never_share_an_output(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sung.ogg").write_bytes(sung.read_bytes())
    for pair in ((sung, tmp_path / "other" / "sung.ogg"), (sung, sung)):
        ended = jambox("render", *pair, "--out-dir", tmp_path / "out")
        assert "same name" in ended.refusal()
        assert list((tmp_path / "out").iterdir()) == []


def test_an_output_never_takes_the_place_of_a_recording(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    before = sung.read_bytes()
    (tmp_path / "link.wav").symlink_to(sung)
    for arguments in (("-o", sung), ("-o", tmp_path / "link.wav"), ("--out-dir", tmp_path)):
        assert "take the place" in jambox("render", sung, *arguments).refusal()
    assert "take the place" in jambox("analyze", sung, "--csv", sung).refusal()
    assert sung.read_bytes() == before


def test_an_output_that_cannot_be_is_refused(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "file").touch()
    for out in (
        tmp_path / "folder.wav",
        tmp_path / "a.mp3",
        tmp_path / "missing" / "a.wav",
        tmp_path / ("n" * 252 + ".wav"),
    ):
        jambox("render", sung, "-o", out).refusal()
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        jambox("render", sung, "--out-dir", folder).refusal()
    jambox("demo", "--out", tmp_path / "file").refusal()
    jambox("analyze", sung, "--csv", tmp_path / "missing" / "a.csv").refusal()
    jambox("analyze", sung, "--csv", tmp_path / "folder.wav").refusal()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.wav", "sung.wav"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_refused(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "cannot be written" in jambox("render", sung, "-o", tmp_path / "locked" / "a.wav").refusal()


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is POSIX")
def test_a_full_disk_leaves_the_old_output_and_says_so(sung: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands in for a disk that fills up in the middle of a write."""
    for arguments in (("render", sung, "-o"), ("analyze", sung, "--csv")):
        out = tmp_path / ("old.wav" if "-o" in arguments else "old.csv")
        out.write_bytes(b"precious")

        def fill() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))

        ended = installed(*arguments, out, preexec_fn=fill)
        assert out.name in ended.refusal()
        assert out.read_bytes() == b"precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.csv", "old.wav", "sung.wav"]


@pytest.mark.skipif(sys.platform == "win32", reason="the signal is POSIX")
def test_a_process_killed_while_it_writes_leaves_a_whole_file(tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    write_sound(out, np.full(3_000_000, 0.5, dtype=np.float32), 48_000)
    whole = out.read_bytes()
    for delay_s in (0.001, 0.004, 0.011, 0.017):
        with subprocess.Popen([sys.executable, "-c", WRITE_UNTIL_KILLED, str(out)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"written\n"
            deadline = time.perf_counter() + delay_s
            while time.perf_counter() < deadline:
                pass
            writer.send_signal(signal.SIGKILL)
        assert out.read_bytes() == whole


@pytest.mark.skipif(sys.platform == "win32", reason="closing descriptors is POSIX")
def test_it_works_with_every_standard_stream_closed(sung: Path, tmp_path: Path) -> None:
    """As some services start programs; a long file, for which a terminal would be asked whether it wants a progress bar."""
    write_sound(tmp_path / "long.wav", np.zeros(21 * 48_000, dtype=np.float32), 48_000)
    command = f"exec '{COMMAND}' render '{tmp_path}/long.wav' -o '{tmp_path}/a.wav' <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], check=False, timeout=120).returncode == 0
    assert read_sound(tmp_path / "a.wav").seconds == 22.0


@pytest.mark.skipif(sys.platform != "linux", reason="such names exist on Linux only")
def test_a_file_name_that_is_no_text_is_played_or_refused_in_words(sung: Path, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/latin-\xe9.wav"
    Path(os.fsdecode(name)).write_bytes(sung.read_bytes())
    ended = installed("render", name, "-o", tmp_path / "a.wav", "--json", errors="surrogateescape")
    assert ended.code == 0, ended.err
    json.loads(ended.out)
    missing = installed(
        "render", os.fsencode(tmp_path) + b"/no-\xe9.wav", "-o", tmp_path / "b.wav", errors="surrogateescape"
    )
    missing.refusal()


def test_the_table_of_an_analysis_is_what_the_live_analysis_hears(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    ended = jambox("analyze", sung, "--csv", tmp_path / "a.csv")
    assert ended.code == 0
    table = np.genfromtxt(tmp_path / "a.csv", delimiter=",", names=True)
    assert table.dtype.names == ("time_s", "f0_hz", "f0_confidence", "loudness_db")
    assert len(table) == 375
    assert np.max(np.abs(np.diff(table["time_s"]) - 64 / 48_000)) <= 2e-6
    settled = table[75:]
    assert np.median(settled["f0_hz"]) == pytest.approx(330.0, rel=0.002)
    assert np.median(settled["f0_confidence"]) > 0.9
    assert np.ptp(settled["loudness_db"]) < 1.0


def test_the_demo_writes_a_sound_and_a_picture(jambox: Jambox, tmp_path: Path) -> None:
    ended = jambox("demo", "--out", tmp_path / "demo")
    assert ended.code == 0, ended.err
    sound = read_sound(tmp_path / "demo" / "demo.wav")
    assert sound.seconds == pytest.approx(8.06, abs=0.01)
    assert 0.05 < np.max(np.abs(sound.samples)) <= 0.98
    assert (tmp_path / "demo" / "demo.png").read_bytes().startswith(b"\x89PNG")


def test_lists_parse_and_name_what_is_shipped(jambox: Jambox) -> None:
    parsed = {name: json.loads(jambox(name, "--json").out) for name in ("params", "presets", "instruments")}
    assert [row["id"] for row in parsed["params"]] == [row.id for row in PARAMS]
    assert {"octave-violin", "plain-violin", "warm-cello", "whistled-cello"} <= set(parsed["presets"])
    assert {"violin", "cello"} <= set(parsed["instruments"])
    for name in parsed:
        text = jambox(name).out
        assert len(text.splitlines()) == len(parsed[name]) + 1
    assert "Exit codes" in jambox("--help").out


def test_a_broken_preset_or_instrument_does_not_hide_the_others(
    jambox: Jambox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "broken.json").write_text("{")
    (tmp_path / "models" / "broken").mkdir(parents=True)
    (tmp_path / "models" / "broken" / "model.ts").write_text("{")
    ended = jambox("presets", "--json")
    assert ended.code == 0
    assert "plain-violin" in json.loads(ended.out)
    assert "broken" in ended.err
    assert "violin" in json.loads(jambox("instruments", "--json").out)
    assert "cannot be played" in jambox("instruments").out


def test_how_far_a_rendering_is_can_be_read_by_another_program(jambox: Jambox, sung: Path, tmp_path: Path) -> None:
    ended = jambox("render", sung, "-o", tmp_path / "out.wav", "--progress", "--json")
    assert ended.code == 0, ended.err
    shares = [json.loads(line)["progress"] for line in ended.err.splitlines() if line.startswith("{")]
    assert shares == sorted(set(shares))
    assert 0.0 < shares[0] < 0.2
    assert shares[-1] == 1.0
    assert json.loads(ended.out)["out"] == str(tmp_path / "out.wav")
