"""Training holds a bounded part of its dataset in memory, however long and however many the recordings are."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from jambox.control.model import HarmonicNoiseNetwork
from jambox.train import calibrate as calibration
from jambox.train.augment import measure_dynamics
from jambox.train.batches import ALONE, Side, Tables, regression_batch, spectral_batch
from jambox.train.dataset import Dataset
from jambox.train.train import instrument_card
from jambox.train.trainer import Trainer
from tests.train.planted import lengthened, plant, repeated
from tests.train.test_diagnose import TINY

SMALL = TINY.model_copy(update={"spectral_batch": 2, "spectral_frames": 40, "burn_in_frames": 10})


def peak(work: Callable[[], object]) -> int:
    """Bytes that `work` held at most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def walked(folder: Path) -> dict[str, int]:
    """Peak memory of everything that walks over a dataset or draws from it."""
    dataset = Dataset(folder)
    entries = dataset.entries(validation=False)
    network = HarmonicNoiseNetwork(instrument_card(dataset, SMALL))
    side, tables = Side(entries), Tables.of(dataset, SMALL, ALONE)
    return {
        "calibrate": peak(lambda: calibration.calibrate(network, dataset, entries, SMALL)),
        "dynamics": peak(lambda: measure_dynamics(dataset)),
        "levels": peak(lambda: regression_batch(dataset, side, SMALL, 1)),
        "sound": peak(lambda: spectral_batch(dataset, side, SMALL, 1, tables)),
    }


def test_memory_does_not_grow_with_the_number_of_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "_FRAMES_FOR_STATISTICS", 1000)
    original = plant(tmp_path / "one", n_training=1, n_validation=1, notes_each=4)
    few, many = (walked(repeated(original, tmp_path / str(n), n)) for n in (10, 200))
    for name, held in many.items():
        assert held < few[name] + 1_000_000, (name, few, many)


def test_memory_does_not_grow_with_the_length_of_a_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "_FRAMES_FOR_STATISTICS", 1000)
    monkeypatch.setattr("jambox.train.dataset.CHUNK_FRAMES", 500)
    short, long = (walked(plant(tmp_path / str(n), n_training=1, n_validation=1, notes_each=n)) for n in (8, 160))
    for name, held in long.items():
        assert held < short[name] + 1_000_000, (name, short, long)


def test_calibration_in_pieces_is_that_of_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = Dataset(plant(tmp_path, n_training=2, n_validation=1, notes_each=8))
    card = instrument_card(dataset, TINY)
    whole = Trainer(dataset, card, TINY)
    monkeypatch.setattr("jambox.train.dataset.CHUNK_FRAMES", 77)
    pieces = Trainer(dataset, card, TINY)
    assert torch.equal(whole.network.level_median, pieces.network.level_median)
    assert torch.equal(whole.network.level_spread, pieces.network.level_spread)
    assert np.array_equal(whole.dynamics.loudest_db, pieces.dynamics.loudest_db)


_EIGHT_HOURS = """
import json, sys
import torch
from jambox.train.config import TrainConfig
from jambox.train.dataset import Dataset
from jambox.train.run import peak_memory_mb
from jambox.train.train import instrument_card
from jambox.train.trainer import Trainer

torch.set_num_threads(1)
config = TrainConfig(regression_steps=6, spectral_steps=3, validate_every=5)
dataset = Dataset(sys.argv[1])
trainer = Trainer(dataset, instrument_card(dataset, config), config)
trainer.look()
for _ in trainer.steps():
    if trainer.due():
        trainer.look()
hours = sum(entry.n_frames for entry in dataset.index.entries) / 250 / 3600
print(json.dumps({"hours": hours, "peak_mb": peak_memory_mb()}))
"""


@pytest.mark.soak
@pytest.mark.parametrize(("times", "recordings"), [(1, 7200), (900, 8)], ids=["4 s each", "1 hour each"])
def test_eight_hours_take_less_than_two_gigabytes(tmp_path: Path, times: int, recordings: int) -> None:
    short = plant(tmp_path / "short", n_training=1, n_validation=1, notes_each=8)
    folder = repeated(lengthened(short, tmp_path / "one", times), tmp_path / "eight", recordings // 2)
    done = subprocess.run([sys.executable, "-c", _EIGHT_HOURS, str(folder)], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["hours"] == pytest.approx(8.0, rel=0.01)
    assert told["peak_mb"] < 2000.0, told
