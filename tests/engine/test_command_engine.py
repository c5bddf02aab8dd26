"""`jambox engine ...` as a person runs it, beside an engine that plays."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from jambox.engine.record import RECORD_TYPE
from jambox.engine.runtime import LOG_FILE, RECORD_FILE
from tests.engine.commanded import playing, run
from tests.engine.engine_process import started, until
from tests.engine.jack_server import SAMPLE_RATE, JackServer
from tests.engine.singing import singer

Start = Callable[..., JackServer]


def has_ended(process: psutil.Process) -> bool:
    """Whether the process is no more."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_an_engine_of_another_version_is_ended_as_its_refusal_says(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    process = psutil.Process(engine.pid)
    engine.close()
    assert RECORD_TYPE.fields is not None
    with (runtime_folder / RECORD_FILE).open("r+b") as file:
        file.seek(RECORD_TYPE.fields["version"][1])
        file.write(b"\x63")
    refused = run("engine", "status")
    assert refused.returncode == 1
    assert "end it (jambox engine stop)" in refused.stderr
    stopped = run("engine", "stop")
    assert stopped.returncode == 0, stopped.stderr
    assert stopped.stdout == "The engine has ended.\n"
    until(lambda: has_ended(process))
    assert run("engine", "status").stderr == "jambox: No engine runs.\n"


def test_an_input_that_sends_no_numbers_is_told_of_by_play_status_and_log(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    process = playing("--seconds", "60")
    assert process.stderr is not None
    with singer(np.full(SAMPLE_RATE, np.nan, dtype=np.float32)):
        sentence = "The input sends what is no number; those samples are silent."
        assert process.stderr.readline() == f"jambox: {sentence}\n"
        assert sentence in (runtime_folder / LOG_FILE).read_text(encoding="utf-8")
        assert "samples that were no numbers; they were silenced." in run("engine", "status").stdout
        joined = run("play", "--seconds", "1")
        assert joined.stderr.count("no numbers") == 1
    process.terminate()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors == ""


def test_load_and_device_without_options_say_what_to_say(jack_server: Start) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    for command in ("load", "device"):
        refused = run("engine", command)
        assert refused.returncode == 2
        assert refused.stderr.startswith("jambox: Say what to ")
        assert refused.stderr.count("\n") == 1
    assert "default: violin" not in run("engine", "load", "--help").stdout
    done = run("engine", "device", "--block-size", "512")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("violin on system (JACK Audio Connection Kit) at 48000 Hz, latency ")
    engine.request("stop")
    assert "Nothing plays now (stopped)" in run("engine", "device", "--block-size", "256").stdout


def test_status_says_how_long_a_recording_is(jack_server: Start, tmp_path: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    assert "recording" not in run("engine", "status").stdout
    assert run("engine", "record", str(tmp_path / "take.wav")).returncode == 0
    until(lambda: engine.meters()["recorded_s"] > 0.5)
    seconds = re.search(r"A recording runs, ([\d.]+) s long by now\.", run("engine", "status").stdout)
    assert seconds is not None
    assert 0.5 <= float(seconds[1]) < 60.0
    assert run("engine", "finish").returncode == 0
    assert "recording" not in run("engine", "status").stdout
