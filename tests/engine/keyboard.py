"""From a key to its first sample, over real ports between two processes, beside a bare port, while a front end repaints.

`python -m tests.engine.keyboard` measures the figures of that.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.engine.client import EngineClient
from tests.engine.burden import painter
from tests.engine.engine_process import until
from tests.engine.jack_server import SAMPLE_RATE, JackServer

PERIOD = 128
# Nothing rings on, so that each note begins in silence.
SHORT: dict[str, float] = {"source": 2.0, "reverb_mix": 0.0, "attack_s": 0.001, "release_s": 0.003}


@dataclass(frozen=True)
class Played:
    """Seconds from sending a key to its arrival at a bare port and to its first sample, shape [notes]; what was counted."""

    bare_s: NDArray[np.float64]
    heard_s: NDArray[np.float64]
    sent: int
    notes: int
    late: int
    dropouts: int

    def beyond_ms(self) -> float:
        """Median time to the first sample, less the bare port's and one period."""
        return 1e3 * float(np.median(self.heard_s) - np.median(self.bare_s) - PERIOD / SAMPLE_RATE)

    def spread_ms(self) -> tuple[float, float]:
        """99th percentile less median: of the first samples, of the bare port."""
        heard, bare = (1e3 * float(np.percentile(x, 99) - np.median(x)) for x in (self.heard_s, self.bare_s))
        return heard, bare


def played(n_notes: int, seed: int = 1) -> Played:
    """Keys from another process into an engine on the JACK server that is there, which plays from its MIDI port."""
    engine = EngineClient.join_or_start()
    engine.request("start", instrument="violin", params=SHORT)
    assert engine.request("midi", ports=["keys"])["missing"] == ["keys"]
    before = engine.meters()["dropouts"]
    command = [sys.executable, "-m", "tests.engine.player", str(n_notes), str(seed)]
    with painter(), subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as player:
        assert player.stdout is not None
        assert player.stdout.readline().strip() == "ready"
        until(lambda: "keys:out" in [port["name"] for port in engine.request("midi")["open"]])
        told: dict[str, Any] = json.loads(player.communicate("\n")[0])
    meters = engine.meters()
    engine.request("quit")
    bare, heard = matched(told["sent"], told["arrived"]), matched(told["sent"], told["heard"])
    notes, late = meters["midi_notes"], meters["midi_late"]
    return Played(bare, heard, n_notes, notes, late, meters["dropouts"] - before)


def matched(sent: list[float], came: list[float]) -> NDArray[np.float64]:
    """From each sending to the first that came after it; those that none came after for 100 ms are left out."""
    times = np.array(came)
    delays = [float(after[0]) - moment for moment in sent if len(after := times[times > moment])]
    return np.array([delay for delay in delays if delay < 0.1])


def measure(data: Path | None = None, n_notes: int = 400) -> dict[str, float]:
    """The figures of keys, by id, on a server of its own; no recording (`data`) is needed."""
    with tempfile.TemporaryDirectory(prefix="jambox-") as folder:
        os.environ["JAMBOX_RUNTIME_DIR"] = folder
        with JackServer(PERIOD):
            result = played(n_notes)
    heard, bare = result.spread_ms()
    return {
        "key_bare_ms": round(1e3 * float(np.median(result.bare_s)), 2),
        "key_sound_ms": round(1e3 * float(np.median(result.heard_s)), 2),
        "key_beyond_ms": round(result.beyond_ms(), 2),
        "key_spread_ms": round(heard - bare, 2),
        "key_bare_spread_ms": round(bare, 2),
        "key_lost": result.sent - len(result.heard_s),
        "key_late_percent": round(100.0 * result.late / max(1, 2 * result.notes), 1),
        "key_dropouts": result.dropouts,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--notes", type=int, default=400)
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.data, chosen.notes), indent=2))
