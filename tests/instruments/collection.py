"""Which instruments are judged, and the datasets that they are judged on."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from jambox.analysis import feature_hash
from jambox.config import cache_folder
from jambox.control.bundle import MODEL_FILE, load_bundle
from jambox.errors import BadModel
from jambox.train.dataset import INDEX_FILE, Dataset
from jambox.train.prepare import prepare

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
# In the order of the tables; what is not in `models` yet is left out.
ORDER = ("violin", "cello", "flute", "alto_sax", "tenor_sax", "clarinet", "oboe", "trumpet")
RECIPES = MODELS / "recipes"


def shipped(models: Path = MODELS) -> list[str]:
    """Names of the instruments in `models` that this version plays, in the order of the tables."""
    return [name for name in ORDER if (models / name / MODEL_FILE).is_file() and _plays(models / name)]


def _plays(folder: Path) -> bool:
    try:
        load_bundle(folder)
    except BadModel:
        return False
    return True


def dataset(name: str, data: Path, datasets: Path | None = None, recipes: Path = RECIPES) -> Dataset:
    """The dataset of an instrument's recipe in `datasets`, prepared if it is not there.

    By default it lies in the user's cache, in a folder named by what it depends on: the recipe and the analysis.
    """
    recipe = recipes / f"{name}.toml"
    if datasets is None:
        digest = hashlib.sha256(recipe.read_bytes() + feature_hash().encode()).hexdigest()[:12]
        datasets = cache_folder() / "datasets" / digest
    folder = datasets / name
    if not (folder / INDEX_FILE).exists():
        say(f"preparing {folder}")
        prepare(recipe, folder, data=data, quiet=True)
    return Dataset(folder)


def say(text: str) -> None:
    """Progress, beside the figures on the standard output."""
    print(text, file=sys.stderr, flush=True)
