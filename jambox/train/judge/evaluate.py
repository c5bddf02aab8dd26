"""The table of a card: an instrument on recordings that it never saw, beside what bounds it from above and from below.

Everything is rendered by the live kernels from the features of the recording and compared with the recording itself,
where its pitch is known. Rows: `trained`; `bound`, the measured levels played back without a network; `constant`, the
training side's median timbre scaled by loudness; `untrained`, the network before its first step; `training`, the trained
one on as many recordings that it did see; and `recording`, what was recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.progress import track

from jambox.control.bundle import Bundle
from jambox.train.dataset import Dataset, Entry
from jambox.train.judge.bootstrap import paired_interval
from jambox.train.judge.distance import distances, harmonic_to_noise_db
from jambox.train.judge.onsets import find_onsets, onset_errors_s
from jambox.train.judge.pitch import Vector, pitch_errors_cents
from jambox.train.judge.playing import ROWS, Played, Render, play, renders
from jambox.train.judge.split import reporting, reporting_others, training_sample
from jambox.train.playback import Playback

Table = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Judged:
    """One recording under one row: numbers by name, pitch errors in cents [n] and onset errors in s [n]."""

    entry: Entry
    numbers: dict[str, float]
    cents: Vector
    onsets_s: Vector


def evaluate_dataset(
    dataset: Dataset, bundle: Bundle, *, quiet: bool = False, independent_f0: bool = True, home: bool = True
) -> Table:
    """Metrics by row on the reporting half of the validation recordings; see `table` for what they are. Empty without any.

    `home`: of the player whose instrument this is, or of the others who taught it. Also `training` (mss) and in `trained`
    the gap: validation over training loss, a sample of like recordings.
    """
    entries = reporting(dataset) if home else reporting_others(dataset)
    if not entries:
        return {}
    played = renders(dataset, bundle)
    judged = {name: judge(dataset, entries, name, played[name], quiet, independent_f0) for name in ROWS}
    result = table(judged)
    seen = training_sample(dataset, entries)
    if seen:
        trained = judge(dataset, seen, "training", played["trained"], quiet, False)
        result["training"] = {"mss": mean(trained, "mss")}
        result["trained"]["gap"] = round(result["trained"]["mss"] / max(result["training"]["mss"], 1e-9), 4)
    return result


def judge(
    dataset: Dataset, entries: Sequence[Entry], name: str, render: Render, quiet: bool = True, independent_f0: bool = True
) -> list[Judged]:
    """Every recording under the row `name`; pitch, onsets and noise are heard in `trained` (noise in `bound` too)."""
    playback = Playback(dataset.index.sample_rate, dataset.index.control_hop)
    judged = []
    for entry in track(entries, f"Judging: {name}", disable=quiet):
        played = play(dataset, entry, render, playback)
        numbers = distances(played)
        cents = onsets_s = np.zeros(0)
        if name in ("trained", "bound"):
            numbers["hnr_db"] = harmonic_to_noise_db(played, played.audio)
        if name == "trained":
            numbers["recorded_hnr_db"] = harmonic_to_noise_db(played, played.recorded)
            onsets_s, numbers["onsets_unmatched"] = _onsets(played)
            if independent_f0:
                cents = pitch_errors_cents(played)
        judged.append(Judged(entry, numbers, cents, onsets_s))
    return judged


def table(judged: dict[str, list[Judged]]) -> Table:
    """Means over files, weighted by their believed length, of mss, lsd_db, loudness_l1_db (and hnr_db) by row.

    Of `trained` also: f0_median_cents (of absolute errors) and f0_within_50_cents (share), both over all frames that were
    heard; onset_ms, median absolute error over the notes that begin in both, and onsets_unmatched, how many begin in one
    alone, a note that begins in both; share, how far of the way from untrained to bound in mss; better_low and
    better_high, 95 % interval of how much lower than `constant` its mss is.
    """
    rows = ("mss", "lsd_db", "loudness_l1_db", "hnr_db")
    result = {name: {key: mean(files, key) for key in rows if key in files[0].numbers} for name, files in judged.items()}
    files, trained = judged["trained"], result["trained"]
    result["recording"] = {"hnr_db": mean(files, "recorded_hnr_db")}
    cents = np.abs(np.concatenate([file.cents for file in files]))
    if len(cents):
        trained["f0_median_cents"] = round(float(np.median(cents)), 4)
        trained["f0_within_50_cents"] = round(float(np.mean(cents <= 50.0)), 4)
    onsets_s = np.abs(np.concatenate([file.onsets_s for file in files]))
    if len(onsets_s):
        trained["onset_ms"] = round(1e3 * float(np.median(onsets_s)), 4)
        unmatched = sum(file.numbers["onsets_unmatched"] for file in files)
        trained["onsets_unmatched"] = round(unmatched / len(onsets_s), 4)
    if {"bound", "constant", "untrained"} <= judged.keys():
        worst = result["untrained"]["mss"]
        trained["share"] = round((worst - trained["mss"]) / max(worst - result["bound"]["mss"], 1e-9), 4)
        constant, ours = ([file.numbers["mss"] for file in judged[name]] for name in ("constant", "trained"))
        low, high = paired_interval(constant, ours, [file.entry.n_believed for file in files])
        trained["better_low"], trained["better_high"] = round(low, 4), round(high, 4)
    return result


def mean(files: Sequence[Judged], key: str) -> float:
    """Mean of a number over files, weighted by their believed length."""
    weights = [file.entry.n_believed for file in files]
    return round(float(np.average([file.numbers[key] for file in files], weights=weights)), 4)


def _onsets(played: Played) -> tuple[Vector, float]:
    """Errors of the beginnings that recording and output share, and how many only one of them has."""
    recorded, ours = (find_onsets(audio, played.sample_rate) for audio in (played.recorded, played.audio))
    errors, unmatched = onset_errors_s(recorded, ours)
    return errors, float(unmatched)
