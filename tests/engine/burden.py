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

# A front end: sixty times a second all meters and the scope are read, and a spectrum is made of it.
PAINTER = """
import numpy as np, threading
from jambox.engine.client import EngineClient
engine = EngineClient.join()
print("here", flush=True)
clock = threading.Event()
while not clock.wait(1 / 60):
    engine.meters(), engine.params()
    played = engine.scope(0.1)[1]
    spectrum = np.abs(np.fft.rfft(played, 4096))
"""
BLOCK_S = 128 / 48_000
# A core that burns, and meanwhile sees by how much the CPU clock of a thread leaps that does nothing but read it: so much of
# any callback's CPU time is the machine's own. A callback of a fifth of its deadline passes LIMIT by a leap of LEAP_S.
LEAP_S = (LIMIT - 0.2) * BLOCK_S
BURNER = f"""
import signal, sys, time
longest = leaps = 0
def end(*_):
    print(longest * 1e-9, leaps, time.thread_time(), flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, end)
before = time.thread_time_ns()
while True:
    for _ in range(2000):  # some 50 us: reading the clock asks the system, which is another kind of load
        pass
    now = time.thread_time_ns()
    longest = max(longest, now - before)
    leaps += now - before > {LEAP_S * 1e9:.0f}
    before = now
"""
SOUNDS: tuple[dict[str, Any], ...] = (
    {"instrument": "cello"},
    {"preset": "octave-violin"},
    {"instrument": "violin"},
    {"preset": "warm-cello"},
)


@dataclass
class Burdened:
    """Dropouts of the engine and of an empty callback, run by run, and the longest callback (CPU time over deadline)."""

    run_s: float
    ours: list[int] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    worst_callback: float = 0.0
    # The same of a callback that only goes through its memory, and how many of those were above LIMIT.
    worst_touch: float = 0.0
    touch_over_limit: int = 0
    # Callbacks above LIMIT, and the CPU time of all of them.
    over_limit: int = 0
    callbacks_s: float = 0.0
    # The longest leap of the CPU clock of a thread that does nothing but read it, in deadlines; how many were longer than
    # LEAP_S, and the CPU time that this was watched for.
    clock_leap: float = 0.0
    clock_leaps: int = 0
    watched_s: float = 0.0
    swaps: int = 0
    # Of the engine process after each run.
    open_files: list[int] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    def describe(self) -> str:
        """Both counts with their 95 % intervals, taken as Poisson."""
        told = []
        for name, counts in (("engine", self.ours), ("empty callback", self.empty)):
            low, high = poisson_interval(sum(counts))
            told.append(f"{name} {sum(counts)} ({low:.1f} to {high:.1f}) in {len(counts)} runs of {self.run_s:g} s")
        low, high = self.ratio_interval()
        told.append(f"their ratio {self.ratio:.2f} ({low:.2f} to {high:.2f})")
        return (
            f"{'; '.join(told)}; longest callback {self.worst_callback:.3f} of its deadline, of one that only "
            f"touches memory {self.worst_touch:.3f} ({self.touch_over_limit} above {LIMIT:g}), "
            f"longest leap of a thread's clock {self.clock_leap:.3f}; "
            f"{self.over_limit} callbacks above {LIMIT:g} in {self.callbacks_s:.1f} s of CPU time, by the machine's own "
            f"leaps ({self.clock_leaps} in {self.watched_s:.0f} s) {self.leaps_expected:.1f}; "
            f"{self.swaps} swaps; "
            f"open files {self.open_files}; memory {self.memory_mb} MB"
        )

    @property
    def ratio(self) -> float:
        """Dropouts of the engine over those of the empty callback (one is taken where there was none)."""
        return sum(self.ours) / max(1, sum(self.empty))

    @property
    def leaps_expected(self) -> float:
        """So many callbacks would pass LIMIT if the machine's own leaps fell on them as they do on any thread."""
        return self.callbacks_s * self.clock_leaps / max(1e-9, self.watched_s)

    def ratio_interval(self) -> tuple[float, float]:
        """95 % interval of that ratio; both counts are Poisson: given their sum, ours is binomial (Przyborowski 1940)."""
        from scipy.stats import beta

        ours, empty = sum(self.ours), sum(self.empty)
        low = float(beta.ppf(0.025, ours, empty + 1)) if ours else 0.0
        high = float(beta.ppf(0.975, ours + 1, empty)) if empty else 1.0
        return low / (1.0 - low), high / (1.0 - high) if high < 1.0 else float("inf")


def poisson_interval(count: int) -> tuple[float, float]:
    """95 % interval of the mean of a Poisson count (Garwood 1936)."""
    from scipy.stats import chi2

    return (float(chi2.ppf(0.025, 2 * count) / 2.0) if count else 0.0), float(chi2.ppf(0.975, 2 * count + 2) / 2.0)


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
def burner() -> Iterator[list[float]]:
    """One core, busy; in the end the list holds the longest leap of its CPU clock, in seconds, the number of those above
    LEAP_S, and the CPU time that it burnt."""
    process = subprocess.Popen([sys.executable, "-c", BURNER], stdout=subprocess.PIPE, text=True)
    leaps: list[float] = []
    try:
        yield leaps
        process.terminate()
        leaps.extend(float(each) for each in process.communicate()[0].split())
    finally:
        process.kill()
        process.wait()


def burdened(x: NDArray[np.float32], seconds: float, run_s: float = 30.0) -> Burdened:
    """Alternate runs of the engine, of an empty callback and of one that touches memory, `seconds` of each, on the JACK
    server that is there."""
    result = Burdened(run_s)
    engine = EngineClient.join_or_start()
    with ExitStack() as stack:
        stack.callback(lambda: engine.request("quit"))
        stack.enter_context(painter())
        leaps = stack.enter_context(burner())
        for _ in range(max(1, round(seconds / run_s))):
            _play_once(engine, x, run_s, result)
            devices.refresh()
            result.empty.append(reference_load(x, run_s).dropouts)
            touched = reference_load(x, run_s, touch=True)
            result.worst_touch = max(result.worst_touch, touched.maximum)
            result.touch_over_limit += touched.over_limit
            devices.release()
    result.clock_leap, result.clock_leaps, result.watched_s = leaps[0] / BLOCK_S, round(leaps[1]), leaps[2]
    return result


def _play_once(engine: EngineClient, x: NDArray[np.float32], run_s: float, result: Burdened) -> None:
    engine.request("start", instrument="violin", params={"pitch_shift_st": 12.0})
    clock = threading.Event()
    with singer(x):
        until(lambda: engine.meters()["voiced"])
        meter = LoadMeter(engine.record.fields)
        for second in range(round(run_s)):
            engine.set(reverb_mix=(second % 10) / 10, pitch_shift_st=float(second % 13))
            engine.request("load", **SOUNDS[second % len(SOUNDS)])
            clock.wait(1.0)
        load = meter.read()
        result.swaps += engine.meters()["swaps"]
    engine.request("stop")
    process = psutil.Process(engine.pid)
    result.open_files.append(process.num_fds())
    result.memory_mb.append(round(process.memory_info().rss / 2**20, 1))
    result.ours.append(load.dropouts)
    result.worst_callback = max(result.worst_callback, load.maximum)
    result.over_limit += load.over_limit
    result.callbacks_s += load.mean * load.callbacks * BLOCK_S


def measure(data: Path, seconds: float = 120.0) -> dict[str, float]:
    """The figures under load, by id: `seconds` of the engine and as many of an empty callback, on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="jambox-") as folder:
        os.environ["JAMBOX_RUNTIME_DIR"] = folder
        with JackServer(128):
            result = burdened(voice(data), seconds)
    print(result.describe(), file=sys.stderr)
    low, high = result.ratio_interval()
    return {
        "burdened_callback_worst": result.worst_callback,
        "burdened_touch_worst": result.worst_touch,
        "burdened_clock_leap": round(result.clock_leap, 3),
        "burdened_over_limit": result.over_limit,
        "burdened_touch_over_limit": result.touch_over_limit,
        "burdened_over_limit_expected": round(result.leaps_expected, 2),
        "burdened_dropouts": sum(result.ours),
        "burdened_dropouts_empty": sum(result.empty),
        "burdened_dropouts_ratio": round(result.ratio, 3),
        "burdened_dropouts_ratio_low": round(low, 3),
        "burdened_dropouts_ratio_high": round(high, 3),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=120.0)
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.data, chosen.seconds), indent=2))
