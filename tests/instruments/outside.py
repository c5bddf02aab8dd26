"""Timbre judged from outside: what the classifier calls real recordings, singing, and singing that an instrument plays."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.control.bundle import load_bundle
from jambox.profile import measure_profile
from tests.instruments.classifier import CLASSES, Classifier, scored
from tests.instruments.collection import ORDER, say
from tests.instruments.corpus import SINGERS, VOICE
from tests.instruments.playing import opened, rendered
from tests.instruments.second_source import SECOND_SOURCES
from tests.instruments.timbre import HEARD_RATE, features, hear, read

# What is sung into the instruments: real recordings, not rebuilt ones.
SUNG = tuple(file for file in SINGERS if file.startswith("test/"))
_SECONDS_A_LIBRARY = 30
_CALIBRATED_S = 10.0

Figures = dict[str, float]


@dataclass(frozen=True)
class Called:
    """How many seconds of what a row holds were called what."""

    row: str
    counts: Counter[str]

    def percent(self, name: str) -> float:
        return 100.0 * self.counts[name] / max(self.counts.total(), 1)


def accuracy_figures(classifier: Classifier, data: Path) -> Figures:
    """How often the classifier is right on real recordings that it never heard, in percent, mean over classes: of
    libraries that it knows (`val`), of a library that it was not told of (where an instrument has two), and of other
    players (`test`)."""
    known = _val(classifier, data)
    libraries = {
        (scored(label), library)
        for label, library in zip(classifier.seconds.label, classifier.seconds.library, strict=True)
        if label != VOICE
    }
    apart: list[float] = []
    for name, library in sorted(libraries):
        if sum(other == name for other, _ in libraries) > 1:
            label = np.array([scored(one) for one in classifier.seconds.label])
            own = (label == name) & (classifier.seconds.library == library)
            apart.append(float(np.mean(classifier.named(classifier.seconds.x[own], (name, library)) == name)))
    foreign = {}
    for name, sources in SECOND_SOURCES.items():
        files = [data / source.file for source in sources if source.file.startswith("test/")]
        if files and scored(name) not in foreign:
            calls = np.concatenate([classifier.named(features(read(file))) for file in files])
            foreign[scored(name)] = float(np.mean(calls == scored(name)))
    return {
        "timbre.known_libraries_percent": 100.0 * float(np.mean(list(known.values()))),
        "timbre.other_library_percent": 100.0 * float(np.mean(apart)),
        "timbre.other_players_percent": 100.0 * float(np.mean(list(foreign.values()))),
    }


def _val(classifier: Classifier, data: Path) -> dict[str, float]:
    """Share of right calls by class on the manifest's val recordings, up to 30 s of each library and instrument."""
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["split"] == "val" and row["instrument"] in ORDER]
    heard: Counter[tuple[str, str]] = Counter()
    right: dict[str, list[NDArray[np.bool_]]] = {}
    for i in np.random.default_rng(0).permutation(len(rows)):
        row = rows[int(i)]
        source = row["instrument"], row["file"].split("/")[2]
        if heard[source] < _SECONDS_A_LIBRARY:
            x = features(read(data / row["file"]))
            heard[source] += len(x)
            name = scored(row["instrument"])
            right.setdefault(name, []).append(classifier.named(x) == name)
    return {name: float(np.mean(np.concatenate(parts))) for name, parts in right.items()}


def raw_singing(classifier: Classifier, data: Path) -> Called:
    """Singing as it was recorded; nobody is judged by himself."""
    counts: Counter[str] = Counter()
    for file, singer in SINGERS.items():
        counts.update(classifier.named(features(read(data / file)), (VOICE, singer)).tolist())
    return Called(VOICE, counts)


def transferred_singing(classifier: Classifier, data: Path, folder: Path) -> Called:
    """Singing played by the instrument in `folder`, as it is played after `jambox calibrate`: default settings, with
    level and octave that fit the singer, measured on the first 10 s."""
    card = load_bundle(folder).card
    name = card.name
    say(f"{name}: singing through it")
    counts: Counter[str] = Counter()
    for file in SUNG:
        sung = read_sound(data / file, HEARD_RATE).samples
        profile = measure_profile(sung[: round(_CALIBRATED_S * HEARD_RATE)], HEARD_RATE, "singer")
        played = rendered(opened(folder, **profile.settings_for(card)), sung)
        counts.update(classifier.named(features(hear(played)), (VOICE, SINGERS[file])).tolist())
    return Called(name, counts)


def confusion_figures(calls: list[Called]) -> Figures:
    """Percent of the seconds of every row that were called each class, and the figures that they are held to."""
    figures = {f"confusion.{called.row}.{name}": called.percent(name) for called in calls for name in CLASSES}
    raw = next(called for called in calls if called.row == VOICE)
    figures["timbre.raw_voice_percent"] = raw.percent(VOICE)
    played = [called for called in calls if called.row != VOICE]
    for called in played:
        figures[f"timbre.{called.row}.right_percent"] = called.percent(scored(called.row))
        figures[f"timbre.{called.row}.voice_percent"] = called.percent(VOICE)
    if played:
        figures["timbre.mean_right_percent"] = float(np.mean([called.percent(scored(called.row)) for called in played]))
        figures["timbre.mean_voice_percent"] = float(np.mean([called.percent(VOICE) for called in played]))
    return figures
