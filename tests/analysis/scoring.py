"""How good a pitch track is: the truth beside the estimate of the same instant, counted in frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

SAMPLE_RATE = 48_000
HOP = 64
# The thresholds of the tracker were chosen on the first half; the second was only ever scored.
TUNING_HALF = ("rs_bass", "rs_flute", "rs_speechf", "rs_trumpet", "sf_bassoon", "sf_cello", "sf_violin")
HELD_OUT_HALF = ("rs_cello", "rs_soprano", "rs_speechm", "rs_violin", "rs_vocadito", "sf_clarinet", "sf_trumpet")
TUNING_SEEDS = range(0, 50)
HELD_OUT_SEEDS = range(1000, 1050)


@dataclass(frozen=True)
class Sung:
    """A recording with its pitch: audio float32 [n_samples] at 48 kHz, truth_hz [n_hops]; 0 unvoiced, -1 not scored."""

    name: str
    audio: NDArray[np.float32]
    truth_hz: NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """Counts over voiced frames; the properties are percentages."""

    voiced: int
    within_50: int
    within_10: int
    octave_errors: int

    def __add__(self, other: Score) -> Score:
        return Score(
            self.voiced + other.voiced,
            self.within_50 + other.within_50,
            self.within_10 + other.within_10,
            self.octave_errors + other.octave_errors,
        )

    @property
    def percent_50(self) -> float:
        return 100.0 * self.within_50 / max(self.voiced, 1)

    @property
    def percent_10(self) -> float:
        return 100.0 * self.within_10 / max(self.voiced, 1)

    @property
    def percent_octave(self) -> float:
        return 100.0 * self.octave_errors / max(self.voiced, 1)


def load_sung(folder: Path, names: Iterable[str]) -> list[Sung]:
    """The named recordings of the pitch data with their truths."""
    found = []
    for name in names:
        audio, rate = soundfile.read(folder / f"{name}.flac", dtype="float32")
        assert rate == SAMPLE_RATE
        truth = np.loadtxt(folder / f"{name}.f0.csv", delimiter=",", comments="#")[:, 1]
        n_hops = min(len(truth), len(audio) // HOP)
        found.append(Sung(name, audio[: n_hops * HOP], truth[:n_hops]))
    return found


def error_cents(f0_hz: NDArray[np.float64], truth_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Error of every voiced frame (truth > 0) in cents; an estimate of 0 counts as 1 Hz."""
    voiced = truth_hz > 0.0
    return np.asarray(1200.0 * np.log2(np.maximum(f0_hz[voiced], 1.0) / truth_hz[voiced]))


def score(f0_hz: NDArray[np.float64], truth_hz: NDArray[np.float64]) -> Score:
    """Counts over the voiced frames; an octave error lies within 50 cents of one to four octaves above or below."""
    cents = error_cents(f0_hz, truth_hz)
    octaves = np.round(cents / 1200.0)
    folded = np.abs(cents - 1200.0 * octaves)
    octave = (folded <= 50.0) & (octaves != 0.0) & (np.abs(octaves) <= 4)
    size = np.abs(cents)
    return Score(len(cents), int(np.sum(size <= 50.0)), int(np.sum(size <= 10.0)), int(np.sum(octave)))


def settling_times_s(f0_hz: NDArray[np.float64], truth_hz: NDArray[np.float64]) -> list[float]:
    """For every clean note change (over 80 cents between neighbouring voiced frames, steady for 60 ms before and 100 ms
    after): seconds from the change until the estimate stays within 50 cents up to 100 ms after it; 0.1 if it never does.
    """
    before, after = int(0.06 * SAMPLE_RATE / HOP), int(0.1 * SAMPLE_RATE / HOP)
    times = []
    for i in range(before, len(truth_hz) - after):
        span = truth_hz[i - before : i + after]
        if np.any(span <= 0.0) or abs(1200.0 * np.log2(truth_hz[i] / truth_hz[i - 1])) < 80.0:
            continue
        if np.ptp(1200 * np.log2(truth_hz[i - before : i])) > 60 or np.ptp(1200 * np.log2(truth_hz[i : i + after])) > 60:
            continue
        cents = np.abs(1200.0 * np.log2(np.maximum(f0_hz[i : i + after], 1.0) / truth_hz[i : i + after]))
        wrong = np.flatnonzero(cents > 50.0)
        # The change lies somewhere in hop i: half a hop before its end on average.
        times.append((float(wrong[-1]) + 1.5 if len(wrong) else 0.5) * HOP / SAMPLE_RATE)
    return times
