"""`jambox calibrate` live: through the engine's own input, into a named profile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jambox.engine.client import EngineClient, EngineGone
from tests.engine.jack_server import JackServer
from tests.instruments.playing import voiced_note

JAMBOX = [sys.executable, "-m", "jambox"]


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
