"""The dataset on disk: safetensors files, one for each part of a recording, and one JSON file about all of them.

Nothing is pickled and nothing must fit into memory: a window of a part is read slice by slice through a memory map that
lasts for this one read, so that what was read before does not count as memory of the process.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from jambox.analysis import FEATURE_VERSION
from jambox.control.card import Quantiles, Source
from jambox.errors import BadInput

# 2: recordings are stored in parts, the long rests between them left out.
DATASET_FORMAT = 2
_READABLE_FORMATS = (1, 2)
INDEX_FILE = "dataset.json"
# Whoever walks over a whole recording holds so many frames of it at a time: 40 s, 7 MB.
CHUNK_FRAMES = 10_000
_COLUMNS = ("f0_hz", "loudness_db", "weight", "noise_weight", "levels_db")


class Entry(BaseModel):
    """One part of a recording of a dataset; first_frame says where in the recording it begins (control frames)."""

    model_config = ConfigDict(extra="forbid")
    file: str
    recording: str
    first_frame: int = 0
    source: str
    validation: bool
    n_frames: int
    n_believed: int
    highest_hz: float
    reverberant: bool
    weight: float


class DatasetIndex(BaseModel):
    """What a dataset holds and how its numbers came about."""

    model_config = ConfigDict(extra="forbid")
    format: int = DATASET_FORMAT
    name: str
    description: str
    licence: str
    sources: list[Source]
    sample_rate: int
    control_hop: int
    n_harmonics: int
    n_noise_bands: int
    feature_version: int
    feature_hash: str
    f0_hz: Quantiles
    loudness_db: Quantiles
    entries: list[Entry]
    dropped: dict[str, str] = {}
    training: dict[str, int | float] = {}
    command: str = ""

    def source_number(self, entry: Entry) -> int:
        """Which of `sources` a recording is of; 0 is the one whose instrument is learnt."""
        return next((number for number, source in enumerate(self.sources) if source.name == entry.source), 0)


@dataclass(frozen=True)
class Window:
    """Consecutive control frames of a recording: f0_hz, loudness_db, how much a frame teaches of harmonics (weight) and of
    noise (noise_weight), all [T], and levels_db [T,H+N]."""

    f0_hz: NDArray[np.float32]
    loudness_db: NDArray[np.float32]
    weight: NDArray[np.float32]
    noise_weight: NDArray[np.float32]
    levels_db: NDArray[np.float32]


class Dataset:
    """A dataset opened for reading; BadInput when the folder holds none, or one of other features."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        path = self.folder / INDEX_FILE
        try:
            self.index = DatasetIndex.model_validate_json(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadInput(f"{self.folder} is no dataset: it has no {INDEX_FILE}.") from error
        except ValidationError as error:
            raise BadInput(f"{path} is not the index of a dataset: {error.errors()[0]['msg']}.") from error
        if self.index.format not in _READABLE_FORMATS or self.index.feature_version != FEATURE_VERSION:
            raise BadInput(f"{self.folder} was prepared by another version of Jambox: prepare it again.")

    def identity(self) -> str:
        """Hash of the index: equal for equal recordings prepared alike, wherever they lie."""
        return hashlib.sha256(self.index.model_dump_json().encode()).hexdigest()

    def entries(self, *, validation: bool) -> list[Entry]:
        """Recordings on one side of the split."""
        return [entry for entry in self.index.entries if entry.validation == validation]

    def window(self, entry: Entry, first: int = 0, n_frames: int | None = None) -> Window:
        """Frames first ... first + n_frames of a recording (all of them by default)."""
        last = entry.n_frames if n_frames is None else first + n_frames
        f0_hz, loudness_db, weight, noise_weight, levels_db = self.columns(entry, _COLUMNS, first, last)
        return Window(f0_hz, loudness_db, weight, noise_weight, levels_db.astype(np.float32))

    def columns(self, entry: Entry, names: Sequence[str], first: int, last: int) -> list[NDArray[Any]]:
        """Frames first ... last of some columns as they lie on disk (levels_db as float16)."""
        with self._open(entry) as file:
            return [file.get_slice(name)[first:last] for name in names]

    @staticmethod
    def spans(entry: Entry) -> Iterator[tuple[int, int]]:
        """First and last frame of consecutive pieces of a recording, none longer than CHUNK_FRAMES."""
        for first in range(0, entry.n_frames, CHUNK_FRAMES):
            yield first, min(first + CHUNK_FRAMES, entry.n_frames)

    def samples(self, entry: Entry, first: int, n_samples: int) -> NDArray[np.float32]:
        """Audio of a recording from sample `first` on; zeros where it has ended."""
        audio = np.zeros(n_samples, dtype=np.float32)
        with self._open(entry) as file:
            whole = file.get_slice("audio")
            last = min(first + n_samples, whole.get_shape()[0])
            part = whole[first:last] if first < last else audio[:0]
        audio[: len(part)] = part
        return audio

    def _open(self, entry: Entry) -> Any:
        path = self.folder / entry.file
        try:
            return safe_open(path, framework="numpy")
        except (OSError, SafetensorError) as error:
            raise BadInput(f"{path} is missing or damaged: prepare the dataset again.") from error


def write_recording(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write one part of a recording so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, temporary)
    os.replace(temporary, path)


def write_index(folder: Path, index: DatasetIndex) -> None:
    """Write the index last: a folder without it is no dataset yet."""
    temporary = folder / f".{INDEX_FILE}.part"
    fields = index.model_dump()
    entries = ",\n".join(json.dumps(entry, separators=(",", ":"), ensure_ascii=False) for entry in fields.pop("entries"))
    rest = json.dumps(fields, indent=1, ensure_ascii=False).removesuffix("\n}")
    temporary.write_text(f'{rest},\n "entries": [\n{entries}\n ]\n}}\n', encoding="utf-8")
    os.replace(temporary, folder / INDEX_FILE)
