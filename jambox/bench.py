"""How fast the instrument runs on this machine, measured through the entry that the audio callback uses."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import analyse
from jambox.control.bundle import load_bundle
from jambox.control.library import find_instrument
from jambox.control.stepping import CompiledNetwork
from jambox.demo import demo_melody
from jambox.engine.callback import play_device_block
from jambox.engine.load import LoadMeter
from jambox.engine.python_callback import PythonCallback
from jambox.engine.stage import Stage
from jambox.frames import control_hop_size
from jambox.instrument import Design, Instrument, Runtime
from jambox.instrument.note_events import note_on
from jambox.instrument.opening import open_instrument

FORMAT = 2
BLOCK_SIZES = (32, 64, 128, 256, 512, 1024, 2048)
SAMPLE_RATES = (44_100, 48_000, 96_000)
VOICE_COUNTS = (0, 1, 2, 4, 8, 16, 32)
VOICE_BLOCK_SIZES = (128, 512)
LOWEST_KEY = 45


@dataclass(frozen=True)
class Speed:
    """One setting: real-time factor (median of the runs) and callback CPU time as shares of the deadline."""

    runtime: str
    sample_rate: int
    block_size: int
    real_time_factor: float
    real_time_factor_runs: list[float]
    callback_p50: float
    callback_p99: float
    callback_p999: float
    callback_max: float
    wall_p999: float


def describe_machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def measure_speed(
    name: str,
    x: NDArray[np.float32],
    sample_rate: int,
    block_size: int,
    runtime: Runtime = "compiled",
    runs: int = 5,
    instrument: Instrument | None = None,
) -> Speed:
    """Play `x` (mono, at `sample_rate`) `runs` times in blocks, everything on, and time each block on its own clock."""
    player = instrument or open_instrument(name, Design(sample_rate), runtime=runtime)
    stage = Stage(sample_rate)
    stage.enter(player)
    n = len(x) // block_size * block_size
    _play(stage, x[: 8 * block_size], block_size)
    factors = []
    meter = LoadMeter(stage.record)
    for _ in range(runs):
        player.reset()
        began = time.thread_time()
        _play(stage, x[:n], block_size)
        factors.append((time.thread_time() - began) / (n / sample_rate))
    load = meter.read()
    return Speed(
        runtime=runtime,
        sample_rate=sample_rate,
        block_size=block_size,
        real_time_factor=round(float(np.median(factors)), 4),
        real_time_factor_runs=[round(factor, 4) for factor in factors],
        callback_p50=load.p50,
        callback_p99=load.p99,
        callback_p999=load.p999,
        callback_max=load.maximum,
        wall_p999=load.wall_p999,
    )


def _play(stage: Stage, x: NDArray[np.float32], block_size: int) -> None:
    """Blocks through the entry that the device calls: the compiled one, or Python's where torch steps the network."""
    y = np.empty(block_size, dtype=np.float32)
    by_torch = stage.instruments[0].network is not None
    callback = PythonCallback(stage)
    for first in range(0, len(x) - block_size + 1, block_size):
        block = x[first : first + block_size]
        if by_torch:
            callback.play(block, y, block_size, 0)
        else:
            play_device_block(stage.record, stage.f32, block, y, block_size, 0, 0.0)


def stages_of(costs: dict[str, list[float]]) -> dict[str, float]:
    """Share of one core that each stage takes (medians), from what `measure_stage_runs` measured; they add up to the whole.

    Analysis and network were measured by themselves, room and noise are what is saved without them; harmonics, mixing and
    limiter are the rest.
    """
    medians = {job: float(np.median(runs)) for job, runs in costs.items()}
    return {stage: round(cost, 4) for stage, cost in _stages(medians).items()}


def stage_runs_of(costs: dict[str, list[float]]) -> dict[str, list[float]]:
    """The same of each run by itself: how far the runs lie apart."""
    by_run = [_stages(dict(zip(costs, run, strict=True))) for run in zip(*costs.values(), strict=True)]
    return {stage: [round(one[stage], 4) for one in by_run] for stage in by_run[0]}


def _stages(costs: dict[str, float]) -> dict[str, float]:
    whole = costs["whole"]
    parts = {
        "analysis": costs["analysis"],
        "network": costs["network"],
        "noise": whole - costs["without_noise"],
        "room": whole - costs["without_room"],
    }
    return {"whole": whole} | parts | {"harmonics_and_mix": whole - sum(parts.values())}


def measure_stage_runs(name: str, sample_rate: int = 48_000, runs: int = 3, block_size: int = 128) -> dict[str, list[float]]:
    """Share of one core in every run: of the whole, of what can be measured by itself, and of the whole without a stage."""
    x = demo_melody(sample_rate)
    seconds = len(x) / sample_rate

    def shares(job: Callable[[], object]) -> list[float]:
        job()
        costs = []
        for _ in range(runs):
            began = time.thread_time()
            job()
            costs.append((time.thread_time() - began) / seconds)
        return costs

    def played(params: dict[str, float], response: tuple[NDArray[np.float64], int] | None = None) -> list[float]:
        player = Instrument(load_bundle(find_instrument(name)), Design(sample_rate), params, response=response)
        stage = Stage(sample_rate)
        stage.enter(player)

        def job() -> None:
            player.reset()
            _play(stage, x, block_size)

        return shares(job)

    network = CompiledNetwork(load_bundle(find_instrument(name)))
    steps = len(x) // control_hop_size(sample_rate)

    def step() -> None:
        for _ in range(steps):
            network.step(0.5, 0.7)

    return {
        "whole": played({}),
        "analysis": shares(lambda: analyse(x, sample_rate)),
        "network": shares(step),
        "without_noise": played({"noise_level_db": -60.0}),
        "without_room": played({}, (np.ones(1), sample_rate)),
    }


def measure_silence(name: str, sample_rate: int = 48_000, silence_s: float = 60.0, block_size: int = 128) -> float:
    """Cost of a block in silence after a note over that in the note: the worse of medians and of 99.9 % quantiles.

    CPU time of the thread; near 1 where nothing in a decaying state becomes slow (denormal) arithmetic.
    """
    player = open_instrument(name, Design(sample_rate))
    stage = Stage(sample_rate)
    stage.enter(player)
    note = (0.2 * np.sin(2.0 * np.pi * 330.0 * np.arange(10 * sample_rate) / sample_rate)).astype(np.float32)
    silence = np.zeros(round(silence_s * sample_rate), dtype=np.float32)
    _play(stage, note[:sample_rate], block_size)
    meter = LoadMeter(stage.record)
    loads = []
    for x in (note, silence):
        _play(stage, x, block_size)
        loads.append(meter.read())
    sounding, silent = loads
    return round(max(silent.p50 / sounding.p50, silent.p999 / sounding.p999), 3)


@dataclass(frozen=True)
class Polyphony:
    """So many held notes beside the voice that is sung: real-time factor and callback CPU time over the deadline."""

    voices: int
    block_size: int
    real_time_factor: float
    callback_p50: float
    callback_p999: float
    real_time_factor_runs: tuple[float, ...] = ()


def measure_voices(
    name: str, block_size: int, counts: tuple[int, ...] = VOICE_COUNTS, seconds: float = 2.0, runs: int = 3
) -> list[Polyphony]:
    """Hold 0 to 32 notes, a semitone apart from A2 up, while the demo's melody is sung; the cheapest of the runs counts."""
    sample_rate = 48_000
    player = open_instrument(name, Design(sample_rate))
    stage = Stage(sample_rate)
    stage.enter(player)
    melody = demo_melody(sample_rate)
    x = np.resize(melody, round(seconds * sample_rate))
    meter = LoadMeter(stage.record)
    best: dict[int, Polyphony] = {}
    for _ in range(runs):
        for count in counts:
            player.reset({"polyphony": max(counts[-1], 1)})
            for i in range(count):
                player.play(note_on(LOWEST_KEY + i, 0.8))
            _play(stage, x[: sample_rate // 4], block_size)
            meter.read()
            began = time.thread_time()
            _play(stage, x, block_size)
            factor = (time.thread_time() - began) / seconds
            load = meter.read()
            row = Polyphony(count, block_size, round(factor, 4), load.p50, load.p999)
            known = best.get(count, row)
            factors = (*known.real_time_factor_runs, row.real_time_factor)
            best[count] = Polyphony(
                count,
                block_size,
                min(row.real_time_factor, known.real_time_factor),
                min(row.callback_p50, known.callback_p50),
                min(row.callback_p999, known.callback_p999),
                factors,
            )
    return [best[count] for count in counts]


def voices_fit(rows: list[Polyphony]) -> dict[str, float]:
    """Cost as a straight line over voices: `base`, `per_voice`, and the largest difference from it over the whole cost."""
    counts = np.array([row.voices for row in rows], dtype=np.float64)
    costs = np.array([row.real_time_factor for row in rows])
    per_voice, base = np.polyfit(counts, costs, 1)
    residual = np.max(np.abs(base + per_voice * counts - costs) / costs)
    return {"base": round(float(base), 4), "per_voice": round(float(per_voice), 5), "residual": round(float(residual), 3)}


def measure_start(name: str) -> dict[str, float]:
    """Seconds from a fresh interpreter to an instrument that sounds, and its peak memory (MB), with kernels compiled."""
    code = (
        "import time, numpy; began = time.perf_counter()\n"
        "from jambox.engine.callback import AudioCallback\n"
        "from jambox.engine.stage import Stage\n"
        "from jambox.instrument import Design\n"
        "from jambox.instrument.opening import open_instrument\n"
        "stage, x = Stage(48000), numpy.zeros(256, numpy.float32)\n"
        f"stage.enter(open_instrument({name!r}, Design(48000)))\n"
        "AudioCallback().play(stage, x, x.copy())\n"
        "ready = time.perf_counter() - began\n"
        "import resource, sys\n"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == 'linux' else 1048576)\n"
        "print(ready, peak, 'torch' in sys.modules)\n"
    )
    began = time.perf_counter()
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    return {
        "process_s": round(time.perf_counter() - began, 3),
        "ready_s": round(float(out[0]), 3),
        "memory_mb": round(float(out[1]), 1),
    }


def run_bench(
    name: str,
    block_sizes: list[int],
    sample_rates: list[int],
    runs: int,
    torchscript: bool,
    source: Path | None = None,
) -> Iterator[dict[str, Any]]:
    """Yields one row a setting; the input is `source`, or the demo's melody."""
    for sample_rate in sample_rates:
        if source is not None:
            from jambox.audiofile import read_sound

            x = read_sound(source, sample_rate).samples
        else:
            x = demo_melody(sample_rate)
        runtimes: list[Runtime] = ["compiled", "torchscript"] if torchscript else ["compiled"]
        for runtime in runtimes:
            player = open_instrument(name, Design(sample_rate), runtime=runtime)
            for block_size in block_sizes:
                yield asdict(measure_speed(name, x, sample_rate, block_size, runtime, runs, player))


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
