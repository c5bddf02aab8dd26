"""Figures of the live instrument: speed, dropouts, memory, start, latency. `python -m tests.engine.figures --data DIR`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from jambox.bench import measure_silence, measure_speed, measure_start, measure_voices, voices_fit
from jambox.engine import devices
from jambox.engine.client import EngineClient, EngineGone
from jambox.engine.engine import Engine, Settings
from jambox.engine.load import Load
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from jambox.render import render_samples, replay_take
from tests.engine.engine_process import until
from tests.engine.jack_server import JackServer
from tests.engine.reference import reference_load
from tests.engine.singing import singer, voice
from tests.engine.test_latency import ONSET_F0_HZ, onset_delays_s, step_delays_s
from tests.engine.test_live import play_take

RATE = 48_000
PARAMS = {"auto_octave": 0.0, "pitch_shift_st": 12.0, "reverb_mix": 0.15}


@contextmanager
def server(period: int) -> Iterator[None]:
    """A JACK server that PortAudio sees."""
    with JackServer(period):
        devices.refresh()
        try:
            yield
        finally:
            devices.release()


def live_load(x: NDArray[np.float32], runtime: Any, seconds: float) -> Load:
    """Load of a live violin that is being sung into, without the first second."""
    engine = Engine(Settings("violin", PARAMS, runtime=runtime), devices.choose_route())
    with singer(x):
        engine.start()
        engine.wait(2.0)
        engine.load.read()
        engine.wait(seconds)
        load = engine.load.read()
    engine.stop()
    return load


def start_and_memory(x: NDArray[np.float32]) -> tuple[float, float]:
    """Seconds from the start of `jambox play` to its first sample at the device, and the engine's resident memory (MB)."""
    with singer(x) as process:
        began = time.monotonic()
        command = [sys.executable, "-m", "jambox", "play", "--seconds", "6", "--set", "pitch_shift_st=12"]
        play = psutil.Popen(command, stdout=subprocess.DEVNULL)
        assert process.stdout is not None
        said = process.stdout.readline()
        with suppress(psutil.TimeoutExpired):
            play.wait(3.0)
        memory = psutil.Process(EngineClient.join().pid).memory_info().rss / 2**20
        play.wait()
    return float(said) - began, memory


def healing_s() -> float:
    """Seconds from the death of an engine to the next one's first block, on the JACK server that is there."""
    engine = EngineClient.join_or_start()
    engine.request("start", instrument="violin")
    until(lambda: engine.meters()["position"] > RATE)
    began = time.monotonic()
    os.kill(engine.pid, signal.SIGKILL)
    with suppress(EngineGone):
        engine.poll(10.0)
    engine.heal()
    until(lambda: engine.meters()["state"] == "playing" and engine.meters()["position"] > 0)
    took = time.monotonic() - began
    engine.request("quit")
    return took


def measure(data: Path) -> dict[str, float]:
    """All figures of the live instrument, by id; engines live in a runtime folder of their own."""
    with tempfile.TemporaryDirectory(prefix="jambox-") as folder:
        os.environ["JAMBOX_RUNTIME_DIR"] = folder
        return _measure(data)


def _measure(data: Path) -> dict[str, float]:
    x = voice(data)
    figures: dict[str, float] = {}
    violin = open_instrument("violin", Design(RATE), PARAMS)
    for block_size in (64, 128, 256):
        speed = measure_speed("violin", x, RATE, block_size, instrument=violin)
        figures[f"real_time_factor_{block_size}"] = speed.real_time_factor
    figures["ready_s"] = measure_start("violin")["ready_s"]
    dry = open_instrument("violin", Design(RATE), {"reverb_mix": 0.0})
    offsets = range(0, 2 * 100, 2)
    for name, low, high in (("rise", -40.0, -20.0), ("fall", -20.0, -40.0)):
        delays = 1e3 * step_delays_s(dry, low, high, offsets)
        figures[f"latency_{name}_median_ms"] = round(float(np.median(delays)), 2)
        figures[f"latency_{name}_worst_ms"] = round(float(delays.max()), 2)
        if name == "rise":
            figures["latency_spread_ms"] = round(float(np.ptp(delays)), 2)
    late = max(max(onset_delays_s(dry, f0_hz, offsets)) - 2.0 / f0_hz for f0_hz in ONSET_F0_HZ)
    figures["onset_beyond_two_periods_ms"] = round(1e3 * late, 2)
    figures["silence_cost"] = measure_silence("violin")
    held = {size: {row.voices: row for row in measure_voices("violin", size)} for size in (128, 512)}
    fit = voices_fit(list(held[128].values()))
    figures["voices_16_128"] = held[128][16].real_time_factor
    figures["voices_16_128_p999"] = held[128][16].callback_p999
    figures["voices_32_512"] = held[512][32].real_time_factor
    figures["voices_32_512_p999"] = held[512][32].callback_p999
    figures["voices_each"], figures["voices_residual"] = fit["per_voice"], fit["residual"]
    for period in (64, 128, 1024):
        with server(period), tempfile.TemporaryDirectory() as folder:
            take, _, _ = play_take(x, Path(folder) / "take", freewheel=True)
            difference = float(np.max(np.abs(replay_take(Path(folder) / "take").samples - take.output)))
            figures["replay_difference"] = max(figures.get("replay_difference", 0.0), difference)
    script = open_instrument("violin", Design(RATE), PARAMS, "torchscript")
    apart = render_samples(script, x).samples - render_samples(violin, x).samples
    figures["runtime_difference_db"] = float(20.0 * np.log10(np.max(np.abs(apart)) + 1e-12))
    with server(128):
        load = live_load(x, "compiled", 20.0)
        figures["callback_cpu_p999_128"] = load.p999
        figures["callback_wall_p999_128"] = load.wall_p999
        figures["dropouts_compiled_128_20s"] = load.dropouts
        figures["dropouts_empty_128_20s"] = reference_load(x, 20.0).dropouts
    # Without PortAudio in this process, whose client would take the name that the singer looks for.
    with JackServer(128):
        starts = [start_and_memory(x) for _ in range(3)]
        figures["first_sound_s"] = round(float(np.median([start for start, _ in starts])), 2)
        figures["memory_mb"] = round(max(memory for _, memory in starts), 0)
        figures["healing_s"] = round(float(np.median([healing_s() for _ in range(3)])), 2)
    with server(256):
        empty = torchscript = 0
        medians = []
        for _ in range(2):
            empty += reference_load(x, 30.0).dropouts
            load = live_load(x, "torchscript", 30.0)
            torchscript += load.dropouts
            medians.append(load.p50)
        figures["torchscript_callback_p50_256"] = round(float(np.mean(medians)), 4)
        figures["torchscript_dropouts_256_60s"] = torchscript
        figures["empty_dropouts_256_60s"] = empty
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    print(json.dumps(measure(parser.parse_args().data), indent=2))
