"""The survey of a folder of recordings: what was found in each and in all, and the verdict; `survey.json` of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from jambox.train.guide import FRAME_S
from jambox.train.survey.bandwidth import ends_at_hz
from jambox.train.survey.findings import LOUDNESS_STEP_DB, QUIETEST_LOUDNESS_DB, Findings
from jambox.train.survey.measures import LEAST_NOTE_S, Measures, coverage_s, measures

SURVEY_FORMAT = 1
SURVEY_FILE = "survey.json"
WIDEST_GAP_ST = 3


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RecordingSurvey(_Strict):
    """One recording; `reason` says why all of it was left out, stored_s how much of it lies in the dataset."""

    recording: str
    source: str
    validation: bool
    reason: str
    file_rate: int
    stored_s: float
    found: Measures


class FormatSurvey(_Strict):
    """Recordings of one file type and rate, and where their spectrum ends at once (None where it does not)."""

    ending: str
    file_rate: int
    recordings: int
    ends_at_hz: float | None


class Coverage(_Strict):
    """Seconds that teach, [notes from lowest_note on][steps of loudness from quietest_db on]; missing MIDI notes between."""

    lowest_note: int
    quietest_db: float
    step_db: float
    seconds: list[list[float]]
    missing: list[int]


class Histograms(_Strict):
    """Seconds by deviation from equal temperament (A4 = 440 Hz), 100 steps of 1 cent from -50 on, of what teaches; and by
    level in dBFS, 121 steps of 1 dB from -120 on, of all that was heard and of what lies between the notes."""

    cents_s: list[float]
    levels_s: list[float]
    quiet_s: list[float]


class Problem(_Strict):
    """Something wrong and what helps."""

    what: str
    remedy: str


class Verdict(_Strict):
    """`word` is healthy, usable (something is wrong, or there is little) or too little; then the same in a sentence."""

    word: str
    sentence: str
    missing: list[str]
    wrong: list[Problem]


class Survey(_Strict):
    """All that is known of a folder of recordings."""

    format: int = SURVEY_FORMAT
    name: str
    all: Measures
    stored_s: float
    coverage: Coverage
    histograms: Histograms
    formats: list[FormatSurvey]
    same_takes: list[list[str]]
    recordings: list[RecordingSurvey]
    verdict: Verdict


@dataclass(frozen=True)
class Surveyed:
    """What preparing knows of one recording."""

    recording: str
    source: str
    validation: bool
    reason: str
    file_rate: int
    stored_s: float
    found: Findings

    @property
    def ending(self) -> str:
        """File type: what follows the last dot of the name."""
        return self.recording.rpartition(".")[2].lower()


def whole(recordings: Iterable[Surveyed]) -> Findings:
    """The findings of all recordings."""
    return reduce(add, (one.found for one in recordings), Findings())


def survey_recordings(recordings: Sequence[Surveyed]) -> list[RecordingSurvey]:
    """The recordings as the survey tells of them."""
    return [
        RecordingSurvey(
            recording=one.recording,
            source=one.source,
            validation=one.validation,
            reason=one.reason,
            file_rate=one.file_rate,
            stored_s=round(one.stored_s, 2),
            found=measures(one.found),
        )
        for one in recordings
    ]


def survey_formats(recordings: Sequence[Surveyed]) -> list[FormatSurvey]:
    """The file types and rates that there are, most frequent first."""
    groups: dict[tuple[str, int], list[Surveyed]] = {}
    for one in recordings:
        if one.file_rate:
            groups.setdefault((one.ending, one.file_rate), []).append(one)
    formats = [
        FormatSurvey(ending=ending, file_rate=rate, recordings=len(group), ends_at_hz=ends_at_hz(whole(group), rate))
        for (ending, rate), group in groups.items()
    ]
    return sorted(formats, key=lambda of: (-of.recordings, of.ending, of.file_rate))


def survey_coverage(found: Findings) -> Coverage:
    """The heat map without its empty borders, and the notes missing within the range."""
    seconds = coverage_s(found)
    there = seconds.sum(axis=1) > min(LEAST_NOTE_S, 0.5 * found.taught_s)
    notes = _extent(there)
    steps = _extent(seconds[notes].sum(axis=0) > 0.0)
    return Coverage(
        lowest_note=notes.start,
        quietest_db=QUIETEST_LOUDNESS_DB + LOUDNESS_STEP_DB * steps.start,
        step_db=LOUDNESS_STEP_DB,
        seconds=[[round(float(s), 2) for s in row] for row in seconds[notes, steps]],
        missing=[note for note in range(notes.start, notes.stop) if not there[note]],
    )


def survey_histograms(found: Findings) -> Histograms:
    """Tuning and level."""
    cents_s, levels_s, quiet_s = (
        [round(int(n) * FRAME_S, 3) for n in counts] for counts in (found.cents, found.levels, found.quiet)
    )
    return Histograms(cents_s=cents_s, levels_s=levels_s, quiet_s=quiet_s)


def gaps(missing: Sequence[int]) -> list[tuple[int, int]]:
    """First and last note of every gap too wide to be bridged by transposing what lies beside it."""
    runs: list[tuple[int, int]] = []
    for note in missing:
        if runs and note == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], note)
        else:
            runs.append((note, note))
    return [(first, last) for first, last in runs if last - first + 1 >= WIDEST_GAP_ST]


def _extent(flags: NDArray[np.bool_]) -> slice:
    at = np.flatnonzero(flags)
    return slice(int(at[0]), int(at[-1]) + 1) if len(at) else slice(0, 0)
