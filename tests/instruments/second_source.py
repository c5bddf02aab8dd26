"""Recordings of another library or another player, which no instrument learnt from, prepared like a dataset.

Their pitch is the tracker's where a second witness agrees within 50 cents: the exact pitch where the data hold it, else
pYIN. So of double stops, only what two trackers hear as one and the same pitch is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from jambox.errors import BadInput
from jambox.frames import control_hop_size
from jambox.train.dataset import INDEX_FILE, Dataset, DatasetIndex, Entry, write_index, write_recording
from jambox.train.judge.pitch import listen
from jambox.train.prepare import prepare_stretch
from jambox.train.recipe import RecipeSource
from jambox.train.recordings import TRAINING_RATE, Recording
from jambox.train.stretch import Stretch

AGREE_CENTS = 50.0
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 2200.0


@dataclass(frozen=True)
class SecondSource:
    """A file below the data root, who made it, up to where its spectrum reaches, and what must be said of it."""

    file: str
    by: str
    highest_hz: float = 18_000.0
    remark: str = ""


SMS = "MTG sms-tools"
SAX = SecondSource("test/saxophone_sms_sax-phrase.flac", SMS)
SECOND_SOURCES: dict[str, tuple[SecondSource, ...]] = {
    "violin": (
        SecondSource("test/violin_sms_violin-B3.flac", SMS),
        SecondSource(
            "test/violin_telmanyi_bwv1001_30s.flac",
            "Emil Telmanyi",
            10_000.0,
            "double stops: judged where two trackers hear one pitch",
        ),
    ),
    "cello": (SecondSource("test/cello_sms_cello-phrase.flac", SMS),),
    "flute": (SecondSource("test/flute_sms_flute-A4.flac", SMS),),
    "alto_sax": (SAX,),
    "tenor_sax": (SAX,),
    "oboe": (SecondSource("test/oboe_sms_oboe-A4.flac", SMS),),
    "trumpet": (
        SecondSource("test/trumpet_sms_trumpet-A4.flac", SMS),
        SecondSource("test/trumpet_sorohanro_phrase.flac", "Mihai Sorohan"),
    ),
    "clarinet": (SecondSource("pitch/sf_clarinet.flac", "Fluid R3", 16_000.0, "a sampler, no player"),),
}


def second_source_dataset(name: str, like: Dataset, data: Path, folder: Path) -> Dataset | None:
    """The second sources of an instrument as validation recordings, prepared into `folder` if they are not there yet; None
    where there are none. What else a dataset says is taken from `like`, the one that the instrument was trained on."""
    sources = SECOND_SOURCES.get(name, ())
    if not sources:
        return None
    if not (folder / INDEX_FILE).exists():
        entries = [entry for number, source in enumerate(sources) for entry in _prepared(source, number, data, folder)]
        fields = like.index.model_dump() | {"entries": [], "dropped": {}}
        write_index(folder, DatasetIndex.model_validate(fields).model_copy(update={"entries": entries}))
    return Dataset(folder)


def _prepared(source: SecondSource, number: int, data: Path, folder: Path) -> list[Entry]:
    """The parts of one recording measured and written, with the frames that a second witness denies left out."""
    path = data / source.file
    made_by = RecipeSource(
        name=source.by, licence="test", credit=source.by, files=[source.file], highest_hz=source.highest_hz
    )
    prepared = prepare_stretch(
        Stretch(Recording(path, source.file, made_by, validation=True), number), folder, keep_doubtful=False
    )
    if not prepared.entries:
        raise BadInput(f"{path} cannot be judged: {prepared.reason or 'no pitch that can be believed'}.")
    entries = []
    for entry in prepared.entries:
        arrays = load_file(folder / entry.file)
        agreed = _agreed(arrays["f0_hz"], arrays["audio"], path.with_suffix(".f0.csv"), entry.first_frame)
        arrays["weight"] = np.where(agreed, arrays["weight"], np.float32(0.0))
        write_recording(folder / entry.file, arrays)
        entries.append(entry.model_copy(update={"n_believed": int(np.count_nonzero(arrays["weight"] > 0.0))}))
    return [entry for entry in entries if entry.n_believed]


def _agreed(f0_hz: NDArray[np.float32], audio: NDArray[np.float32], exact: Path, first_frame: int) -> NDArray[np.bool_]:
    """Control frames in which the second witness hears a note within AGREE_CENTS of f0_hz [T], [T]; the part begins at
    first_frame of the recording, whose exact pitch may lie in the file `exact`."""
    time_s = (np.arange(len(f0_hz)) + 1) * control_hop_size(TRAINING_RATE) / TRAINING_RATE
    if exact.is_file():
        truth = np.loadtxt(exact, delimiter=",", comments="#")
        at_s = time_s + first_frame * control_hop_size(TRAINING_RATE) / TRAINING_RATE
        second = truth[np.minimum(np.searchsorted(truth[:, 0], at_s), len(truth) - 1), 1]
    else:
        heard, voiced = listen(audio, TRAINING_RATE, _LOWEST_HZ, _HIGHEST_HZ)
        nearest = np.minimum(np.rint(time_s / 0.01).astype(np.int64), len(heard) - 1)
        second = np.where(voiced, heard, 0.0)[nearest]
    cents = 1200.0 * np.log2(np.maximum(second, 1.0) / f0_hz)
    return np.asarray(np.abs(cents) <= AGREE_CENTS)
