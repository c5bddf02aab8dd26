"""Looking at a stretch of sound: from what was heard in it to findings that can be added up."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jambox.frames import control_hop_size
from jambox.train.guide import FRAME_S
from jambox.train.recordings import TRAINING_RATE
from jambox.train.survey import polyphony
from jambox.train.survey.decay import decay_times
from jambox.train.survey.findings import (
    HIGHEST_NOTE,
    LOUDNESS_STEP_DB,
    N_LEVELS,
    N_LOUDNESS,
    N_RUNS,
    N_SPECTRUM,
    NO_PITCH,
    NOISE,
    QUIETEST_LOUDNESS_DB,
    RUN_STEP_S,
    SEVERAL_NOTES,
    SILENCE,
    SPECTRUM_STEP_HZ,
    Findings,
)
from jambox.train.survey.polyphony import Moments
from jambox.units import hz_to_midi

# The live instrument's gate: what lies below is silence to it.
GATE_DB = -66.0
# What lies this far below the loudest is silence beside it; what lies within LOUD_DB of it is judged.
SILENT_DB, LOUD_DB = 45.0, 30.0
# Between the notes: no pitch, and so far below the loudest.
QUIET_DB = 20.0
# A held pitch moves by so much within so many frames at most; a vibrato may exceed it, speech never stays within it.
STEADY_CENTS, HELD_FRAMES = 30.0, 21
CHANGE_CENTS = 80.0

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Heard:
    """What the analysis heard in a stretch, control frames [T]: pitch in Hz, whether it is believed, loudness in dB, and
    the level in dBFS; moments as `polyphony` judges them, their frames counted on the same clock."""

    f0_hz: Vector
    believed: Flags
    loudness_db: Vector
    level_db: Vector
    moments: Moments

    def cut(self, own: slice) -> Heard:
        """The frames `own` of it; its moments all lie there."""
        moments = replace(self.moments, frame=self.moments.frame - own.start)
        return Heard(self.f0_hz[own], self.believed[own], self.loudness_db[own], self.level_db[own], moments)


def moments_of(audio: NDArray[np.float32], f0_hz: Vector, believed: Flags, loudness_db: Vector, own: slice) -> Moments:
    """The loud moments among the frames `own` of `audio`, [T] as the features are."""
    frames = np.arange(own.start, own.stop, polyphony.EVERY_FRAMES)
    loudest = loudest_db(loudness_db[own], believed[own]) if len(frames) else 0.0
    return polyphony.listen(audio, f0_hz, believed, frames[loudness_db[frames] > max(GATE_DB, loudest - LOUD_DB)])


def level_db(audio: NDArray[np.float32], n_frames: int) -> Vector:
    """RMS level of every control frame in dBFS, [n_frames], -120 at least."""
    hop = control_hop_size(TRAINING_RATE)
    square = np.mean(audio[: n_frames * hop].reshape(n_frames, hop).astype(np.float64) ** 2, axis=1)
    return np.asarray(10.0 * np.log10(np.maximum(square, 1e-12)))


def loudest_db(loudness_db: Vector, believed: Flags) -> float:
    """Loudness that 2 % of the believed frames exceed (of all frames where none is)."""
    return float(np.percentile(loudness_db[believed] if believed.any() else loudness_db, 98.0))


def several_notes(moments: Moments, n_frames: int) -> Flags:
    """Frames [n_frames] around the moments in which there is certainly more than one note."""
    flags = np.zeros(n_frames, dtype=np.bool_)
    half = polyphony.EVERY_FRAMES // 2
    for frame in moments.frame[moments.unexplained > polyphony.CERTAINLY_SEVERAL]:
        flags[max(0, frame - half) : frame + half] = True
    return flags


def observe(heard: Heard, weight: Vector, several: Flags) -> Findings:
    """Findings of a stretch; weight [T] says how much each frame teaches, several [T] where more than one note sounds."""
    loudest = loudest_db(heard.loudness_db, heard.believed)
    taught = weight > 0.0
    silent = heard.loudness_db < max(GATE_DB, loudest - SILENT_DB)
    reasons = np.select([silent, several, heard.believed], [SILENCE, SEVERAL_NOTES, NOISE], NO_PITCH)[~taught]
    names, counts = np.unique(reasons, return_counts=True)
    loud = heard.loudness_db > max(GATE_DB, loudest - LOUD_DB)
    pitched = heard.believed & loud
    quiet = ~heard.believed & (heard.loudness_db < loudest - QUIET_DB)
    quiet_levels = heard.level_db[quiet]
    floor = float(np.percentile(quiet_levels if len(quiet_levels) else heard.level_db, 5.0))
    midi = hz_to_midi(heard.f0_hz)
    steady, held = _held(midi, pitched)
    moments = heard.moments
    return Findings(
        n_frames=len(weight),
        n_taught=int(np.count_nonzero(taught)),
        left_out={str(name): int(count) for name, count in zip(names, counts, strict=True)},
        n_loud=int(np.count_nonzero(loud)),
        n_pitched=int(np.count_nonzero(pitched)),
        n_held=held,
        n_steady=steady,
        n_changes=_changes(midi, pitched),
        n_moments=len(moments.frame),
        n_tonal=int(np.count_nonzero(moments.tonal)),
        n_unpitched=int(np.count_nonzero(moments.tonal & ~moments.pitched)),
        n_judged=int(np.count_nonzero(moments.steady)),
        n_several=int(np.count_nonzero(moments.steady & (moments.unexplained > polyphony.SEVERAL))),
        coverage=_coverage(midi[taught], heard.loudness_db[taught]),
        cents=np.bincount((np.floor(100.0 * (midi[taught] + 0.5)) % 100.0).astype(np.int64), minlength=100),
        levels=_levels(heard.level_db),
        quiet=_levels(quiet_levels),
        runs=_run_lengths(pitched),
        spectrum_db=_bands(moments.spectra_db),
        decays_s=tuple(round(time, 3) for time in decay_times(heard.level_db, floor)),
    )


def _held(midi: Vector, pitched: Flags) -> tuple[int, int]:
    """How many frames lie in the middle of an unbroken pitch and hardly move, and how many lie there at all."""
    steady = held = 0
    for start, end in _runs(pitched):
        if end - start >= HELD_FRAMES:
            moved = np.ptp(np.lib.stride_tricks.sliding_window_view(midi[start:end], HELD_FRAMES), axis=1)
            steady += int(np.count_nonzero(100.0 * moved < STEADY_CENTS))
            held += len(moved)
    return steady, held


def _changes(midi: Vector, pitched: Flags) -> int:
    """Notes that begin without a rest: the pitch every 40 ms, where it leaps."""
    every = polyphony.EVERY_FRAMES
    leaps = 100.0 * np.abs(np.diff(midi[::every])) > CHANGE_CENTS
    return int(np.count_nonzero(leaps & pitched[::every][1:] & pitched[::every][:-1]))


def _runs(flags: Flags) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _run_lengths(pitched: Flags) -> NDArray[np.int64]:
    lengths = np.array([end - start for start, end in _runs(pitched)], dtype=np.int64)
    steps = np.minimum(lengths * FRAME_S / RUN_STEP_S, N_RUNS - 1).astype(np.int64)
    return np.bincount(steps, weights=lengths, minlength=N_RUNS).astype(np.int64)


def _coverage(midi: Vector, loudness_db: Vector) -> dict[int, int]:
    note = np.clip(np.rint(midi), 0, HIGHEST_NOTE).astype(np.int64)
    step = np.clip((loudness_db - QUIETEST_LOUDNESS_DB) / LOUDNESS_STEP_DB, 0, N_LOUDNESS - 1).astype(np.int64)
    cells, counts = np.unique(note * N_LOUDNESS + step, return_counts=True)
    return dict(zip(cells.tolist(), counts.tolist(), strict=True))


def _levels(values_db: Vector) -> NDArray[np.int64]:
    return np.bincount(np.clip(np.rint(values_db) + N_LEVELS - 1, 0, N_LEVELS - 1).astype(np.int64), minlength=N_LEVELS)


def _bands(spectra_db: NDArray[np.float32]) -> Vector:
    """Sum over moments of the level in bands of SPECTRUM_STEP_HZ, [N_SPECTRUM]."""
    band = np.minimum(np.arange(spectra_db.shape[1]) * polyphony.BIN_HZ / SPECTRUM_STEP_HZ, N_SPECTRUM - 1).astype(np.int64)
    starts = np.searchsorted(band, np.arange(N_SPECTRUM))
    power = np.add.reduceat(10.0 ** (spectra_db.astype(np.float64) / 10.0), starts, axis=1)
    return np.asarray(np.sum(10.0 * np.log10(power + 1e-16), axis=0))
