"""Reading an instrument without running anything in it: weights and card come out of `model.ts` as plain data. [main]

`model.ts` is a TorchScript archive, hence a zip. Export puts two extra files into it: the weights as safetensors and the
card as JSON. They are read with zipfile, so neither torch nor a pickle is involved, whatever else the archive holds.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors

from jambox.analysis import FEATURE_VERSION
from jambox.control.card import CARD_FORMAT, Card
from jambox.control.layout import tensor_shapes
from jambox.errors import BadModel

MODEL_FILE = "model.ts"
# What an instrument of another kind has in its place.
MODAL_FILE = "modal.safetensors"
CARD_FILE = "card.json"
WEIGHTS_ENTRY = "weights.safetensors"
CARD_ENTRY = "card.json"
_LARGEST_BYTES = 64_000_000


@dataclass(frozen=True)
class Bundle:
    """A checked instrument: its card and its tensors (float32, shapes of `layout.tensor_shapes`)."""

    path: Path
    card: Card
    tensors: Mapping[str, NDArray[np.float32]]


def model_file(path: Path | str) -> Path:
    """The model file that a folder or file path means, of whatever kind; BadModel if there is none."""
    path = Path(path)
    file = path
    if path.is_dir():
        file = next((path / name for name in (MODEL_FILE, MODAL_FILE) if (path / name).is_file()), path / MODEL_FILE)
    if not file.is_file():
        raise BadModel(f"{file} does not exist.")
    return file


def load_bundle(path: Path | str) -> Bundle:
    """The instrument in a folder (or `.ts` file); BadModel, one sentence with file and reason, if it cannot be played."""
    file = model_file(path)
    if file.name == MODAL_FILE:
        raise BadModel(f"{file} is of kind modal: it has no network.")
    card_bytes, weight_bytes = _read_entries(file)
    card = parse_card(card_bytes, file)
    try:
        tensors = load_safetensors(weight_bytes)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise BadModel(f"{file} is damaged: its weights cannot be read ({error}).") from error
    _check_tensors(file, card, tensors)
    return Bundle(file, card, tensors)


def has_bundle(path: Path | str) -> bool:
    """Whether a file carries weights and a card as plain data; False means that only torch could play it."""
    if model_file(path).name == MODAL_FILE:
        return True
    try:
        with zipfile.ZipFile(model_file(path)) as archive:
            names = {name.partition("/")[2] for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError) as error:
        raise BadModel(f"{path} is not an instrument: it is no TorchScript archive.") from error
    return {f"extra/{CARD_ENTRY}", f"extra/{WEIGHTS_ENTRY}"} <= names


def parse_card(text: bytes, file: Path) -> Card:
    """The card in `text`; BadModel naming `file` when it is no card, of another format, or made for other features."""
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise BadModel(f"{file} is damaged: its card is no JSON.") from error
    if not isinstance(fields, dict):
        raise BadModel(f"{file} is damaged: its card is no JSON object.")
    if fields.get("format") != CARD_FORMAT:
        raise BadModel(
            f"{file} has card format {fields.get('format')!r}; this version of Jambox reads format {CARD_FORMAT}."
        )
    if fields.get("kind") != "harmonic_noise":
        raise BadModel(f"{file} is of kind {fields.get('kind')!r}; this version of Jambox plays kind 'harmonic_noise'.")
    if fields.get("feature_version") != FEATURE_VERSION:
        raise BadModel(
            f"{file} was trained on feature version {fields.get('feature_version')!r}; "
            f"this version of Jambox hears version {FEATURE_VERSION}: train it again."
        )
    try:
        return Card.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadModel(f"{file} has a card with a wrong entry: {where}: {first['msg']}.") from error


def _read_entries(file: Path) -> tuple[bytes, bytes]:
    """Bytes of card and weights; a truncated or foreign archive is refused, as is one that would not fit in memory."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = {info.filename.partition("/")[2]: info for info in archive.infolist()}
            wanted = [entries.get(f"extra/{name}") for name in (CARD_ENTRY, WEIGHTS_ENTRY)]
            contents: list[bytes] = []
            for info in wanted:
                if info is None:
                    raise BadModel(f"{file} carries no Jambox weights: it can only be played by the torchscript runtime.")
                if info.file_size > _LARGEST_BYTES:
                    raise BadModel(f"{file} is too large for an instrument.")
                contents.append(archive.read(info))
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BadModel(f"{file} is not an instrument: it is no whole TorchScript archive ({error}).") from error
    return contents[0], contents[1]


def _check_tensors(file: Path, card: Card, tensors: Mapping[str, NDArray[np.float32]]) -> None:
    for name, shape in tensor_shapes(card).items():
        tensor = tensors.get(name)
        if tensor is None:
            raise BadModel(f"{file} has no weights named {name}.")
        if tensor.dtype != np.float32 or tensor.shape != shape:
            raise BadModel(f"{file} has weights {name} of shape {tensor.shape} {tensor.dtype}, not {shape} float32.")
        if not np.all(np.isfinite(tensor)):
            raise BadModel(f"{file} has weights {name} that are not finite numbers.")
    for name in ("pitch_range", "loudness_range"):
        if tensors[name][1] <= 0.0:
            raise BadModel(f"{file} has an empty {name}.")
