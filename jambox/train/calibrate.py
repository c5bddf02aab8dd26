"""The ranges of the inputs, median and spread of every output, and the body: set from the training side before step 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jambox.control.layout import BODY_UNIT_DB
from jambox.control.model import HarmonicNoiseNetwork
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.errors import BadInput
from jambox.train.body import body_db, find_body
from jambox.train.config import TrainConfig
from jambox.train.dataset import Dataset, Entry

_SMALLEST_SPREAD_DB = 2.0
_FRAMES_FOR_STATISTICS = 60_000
_FRAMES_FOR_BODY = 10_000

Vector = NDArray[Any]


def calibrate(network: HarmonicNoiseNetwork, dataset: Dataset, entries: list[Entry], config: TrainConfig) -> None:
    """Set them from at most some 60 000 frames, drawn evenly however many there are; BadInput if there is none."""
    index = dataset.index
    random = np.random.default_rng([config.seed, 0])
    share = min(1.0, _FRAMES_FOR_STATISTICS / sum(entry.n_believed for entry in entries))
    rows = []
    for entry in entries:
        for first, last in dataset.spans(entry):
            weight, *columns = dataset.columns(entry, ("weight", "f0_hz", "loudness_db", "levels_db"), first, last)
            chosen = (weight > 0.5) & (random.random(last - first) < share)
            rows.append(
                [*(column[chosen].astype(np.float32) for column in columns), np.full(chosen.sum(), entry.highest_hz)]
            )
    f0_hz, loudness_db, levels, highest_hz = (np.concatenate(column) for column in zip(*rows, strict=True))
    if len(levels) == 0:
        raise BadInput(f"{dataset.folder} has too little to learn from: hardly a frame of it is loud and clear.")
    body = _found_body(f0_hz, loudness_db, levels[:, : index.n_harmonics], highest_hz)
    levels[:, : index.n_harmonics] -= body_db(body, f0_hz, index.n_harmonics)
    low, middle, high = np.percentile(levels, [16.0, 50.0, 84.0], axis=0)
    with torch.no_grad():
        network.body.copy_(torch.from_numpy(body / BODY_UNIT_DB))
        network.level_median.copy_(torch.from_numpy(middle))
        network.level_spread.copy_(torch.from_numpy(np.maximum((high - low) / 2.0, _SMALLEST_SPREAD_DB)))
        network.pitch_range.copy_(_centre_and_half(f0_scaled([index.f0_hz.p01, index.f0_hz.p99])))
        # The softest frames are the ends of notes, where hiss and room take over: they are not the softest way to play.
        network.loudness_range.copy_(_centre_and_half(loudness_scaled([index.loudness_db.p05, index.loudness_db.p99])))
        network.head.weight.mul_(0.1)
        network.head.bias.zero_()


def _found_body(f0_hz: Vector, loudness_db: Vector, harmonics_db: Vector, highest_hz: Vector) -> Vector:
    """The body's response, from a part of the frames: loud harmonics count, and none above what the recording holds."""
    some = slice(None, None, max(1, len(f0_hz) // _FRAMES_FOR_BODY))
    f0_hz, loudness_db, harmonics_db = f0_hz[some], loudness_db[some], harmonics_db[some].astype(np.float64)
    k = np.arange(1, harmonics_db.shape[1] + 1)
    loud = np.clip((harmonics_db - harmonics_db.max(axis=1, keepdims=True) + 80.0) / 80.0, 0.0, 1.0)
    return find_body(f0_hz, loudness_db, harmonics_db, loud * (f0_hz[:, None] * k < highest_hz[some][:, None]))


def _centre_and_half(ends: Any) -> Tensor:
    return torch.tensor([(ends[0] + ends[1]) / 2.0, max((ends[1] - ends[0]) / 2.0, 1e-3)], dtype=torch.float32)
