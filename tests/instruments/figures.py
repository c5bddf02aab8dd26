"""Every figure of the instruments: `python -m tests.instruments.figures --data DIR` prints JSON.

--datasets DIR holds datasets by the names of the instruments (prepared where they are missing; default: the user's cache),
--models DIR the instruments (default: those shipped); --only THEME and --instrument NAME measure less. Themes: own, other,
second, scale, articulation, timbre.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from jambox.control.bundle import load_bundle
from jambox.train.dataset import Dataset
from tests.instruments.articulation import STACCATO_ST, measured
from tests.instruments.classifier import trained
from tests.instruments.collection import MODELS, dataset, say, shipped
from tests.instruments.outside import (
    accuracy_figures,
    confusion_figures,
    raw_singing,
    transferred_singing,
)
from tests.instruments.picture import PICTURE, draw_confusion
from tests.instruments.quality import other_player_figures, own_figures, second_figures
from tests.instruments.scale import CLEARLY_OCTAVES, played_scale, recorded_brighter_octaves

Figures = dict[str, float]


def measure(
    data: Path,
    datasets: Path | None = None,
    models: Path = MODELS,
    names: list[str] | None = None,
    only: list[str] | None = None,
) -> Figures:
    """All figures by `theme.instrument.metric`, what could not be measured left out; `data`: the shared recordings."""
    torch.set_num_threads(1)
    names = names or shipped(models)
    figures: Figures = {}
    for name in names:
        for theme, run in _themes(name, models / name, data, datasets).items():
            if only is None or theme in only:
                say(f"{name}: {theme}")
                found = run()
                say("  " + ", ".join(f"{id} {value:.4g}" for id, value in found.items()))
                figures.update({f"{theme}.{name}.{id}": value for id, value in found.items()})
    if only is None or "timbre" in only:
        figures.update(timbre_figures([models / name for name in names], data))
    return {id: round(float(value), 5) for id, value in figures.items() if math.isfinite(value)}


def _themes(name: str, folder: Path, data: Path, datasets: Path | None) -> dict[str, Callable[[], Figures]]:
    """How each theme of one instrument is measured."""

    def prepared() -> Dataset:
        return dataset(name, data, datasets)

    return {
        "own": lambda: own_figures(prepared(), load_bundle(folder)),
        "other": lambda: other_player_figures(prepared(), load_bundle(folder)),
        "second": lambda: second_figures(name, prepared(), load_bundle(folder), data),
        "scale": lambda: scale_figures(name, folder, data),
        "articulation": lambda: articulation_figures(folder),
    }


def scale_figures(name: str, folder: Path, data: Path) -> Figures:
    """The chromatic scale, and whether the instrument turns brighter or darker with loudness as the recordings do."""
    played = played_scale(folder)
    recorded = recorded_brighter_octaves(data, name)
    clear = math.isfinite(recorded) and abs(recorded) >= CLEARLY_OCTAVES
    other_way = clear and played.brighter_octaves * recorded <= 0.0
    return {**asdict(played), "recorded_brighter_octaves": recorded, "other_way": float(other_way)}


def articulation_figures(folder: Path) -> Figures:
    """Short notes, a glide, attacks."""
    heard = measured(folder)
    return {
        **asdict(heard),
        "staccato_off": float(abs(heard.staccato - len(STACCATO_ST))),
        "glide_off": float(abs(heard.glide - 1)),
    }


def timbre_figures(folders: list[Path], data: Path) -> Figures:
    """What the classifier calls real recordings, singing, and singing through the instruments; draws the picture."""
    classifier = trained(data)
    calls = [raw_singing(classifier, data), *(transferred_singing(classifier, data, folder) for folder in folders)]
    figures = {**accuracy_figures(classifier, data), **confusion_figures(calls)}
    draw_confusion(calls, PICTURE)
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    parser.add_argument("--datasets", type=Path, help="folder of datasets by name")
    parser.add_argument("--models", type=Path, default=MODELS, help="folder of instruments by name")
    parser.add_argument("--instrument", action="append", help="judge this one alone; may be repeated")
    parser.add_argument("--only", action="append", help="measure this theme alone; may be repeated")
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.data, chosen.datasets, chosen.models, chosen.instrument, chosen.only), indent=1))
