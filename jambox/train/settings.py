"""Where the settings of a run come from: defaults, then the recipe, then a TOML file, then `--set`, each over the last."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from jambox.control.card import NetworkSizes
from jambox.errors import BadInput
from jambox.train.config import TrainConfig

Settings = dict[str, Any]


def layered_config(recipe: Mapping[str, Any], file: Path | None = None, entries: Iterable[str] = ()) -> TrainConfig:
    """The settings of a run; `entries` are `key=value` with the value as in TOML, a dot reaching into a table.

    BadInput, one sentence that names the layer and the entry, for what is unknown or out of range.
    """
    settings: Settings = {}
    config = _checked(settings, dict(recipe), "The recipe's training")
    if file is not None:
        config = _checked(settings, _read(file), str(file))
    for entry in entries:
        config = _checked(settings, _parsed(entry), f"--set {entry}")
    return config


def config_as_toml(config: TrainConfig) -> str:
    """All settings as a TOML file, each below its documentation."""
    lines = ["# Settings of jambox train; whatever is left out keeps its default."]
    tables: list[str] = []
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            sizes = [f"{key} = {json.dumps(size)}" for key, size in value.model_dump().items()]
            tables += ["", f"# {field.description}", f"[{name}]", *sizes]
        else:
            lines += ["", f"# {field.description}", f"{name} = {json.dumps(value)}"]
    return "\n".join([*lines, *tables]) + "\n"


def write_settings(file: Path, text: str) -> None:
    """Write a settings file, whole or not at all; BadInput if it cannot be written or is there already."""
    if file.exists():
        raise BadInput(f"{file} is there already: give another name, so that your settings are not lost.")
    temporary = file.with_name(f".{file.name}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, file)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}.") from error


def _checked(settings: Settings, layer: Settings, origin: str) -> TrainConfig:
    """Put a layer over the settings so far and check them: what is wrong now was wrong in this layer."""
    for name, value in layer.items():
        if isinstance(value, dict) and name == "network":
            settings[name] = {**settings.get(name, {}), **value}
        else:
            settings[name] = value
    try:
        return TrainConfig.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = NetworkSizes.model_fields if where.startswith("network.") else TrainConfig.model_fields
            raise BadInput(f"{origin} has a wrong entry: there is no setting {where}, only {', '.join(known)}.") from error
        raise BadInput(f"{origin} has a wrong entry: {where}: {first['msg']}.") from error


def _read(file: Path) -> Settings:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(f"{file} does not exist.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read as text.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{file} is no TOML: {error}.") from error


def _parsed(entry: str) -> Settings:
    """`key=value` as a layer; a value that is no TOML is taken as a word."""
    key, equals, text = (part.strip() for part in entry.partition("="))
    if not equals or not key or not text:
        raise BadInput(f"--set takes key=value, not {entry!r}.")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    outer, dot, inner = key.partition(".")
    return {outer: {inner: value}} if dot else {key: value}
