"""From counts to what a musician is told: clipping, several notes at once, reverberation, noise, tuning, range, dynamics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from jambox.train.guide import FRAME_S
from jambox.train.survey.decay import reverberation_s
from jambox.train.survey.findings import (
    LOUDNESS_STEP_DB,
    N_LEVELS,
    N_LOUDNESS,
    QUIETEST_LOUDNESS_DB,
    RUN_STEP_S,
    SEVERAL_NOTES,
    SPEECH,
    Findings,
)

# Fewer frames (or moments of 40 ms) say nothing.
LEAST_FRAMES, LEAST_MOMENTS = 25, 25
# A recording is of several notes when this share of its judged moments is, or when so much of what sounds has partials
# and no pitch. Solo violin in a church, with double stops, reaches 0.35; four players together 0.5 to 0.9.
MANY_SEVERAL, MANY_UNPITCHED = 0.45, 0.6
# Fewer are enough when the tracker cannot keep to one of the players: its pitch then holds still in 4 to 20 %.
SOME_SEVERAL, RESTLESS = 0.2, 0.22
# It is speech when its pitch hardly ever holds still and breaks off after a syllable. Singing holds still in as little
# as 1 %, but its runs last half a second; the shortest notes of players break off as soon, but hold still in 20 %.
SPEECH_STEADY, SPEECH_RUN_S, SPEECH_LEAST_S = 0.08, 0.3, 1.0
# A note of the range counts as there with this much of it.
LEAST_NOTE_S = 0.1


class Measures(BaseModel):
    """What is known of a recording, or of all of them; None where too little sounds to say.

    seconds heard, and taught: what can be learnt from. left_out_s: the rest by reason. clipped_share: of the samples.
    several_notes_share: of the moments of steady pitch. steady_share: of the held pitch. run_s: median length of unbroken
    pitch. reverberation_s: time to fall by 60 dB after notes, at most. noise_floor_dbfs and peak_dbfs: RMS of 4 ms.
    a4_hz and off_cents: tuning and the median deviation from it. lowest and highest MIDI note, soft_db and loud_db: 5 and
    95 % of the A-weighted loudness of what teaches. changes: notes begun without a rest.
    """

    model_config = ConfigDict(extra="forbid")
    seconds: float
    taught_s: float
    left_out_s: dict[str, float]
    clipped_share: float
    broken_samples: int
    several_notes_share: float | None
    steady_share: float | None
    run_s: float | None
    reverberation_s: float | None
    noise_floor_dbfs: float | None
    loudest_dbfs: float
    a4_hz: float | None
    off_cents: float | None
    lowest_note: int | None
    highest_note: int | None
    soft_db: float | None
    loud_db: float | None
    changes: int


def measures(found: Findings) -> Measures:
    """The measures of some findings."""
    map_s = coverage_s(found)
    there = np.flatnonzero(map_s.sum(axis=1) > min(LEAST_NOTE_S, 0.5 * found.taught_s))
    a4_hz, off_cents = _tuning(found.cents)
    by_loudness = map_s.sum(axis=0)
    levels = np.flatnonzero(found.levels)
    return Measures(
        seconds=round(found.seconds, 2),
        taught_s=round(found.taught_s, 2),
        left_out_s={reason: round(n * FRAME_S, 2) for reason, n in sorted(found.left_out.items())},
        clipped_share=round(found.n_clipped / max(found.n_samples, 1), 7),
        broken_samples=found.broken_samples,
        several_notes_share=_share(found.n_several, found.n_judged, LEAST_MOMENTS),
        steady_share=_share(found.n_steady, found.n_held, LEAST_FRAMES),
        run_s=_quantile(found.runs, 0.5, 0.0, RUN_STEP_S) if found.n_pitched >= LEAST_FRAMES else None,
        reverberation_s=reverberation_s(found.decays_s),
        noise_floor_dbfs=_quantile(found.quiet, 0.05, -float(N_LEVELS - 1), 1.0)
        if found.quiet.sum() >= LEAST_FRAMES
        else None,
        loudest_dbfs=float(levels[-1] - N_LEVELS + 1) if len(levels) else -float(N_LEVELS - 1),
        a4_hz=a4_hz,
        off_cents=off_cents,
        lowest_note=int(there[0]) if len(there) else None,
        highest_note=int(there[-1]) if len(there) else None,
        soft_db=_quantile(by_loudness, 0.05, QUIETEST_LOUDNESS_DB, LOUDNESS_STEP_DB) if found.n_taught else None,
        loud_db=_quantile(by_loudness, 0.95, QUIETEST_LOUDNESS_DB, LOUDNESS_STEP_DB) if found.n_taught else None,
        changes=found.n_changes,
    )


def coverage_s(found: Findings) -> NDArray[np.float64]:
    """Seconds that teach by MIDI note and by loudness in steps of 3 dB, [128, N_LOUDNESS]."""
    seconds = np.zeros(128 * N_LOUDNESS)
    for cell, n in found.coverage.items():
        seconds[cell] = n * FRAME_S
    return seconds.reshape(128, N_LOUDNESS)


def doubtful(found: Findings) -> str | None:
    """Why a recording is not one instrument's playing, one note at a time; None when nothing speaks against it."""
    of = measures(found)
    if of.several_notes_share is not None:
        restless = of.steady_share is not None and of.steady_share < RESTLESS
        if of.several_notes_share >= (SOME_SEVERAL if restless else MANY_SEVERAL):
            return SEVERAL_NOTES
    elif found.n_tonal >= LEAST_MOMENTS and found.n_unpitched >= MANY_UNPITCHED * found.n_tonal:
        return SEVERAL_NOTES
    if of.steady_share is None or of.run_s is None or found.n_pitched * FRAME_S < SPEECH_LEAST_S:
        return None
    return SPEECH if of.steady_share < SPEECH_STEADY and of.run_s < SPEECH_RUN_S else None


def _share(part: int, whole: int, least: int) -> float | None:
    return round(part / whole, 3) if whole >= least else None


def _quantile(counts: NDArray[np.float64] | NDArray[np.int64], share: float, first: float, step: float) -> float:
    """Value of a histogram below which `share` lies, to the nearest bin; bin i stands for first + i * step."""
    total = np.cumsum(counts)
    return round(float(first + step * np.searchsorted(total, share * total[-1])), 2)


def _tuning(cents: NDArray[np.int64]) -> tuple[float | None, float | None]:
    """A4 in Hz and the median distance from that tuning in cents, of counts by deviation from equal temperament."""
    n = int(cents.sum())
    if n < LEAST_FRAMES:
        return None, None
    deviation = np.arange(100) - 49.5
    mean = np.sum(cents * np.exp(2j * np.pi * deviation / 100.0))
    offset = 100.0 * float(np.angle(mean)) / (2.0 * np.pi)
    distance = np.abs((deviation - offset + 50.0) % 100.0 - 50.0)
    order = np.argsort(distance)
    median = distance[order][np.searchsorted(np.cumsum(cents[order]), 0.5 * n)]
    return round(440.0 * 2.0 ** (offset / 1200.0), 2), round(float(median), 1)
