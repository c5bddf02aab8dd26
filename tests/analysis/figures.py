"""Every figure of the live analysis, measured in one run: `python -m tests.analysis.figures --data DIR` prints JSON.

Percentages are of voiced frames, pooled over files, each estimate against the truth of the same instant (zero lag).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from jambox.analysis import analyse
from tests.analysis.scoring import (
    HELD_OUT_HALF,
    HELD_OUT_SEEDS,
    HOP,
    SAMPLE_RATE,
    TUNING_HALF,
    TUNING_SEEDS,
    Score,
    Sung,
    load_sung,
    score,
    settling_times_s,
)
from tests.analysis.sounds import NOISES, in_room, noise, note_step, phrase, tone_onset, with_noise

OPEN_ABOVE, CLOSE_BELOW = 0.5, 0.35


def measure(data: Path) -> dict[str, float]:
    """All figures by name; `data` is the folder of shared recordings."""
    figures: dict[str, float] = {}
    figures.update(pitch_figures(data / "pitch"))
    figures.update(phrase_figures())
    figures.update(singing_figures(data / "test" / "singing_vocadito_1.flac"))
    figures.update(noise_figures())
    figures.update(onset_figures())
    figures["pitch.step_220_330_ms"] = step_ms(220.0, 330.0)
    audio, _ = soundfile.read(data / "pitch" / "sf_violin.flac", dtype="float32")
    figures["cpu.s_per_s_48k"] = cpu_s_per_s(audio)
    return figures


def pooled(sungs: Iterable[Sung]) -> Score:
    """One score over the voiced frames of all recordings."""
    total = Score(0, 0, 0, 0)
    for sung in sungs:
        total += score(analyse(sung.audio, SAMPLE_RATE).f0_hz, sung.truth_hz)
    return total


def pitch_figures(folder: Path) -> dict[str, float]:
    """Clean, in noise and in a room: the tuning half, the held-out half and both."""
    conditions: dict[str, Callable[[Sung], Sung]] = {
        "clean": lambda sung: sung,
        "snr_20": lambda sung: with_noise(sung, 20.0),
        "snr_10": lambda sung: with_noise(sung, 10.0),
        "snr_0": lambda sung: with_noise(sung, 0.0),
        "room": in_room,
    }
    halves = {"tuning_half": load_sung(folder, TUNING_HALF), "held_out_half": load_sung(folder, HELD_OUT_HALF)}
    figures = {}
    for condition, change in conditions.items():
        scores = {half: pooled(map(change, sungs)) for half, sungs in halves.items()}
        scores["all"] = scores["tuning_half"] + scores["held_out_half"]
        for half, total in scores.items():
            figures[f"pitch.{condition}.{half}.within_50_percent"] = total.percent_50
            figures[f"pitch.{condition}.{half}.within_10_percent"] = total.percent_10
            figures[f"pitch.{condition}.{half}.octave_errors_percent"] = total.percent_octave
    changes = [
        settling_times_s(analyse(sung.audio, SAMPLE_RATE).f0_hz, sung.truth_hz) for half in halves.values() for sung in half
    ]
    figures["pitch.note_change_median_ms"] = 1e3 * float(np.median(np.concatenate(changes)))
    return figures


def phrase_figures(tuning: Sequence[int] = TUNING_SEEDS, held_out: Sequence[int] = HELD_OUT_SEEDS) -> dict[str, float]:
    """Random phrases of the seeds that tuning saw and of those it did not."""
    figures = {}
    for name, seeds in (("tuning_seeds", tuning), ("held_out_seeds", held_out)):
        total = pooled(phrase(seed) for seed in seeds)
        figures[f"phrases.{name}.within_50_percent"] = total.percent_50
        figures[f"phrases.{name}.within_10_percent"] = total.percent_10
        figures[f"phrases.{name}.octave_errors_percent"] = total.percent_octave
    return figures


def singing_figures(recording: Path) -> dict[str, float]:
    """A singer with hand-checked pitch, annotation and estimate at the same instant."""
    audio, rate = soundfile.read(recording, dtype="float32")
    annotation = np.loadtxt(recording.with_suffix(".f0.csv"), delimiter=",")
    track = analyse(audio, rate)
    # Score where both neighbours in the annotation are voiced (or both unvoiced); between them the pitch is interpolated.
    is_voiced = np.interp(track.time_s, annotation[:, 0], annotation[:, 1] > 0.0)
    voiced = is_voiced == 1.0
    truth_hz = np.where(voiced, np.interp(track.time_s, annotation[:, 0], annotation[:, 1]), 0.0)
    total = score(track.f0_hz, truth_hz)
    return {
        "singing.within_50_percent": total.percent_50,
        "singing.within_10_percent": total.percent_10,
        "singing.octave_errors_percent": total.percent_octave,
        "singing.voiced_above_half_percent": 100.0 * float(np.mean(track.f0_confidence[voiced] > OPEN_ABOVE)),
        "singing.unvoiced_above_half_percent": 100.0 * float(np.mean(track.f0_confidence[is_voiced == 0.0] > OPEN_ABOVE)),
    }


def gate(confidence: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Open from a hop above 0.5 to the first below 0.35; same shape."""
    is_open = False
    gates = np.zeros(len(confidence), dtype=np.bool_)
    for i, value in enumerate(confidence):
        is_open = value > OPEN_ABOVE or (is_open and value >= CLOSE_BELOW)
        gates[i] = is_open
    return gates


def noise_figures(seconds: float = 20.0, seeds: Sequence[int] = (101, 102)) -> dict[str, float]:
    """Confidence in steady noise: the highest of all hops and how many hops pass 0.5."""
    figures = {}
    for kind in NOISES:
        for level_db in (-50.0, -35.0, -20.0):
            confidence = np.concatenate(
                [
                    analyse(
                        (10.0 ** (level_db / 20.0) * noise(kind, int(seconds * SAMPLE_RATE), seed)).astype(np.float32),
                        SAMPLE_RATE,
                    ).f0_confidence
                    for seed in seeds
                ]
            )
            figures[f"noise.{kind}.{-level_db:.0f}_db_down.highest_confidence"] = float(np.max(confidence))
            figures[f"noise.{kind}.{-level_db:.0f}_db_down.open_percent"] = 100.0 * float(np.mean(gate(confidence)))
    return figures


def onset_figures() -> dict[str, float]:
    """From the start of a tone until confidence passes 0.5: the slowest of eight starts, less two periods, in ms."""
    figures = {}
    for f0_hz in (110.0, 220.0, 440.0, 880.0):
        for n_harmonics in (1, 10):
            times_ms = []
            for seed in range(8):
                audio, start_s = tone_onset(f0_hz, n_harmonics, seed)
                track = analyse(audio, SAMPLE_RATE)
                above = np.flatnonzero(track.f0_confidence > OPEN_ABOVE)
                first_s = track.time_s[above[0]] if len(above) else np.inf
                times_ms.append(1e3 * (first_s - start_s - 2.0 / f0_hz))
            figures[f"onset.{f0_hz:.0f}_hz.{n_harmonics}_harmonics.ms_beyond_two_periods"] = float(max(times_ms))
    return figures


def step_ms(from_hz: float, to_hz: float, n: int = 32) -> float:
    """Median time in ms from a note step until f0_hz stays within 50 cents."""
    times = []
    for seed in range(n):
        audio, change_s = note_step(from_hz, to_hz, seed)
        track = analyse(audio, SAMPLE_RATE)
        cents = np.abs(1200.0 * np.log2(np.maximum(track.f0_hz, 1.0) / to_hz))
        wrong = np.flatnonzero(cents > 50.0)
        settled = wrong[-1] + 1
        times.append(1e3 * (track.time_s[settled] - change_s) if settled < len(cents) else np.inf)
    return float(np.median(times))


def cpu_s_per_s(audio: NDArray[np.float32], rounds: int = 5) -> float:
    """CPU seconds of this thread per second of audio at 48 kHz, the best of some rounds, compilation left out."""
    analyse(audio[: 100 * HOP], SAMPLE_RATE)
    best = np.inf
    for _ in range(rounds):
        start = time.thread_time()
        analyse(audio, SAMPLE_RATE)
        best = min(best, time.thread_time() - start)
    return float(best * SAMPLE_RATE / len(audio))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    print(json.dumps(measure(parser.parse_args().data), indent=1))
