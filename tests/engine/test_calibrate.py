"""`jambox calibrate` live: through the engine's own input, into a named profile."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from jambox.engine.client import EngineClient, EngineGone
from tests.engine.engine_process import event, plays_on, started, until
from tests.engine.jack_server import JackServer
from tests.instruments.playing import voiced_note

JAMBOX = [sys.executable, "-m", "jambox"]


def _listening(*arguments: str) -> subprocess.Popen[str]:
    """A live calibration that has begun to listen."""
    command = [*JAMBOX, "calibrate", "--seconds", "60", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "Be silent" in process.stderr.readline()
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_a_calibration_leaves_the_engine_as_it_was(
    number: signal.Signals, jack_server: Callable[..., JackServer], tmp_path: Path
) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin", params={"output_gain_db": -3.0})
    process = _listening()
    until(lambda: engine.meters()["recorded_s"] > 0.0)
    assert engine.params()["output_gain_db"] == -60.0
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    until(lambda: engine.params()["output_gain_db"] == -3.0)
    assert engine.request("record", path=str(tmp_path / "a.wav"))
    assert plays_on(engine)


def test_a_calibration_whose_server_dies_leaves_no_silent_engine_behind(jack_server: Callable[..., JackServer]) -> None:
    server = jack_server(256, here=False)
    process = _listening()
    engine = psutil.Process(EngineClient.join().pid)
    server.kill()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "went away" in errors
    with contextlib.suppress(psutil.NoSuchProcess):
        engine.wait(30)
    assert not engine.is_running()


def test_a_calibration_that_cannot_begin_leaves_an_engine_that_waits_to_its_waiting(
    jack_server: Callable[..., JackServer],
) -> None:
    server = jack_server(256, here=False)
    engine = started(instrument="violin", params={"output_gain_db": -3.0})
    server.kill()
    event(engine, "device_lost")
    with pytest.raises(EngineGone):
        engine.poll(10.0)
    engine.heal()
    until(lambda: engine.meters()["state"] == "waiting for the device")
    refused = subprocess.run([*JAMBOX, "calibrate"], capture_output=True, text=True, timeout=120, check=False)
    assert refused.returncode == 4
    server.begin()
    until(lambda: engine.meters()["state"] == "playing")
    assert engine.params()["output_gain_db"] == -3.0


def test_a_live_calibration_hears_who_sings_and_leaves_no_engine_behind(
    jack_server: Callable[..., JackServer], tmp_path: Path
) -> None:
    jack_server(256, here=False)
    np.save(tmp_path / "voice.npy", voiced_note(196.0, -35.0, 4.0))
    environment = os.environ | {"JAMBOX_DATA_DIR": str(tmp_path / "own")}
    feeder = subprocess.Popen(
        [sys.executable, "-m", "tests.engine.feeder", str(tmp_path / "voice.npy")], stdin=subprocess.PIPE
    )
    try:
        done = subprocess.run(
            [*JAMBOX, "calibrate", "--seconds", "5", "--name", "live one", "--json"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=environment,
        )
    finally:
        assert feeder.stdin is not None
        feeder.stdin.close()
        feeder.wait(10)
    assert done.returncode == 0, done.stderr
    assert done.stderr.index("Be silent") < done.stderr.index("Now sing")
    told = json.loads(done.stdout)
    assert Path(told["path"]) == tmp_path / "own" / "profiles" / "live one.json"
    assert told["middle_hz"] == pytest.approx(196.0, rel=0.01)
    assert told["middle_db"] == pytest.approx(-35.0, abs=1.5)
    with pytest.raises(EngineGone):
        EngineClient.join()
