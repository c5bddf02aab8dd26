"""Where the settings of a run come from: defaults, then the recipe, then a TOML file, then `--set`, each over the last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jambox.settings import as_toml, layered
from jambox.settings import write_settings as write_settings
from jambox.train.config import TrainConfig


def layered_config(recipe: Mapping[str, Any], file: Path | None = None, entries: Iterable[str] = ()) -> TrainConfig:
    """The settings of a run; `entries` are `key=value` with the value as in TOML, a dot reaching into a table.

    BadInput, one sentence that names the layer and the entry, for what is unknown or out of range.
    """
    return layered(TrainConfig, [("The recipe's training", recipe)], file, entries)


def config_as_toml(config: TrainConfig) -> str:
    """All settings as a TOML file, each below its documentation."""
    return as_toml(config, "jambox train")
