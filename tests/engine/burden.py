"""What an engine is burdened with: a front end that repaints, a core that burns, a voice that sings, knobs that turn.

`python -m tests.engine.burden --data DIR` measures the figures of that; `--seconds` says how long.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from jambox.engine import devices
from jambox.engine.client import EngineClient
from jambox.engine.load import LIMIT, LoadMeter
from tests.engine.engine_process import until
from tests.engine.jack_server import JackServer
from tests.engine.reference import reference_load
from tests.engine.singing import singer, voice

# A front end: sixty times a second all meters, the scope and what the engine says are read, and a spectrum is made. One that
# did not listen would be let go when nothing more fits into its socket.
PAINTER = """
import numpy as np, threading
from jambox.engine.client import EngineClient
engine = EngineClient.join()
print("here", flush=True)
clock = threading.Event()
while not clock.wait(1 / 60):
    engine.meters(), engine.params(), engine.messages()
    played = engine.scope(0.1)[1]
    spectrum = np.abs(np.fft.rfft(played, 4096))
"""
BURNER = "while True: pass"
SOUNDS: tuple[dict[str, Any], ...] = (
    {"instrument": "cello"},
    {"preset": "octave-violin"},
    {"instrument": "violin"},
    {"preset": "warm-cello"},
)


@dataclass
class Burdened:
    """Dropouts of the engine, of an empty callback and of one that counts, run by run, and their longest callbacks."""

    run_s: float
    ours: list[int] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)
    # Seconds that the machine's own host kept a core from it during those runs (steal, proc(5)).
    stolen_ours: list[float] = field(default_factory=list)
    stolen_empty: list[float] = field(default_factory=list)
    stolen_counted: list[float] = field(default_factory=list)
    worst_callback: float = 0.0
    # Callbacks above LIMIT, all of them, and the sum of their shares of the deadline.
    over_limit: int = 0
    callbacks: int = 0
    shares: float = 0.0
    # The same of a callback that counts in registers for as long as ours take on average, twice as long for as long as two
    # instruments play: what passes LIMIT there, the machine has slowed.
    worst_count: float = 0.0
    count_over_limit: int = 0
    counts: int = 0
    count_shares: float = 0.0
    swaps: int = 0
    # Of the engine process after each run.
    open_files: list[int] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    def describe(self) -> str:
        """All counts, and the interval of their ratio."""
        told = []
        for name, counts, stolen in (
            ("engine", self.ours, self.stolen_ours),
            ("empty callback", self.empty, self.stolen_empty),
            ("callback that counts", self.counted, self.stolen_counted),
        ):
            told.append(
                f"{name} {sum(counts)} dropouts in {len(counts)} runs of {self.run_s:g} s, {sum(stolen):.2f} s stolen"
            )
        low, high = self.ratio_interval()
        return (
            f"{'; '.join(told)}; engine over empty {self.ratio:.2f} ({low:.2f} to {high:.2f}); "
            f"longest callback {self.worst_callback:.3f} of its deadline, {self.over_limit} of "
            f"{self.callbacks} above {LIMIT:g}, mean {self.mean:.3f}; of one that only counts {self.worst_count:.3f}, "
            f"{self.count_over_limit} of {self.counts}, mean {self.count_shares / max(1, self.counts):.3f}; "
            f"{self.swaps} swaps; open files {self.open_files}; memory {self.memory_mb} MB"
        )

    @property
    def ratio(self) -> float:
        """Dropouts of the engine over those of the empty callback (one is taken where there was none)."""
        return sum(self.ours) / max(1, sum(self.empty))

    @property
    def mean(self) -> float:
        """Mean share of the deadline that ours took."""
        return self.shares / max(1, self.callbacks)

    def ratio_interval(self) -> tuple[float, float]:
        """95 % interval of that ratio, by drawing the turns anew 10,000 times (Efron 1979): what a machine loses, it loses
        in bursts, and no such count is Poisson."""
        turns = np.random.default_rng(0).integers(len(self.ours), size=(10_000, len(self.ours)))
        ours, empty = (np.array(counts)[turns].sum(axis=1) for counts in (self.ours, self.empty))
        low, high = np.quantile(ours / np.maximum(1, empty), (0.025, 0.975))
        return float(low), float(high)


@contextmanager
def stealing(seconds: list[float]) -> Iterator[None]:
    """What the machine's host keeps from it meanwhile, in core seconds, goes to the end of the list."""
    before = getattr(psutil.cpu_times(), "steal", 0.0)
    yield
    seconds.append(round(getattr(psutil.cpu_times(), "steal", 0.0) - before, 2))


@contextmanager
def painter() -> Iterator[subprocess.Popen[str]]:
    """A front end in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", PAINTER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
        # One that had died would have been no burden.
        assert process.poll() is None or process.returncode == -signal.SIGKILL
    finally:
        process.kill()
        process.wait()


@contextmanager
def burner() -> Iterator[None]:
    """One core, busy."""
    process = subprocess.Popen([sys.executable, "-c", BURNER])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def burdened(x: NDArray[np.float32], seconds: float, run_s: float = 30.0) -> Burdened:
    """Alternate runs of the engine, of an empty callback and of one that only counts, `seconds` of each, on the JACK server
    that is there."""
    result = Burdened(run_s)
    engine = EngineClient.join_or_start()
    with ExitStack() as stack:
        stack.callback(lambda: engine.request("quit"))
        stack.enter_context(painter())
        stack.enter_context(burner())
        for _ in range(max(1, round(seconds / run_s))):
            with stealing(result.stolen_ours):
                _play_once(engine, x, run_s, result)
            devices.refresh()
            with stealing(result.stolen_empty):
                result.empty.append(reference_load(x, run_s).dropouts)
            with stealing(result.stolen_counted):
                counted = reference_load(x, run_s, share=result.mean)
            devices.release()
            result.counted.append(counted.dropouts)
            result.worst_count = max(result.worst_count, counted.maximum)
            result.count_over_limit += counted.over_limit
            result.counts += counted.callbacks
            result.count_shares += counted.mean * counted.callbacks
            print(f"turn {len(result.ours)}: {result.describe()}", file=sys.stderr, flush=True)
    return result


def _play_once(engine: EngineClient, x: NDArray[np.float32], run_s: float, result: Burdened) -> None:
    engine.request("start", instrument="violin", params={"pitch_shift_st": 12.0})
    clock = threading.Event()
    with singer(x):
        until(lambda: engine.meters()["voiced"])
        meter = LoadMeter(engine.record.fields)
        began = time.monotonic()
        for second in range(round(run_s)):
            engine.set(reverb_mix=(second % 10) / 10, pitch_shift_st=float(second % 13))
            engine.request("load", **SOUNDS[second % len(SOUNDS)])
            # What loading took is part of the second: a turn is as long as those it is held against.
            clock.wait(max(0.0, began + second + 1.0 - time.monotonic()))
        load = meter.read()
        result.swaps += engine.meters()["swaps"]
    engine.request("stop")
    process = psutil.Process(engine.pid)
    result.open_files.append(process.num_fds())
    result.memory_mb.append(round(process.memory_info().rss / 2**20, 1))
    result.ours.append(load.dropouts)
    result.worst_callback = max(result.worst_callback, load.maximum)
    result.over_limit += load.over_limit
    result.callbacks += load.callbacks
    result.shares += load.mean * load.callbacks


def measure(data: Path, seconds: float = 600.0) -> dict[str, float]:
    """The figures under load, by id: `seconds` of the engine and as many of an empty callback, on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="jambox-") as folder:
        os.environ["JAMBOX_RUNTIME_DIR"] = folder
        with JackServer(128):
            result = burdened(voice(data), seconds)
    print(result.describe(), file=sys.stderr)
    low, high = result.ratio_interval()
    return {
        "burdened_callback_worst": result.worst_callback,
        "burdened_count_worst": result.worst_count,
        "burdened_over_limit": result.over_limit,
        "burdened_count_over_limit": result.count_over_limit,
        "burdened_mean": round(result.mean, 4),
        "burdened_s": result.run_s * len(result.ours),
        "burdened_dropouts": sum(result.ours),
        "burdened_dropouts_empty": sum(result.empty),
        "burdened_dropouts_count": sum(result.counted),
        "burdened_stolen_s": round(sum(result.stolen_ours), 2),
        "burdened_stolen_empty_s": round(sum(result.stolen_empty), 2),
        "burdened_stolen_count_s": round(sum(result.stolen_counted), 2),
        "burdened_dropouts_ratio": round(result.ratio, 3),
        "burdened_dropouts_ratio_low": round(low, 3),
        "burdened_dropouts_ratio_high": round(high, 3),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=600.0)
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.data, chosen.seconds), indent=2))
