"""Settings of a job as layers: defaults, then TOML files or tables, then `--set key=value`, each over the last. [main]

The settings themselves are a pydantic model whose fields carry their documentation.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from jambox.errors import BadInput

Layer = dict[str, Any]
M = TypeVar("M", bound=BaseModel)


def layered(
    kind: type[M],
    layers: Iterable[tuple[str, Mapping[str, Any]]] = (),
    file: Path | None = None,
    entries: Iterable[str] = (),
) -> M:
    """Settings of `kind`: named layers, then a TOML file, then `entries` as `key=value` (the value as in TOML, a dot
    reaching into a table).

    BadInput, one sentence that names the layer and the entry, for what is unknown or out of range.
    """
    settings: Layer = {}
    config = kind()
    for origin, layer in layers:
        config = _checked(kind, settings, dict(layer), origin)
    if file is not None:
        config = _checked(kind, settings, _read(file), str(file))
    for entry in entries:
        config = _checked(kind, settings, _parsed(entry), f"--set {entry}")
    return config


def as_toml(config: BaseModel, command: str) -> str:
    """All settings as a TOML file, each below its documentation; `command` is whose they are."""
    lines = [f"# Settings of {command}; whatever is left out keeps its default."]
    tables: list[str] = []
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            entries = [f"{key} = {json.dumps(entry)}" for key, entry in value.model_dump().items()]
            tables += ["", f"# {field.description}", f"[{name}]", *entries]
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


def _checked(kind: type[M], settings: Layer, layer: Layer, origin: str) -> M:
    """Put a layer over the settings so far and check them: what is wrong now was wrong in this layer."""
    tables = _tables(kind)
    for name, value in layer.items():
        if isinstance(value, dict) and name in tables:
            settings[name] = {**settings.get(name, {}), **value}
        else:
            settings[name] = value
    try:
        return kind.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            table = tables.get(str(first["loc"][0]), kind)
            raise BadInput(
                f"{origin} has a wrong entry: there is no setting {where}, only {', '.join(table.model_fields)}."
            ) from error
        raise BadInput(f"{origin} has a wrong entry: {where}: {first['msg']}.") from error


def _tables(kind: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The settings that are tables of their own."""
    fields = {name: field.annotation for name, field in kind.model_fields.items()}
    return {name: inner for name, inner in fields.items() if isinstance(inner, type) and issubclass(inner, BaseModel)}


def _read(file: Path) -> Layer:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(f"{file} does not exist.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read as text.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{file} is no TOML: {error}.") from error


def _parsed(entry: str) -> Layer:
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
