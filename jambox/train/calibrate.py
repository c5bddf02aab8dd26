"""The ranges of a network's inputs, and median and spread of every output, set from the training side before step 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from jambox.control.model import HarmonicNoiseNetwork
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.errors import BadInput
from jambox.train.config import TrainConfig
from jambox.train.dataset import Dataset, Entry

_SMALLEST_SPREAD_DB = 2.0
_FRAMES_FOR_STATISTICS = 60_000


def calibrate(network: HarmonicNoiseNetwork, dataset: Dataset, entries: list[Entry], config: TrainConfig) -> None:
    """Set them from at most some 60 000 frames, drawn evenly however many there are; BadInput if there is none."""
    index = dataset.index
    random = np.random.default_rng([config.seed, 0])
    share = min(1.0, _FRAMES_FOR_STATISTICS / sum(entry.n_believed for entry in entries))
    rows = []
    for entry in entries:
        for first, last in dataset.spans(entry):
            weight, levels_db = dataset.columns(entry, ("weight", "levels_db"), first, last)
            chosen = (weight > 0.5) & (random.random(last - first) < share)
            rows.append(levels_db[chosen].astype(np.float32))
    levels = np.concatenate(rows)
    if len(levels) == 0:
        raise BadInput(f"{dataset.folder} has too little to learn from: hardly a frame of it is loud and clear.")
    low, middle, high = np.percentile(levels, [16.0, 50.0, 84.0], axis=0)
    with torch.no_grad():
        network.level_median.copy_(torch.from_numpy(middle))
        network.level_spread.copy_(torch.from_numpy(np.maximum((high - low) / 2.0, _SMALLEST_SPREAD_DB)))
        network.pitch_range.copy_(_centre_and_half(f0_scaled([index.f0_hz.p01, index.f0_hz.p99])))
        # The softest frames are the ends of notes, where hiss and room take over: they are not the softest way to play.
        network.loudness_range.copy_(_centre_and_half(loudness_scaled([index.loudness_db.p05, index.loudness_db.p99])))
        network.head.weight.mul_(0.1)
        network.head.bias.zero_()


def _centre_and_half(ends: Any) -> Tensor:
    return torch.tensor([(ends[0] + ends[1]) / 2.0, max((ends[1] - ends[0]) / 2.0, 1e-3)], dtype=torch.float32)
