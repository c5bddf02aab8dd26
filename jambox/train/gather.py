"""From prepared stretches back to recordings: which are used, which are left out and why, and on which side they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from jambox.train.dataset import Entry
from jambox.train.guide import FRAME_S
from jambox.train.recordings import Recording
from jambox.train.stretch import Stretch
from jambox.train.survey.findings import SAME_TAKE, Findings
from jambox.train.survey.measures import doubtful
from jambox.train.survey.survey import Surveyed
from jambox.train.survey.takes import Take, same_takes


@dataclass(frozen=True)
class Prepared:
    """What came of a stretch: parts in the dataset and findings, or the reason why it could not be read."""

    entries: list[Entry] = field(default_factory=list)
    found: Findings = field(default_factory=Findings)
    reason: str = ""
    file_rate: int = 0
    take: Take | None = None


@dataclass(frozen=True)
class Gathered:
    """All recordings as the survey sees them, the entries of those that are used, and the names of same takes."""

    surveyed: list[Surveyed]
    entries: list[Entry]
    same_takes: list[list[str]]


def gather(stretches: Sequence[Stretch], results: Sequence[Prepared], folder: Path, *, keep_doubtful: bool) -> Gathered:
    """Put the results of stretches together; files of recordings that are left out are deleted from `folder`."""
    parts: dict[int, list[Prepared]] = {}
    for stretch, result in zip(stretches, results, strict=True):
        parts.setdefault(stretch.number, []).append(result)
    recordings = list({stretch.number: stretch.recording for stretch in stretches}.values())
    whole = [_joined(some) for some in parts.values()]
    reasons = [_reason(recording, one, keep_doubtful) for recording, one in zip(recordings, whole, strict=True)]
    groups = _same(whole, reasons)
    for group in groups:
        for i in group[1:]:
            if _take(whole[i]).digest == _take(whole[group[0]]).digest:
                reasons[i] = SAME_TAKE
    entries: list[Entry] = []
    for one, reason in zip(whole, reasons, strict=True):
        if reason:
            for entry in one.entries:
                (folder / entry.file).unlink()
        else:
            entries += one.entries
    entries = _with_a_training_side(entries, {recording.name for recording in recordings if recording.drawn})
    validation = {entry.recording: entry.validation for entry in entries}
    surveyed = [
        Surveyed(
            recording=recording.name,
            source=recording.source.name,
            validation=validation.get(recording.name, recording.validation),
            reason=reason,
            file_rate=one.file_rate,
            stored_s=0.0 if reason else sum(entry.n_frames for entry in one.entries) * FRAME_S,
            found=one.found.all_left_out(reason) if reason and one.found.n_taught else one.found,
        )
        for recording, one, reason in zip(recordings, whole, reasons, strict=True)
    ]
    return Gathered(surveyed, entries, [[recordings[i].name for i in group] for group in groups])


def _joined(parts: Sequence[Prepared]) -> Prepared:
    """The stretches of one recording put together; what of it could not be read is missing."""
    read = [part for part in parts if not part.reason]
    if not read:
        return parts[0]
    takes = [part.take for part in read if part.take is not None]
    return Prepared(
        entries=[entry for part in read for entry in part.entries],
        found=reduce(add, (part.found for part in read)),
        file_rate=read[0].file_rate,
        take=Take("".join(take.digest for take in takes), np.concatenate([take.trace for take in takes])),
    )


def _reason(recording: Recording, one: Prepared, keep_doubtful: bool) -> str:
    """Why a recording is left out; empty if it is used."""
    if one.reason:
        return one.reason
    # What is known to be notes needs no judgement.
    doubt = None if recording.notes or keep_doubtful else doubtful(one.found)
    if doubt is not None:
        return doubt
    if not one.found.n_taught:
        return max(one.found.left_out, key=lambda reason: one.found.left_out[reason])
    return ""


def _same(whole: Sequence[Prepared], reasons: Sequence[str]) -> list[list[int]]:
    """Groups of used recordings that are the same take."""
    used = [i for i, reason in enumerate(reasons) if not reason]
    return [[used[i] for i in group] for group in same_takes([_take(whole[i]) for i in used])]


def _take(one: Prepared) -> Take:
    assert one.take is not None
    return one.take


def _with_a_training_side(entries: list[Entry], drawn: set[str]) -> list[Entry]:
    """The entries; if none on the training side teaches, recordings that were merely drawn for validation go there.

    One of them stays for validation if there are several. What a recipe or manifest keeps for validation stays there.
    """
    usable = [entry.recording for entry in entries if entry.validation and entry.n_believed and entry.recording in drawn]
    if not usable or any(not entry.validation and entry.n_believed for entry in entries):
        return entries
    names = list(dict.fromkeys(usable))
    moved = set(names[: max(1, len(names) - 1)])
    return [entry.model_copy(update={"validation": False}) if entry.recording in moved else entry for entry in entries]
