"""Every figure of the instruments: `python -m tests.instruments.figures --data DIR` prints JSON.

--datasets DIR holds datasets by the names of the instruments (prepared where they are missing; default: the user's cache),
--models DIR the instruments (default: those shipped), --only THEME and --instrument NAME measure less.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import torch

from jambox.control.bundle import load_bundle
from tests.instruments.collection import MODELS, dataset, say, shipped
from tests.instruments.quality import own_figures, second_figures

Figures = dict[str, float]


def measure(
    data: Path,
    datasets: Path | None = None,
    models: Path = MODELS,
    names: list[str] | None = None,
    only: list[str] | None = None,
) -> Figures:
    """All figures by `theme.instrument.metric`; `data` is the folder of shared recordings."""
    torch.set_num_threads(1)
    figures: Figures = {}
    for name in names or shipped(models):
        bundle = load_bundle(models / name)
        themes: dict[str, Callable[[], Figures]] = {
            "own": lambda name=name, bundle=bundle: own_figures(dataset(name, data, datasets), bundle),
            "second": lambda name=name, bundle=bundle: second_figures(name, dataset(name, data, datasets), bundle, data),
        }
        for theme, run in themes.items():
            if only is None or theme in only:
                say(f"{name}: {theme}")
                figures.update({f"{theme}.{name}.{id}": round(value, 5) for id, value in run().items()})
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
