"""Augmentation fills what was not recorded without inventing a timbre."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jambox.control.scaling import f0_scaled
from jambox.errors import BadInput
from jambox.train.augment import Dynamics, draw_interval_st, measure_dynamics, stretched
from jambox.train.batches import Side, regression_batch
from jambox.train.config import TrainConfig
from jambox.train.dataset import Dataset
from jambox.train.settings import layered_config


def test_intervals_are_drawn_for_the_share_that_was_asked_for() -> None:
    random = np.random.default_rng(0)
    drawn = np.array([draw_interval_st(random, 0.4, 2.0) for _ in range(4000)])
    assert abs(np.mean(drawn != 0.0) - 0.4) < 0.03
    assert np.max(np.abs(drawn)) <= 6.0
    assert draw_interval_st(random, 0.0, 2.0) == 0.0


def test_only_the_edges_of_the_recorded_dynamics_move_and_only_outwards() -> None:
    dynamics = Dynamics(np.full(128, -40.0), np.full(128, -15.0))
    loudness = np.linspace(-50.0, -10.0, 401).astype(np.float32)
    f0 = np.full(401, 440.0, dtype=np.float32)
    random = np.random.default_rng(1)
    for _ in range(20):
        moved = stretched(loudness, f0, dynamics, random, 1.0, 15.0)
        middle = (loudness > -36.9) & (loudness < -18.1)
        assert np.array_equal(moved[middle], loudness[middle])
        assert np.all(np.diff(moved) > 0.0)
        assert np.all(moved[loudness > -15.0] >= loudness[loudness > -15.0])
        assert np.all(moved[loudness < -40.0] <= loudness[loudness < -40.0])
        assert np.max(np.abs(moved - loudness)) <= 15.0


def test_a_note_told_as_its_neighbour_meets_the_body_where_it_sounds(dataset_folder: Path) -> None:
    dataset = Dataset(dataset_folder)
    config = TrainConfig(regression_batch=16, regression_frames=64, neighbour_share=1.0, neighbour_st=3.0, detune_cents=0.0)
    entries = dataset.entries(validation=False)
    batch = regression_batch(dataset, Side(entries), config, 0, measure_dynamics(dataset))
    np.testing.assert_allclose(batch.body_f0_scaled[..., 0], f0_scaled(batch.f0_hz.numpy()), atol=1e-6)
    told_st = 127.0 * (batch.f0_scaled - batch.body_f0_scaled)[..., 0].numpy()
    assert 1.0 < np.std(told_st[:, 0]) < 5.0
    plain = regression_batch(dataset, Side(entries), config, 0)
    assert np.max(np.abs(127.0 * (plain.f0_scaled - plain.body_f0_scaled).numpy())) < 0.3


def test_dynamics_are_those_of_the_recordings(dataset_folder: Path) -> None:
    dynamics = measure_dynamics(Dataset(dataset_folder))
    assert np.all(np.isfinite(dynamics.softest_db))
    assert np.all(dynamics.softest_db < dynamics.loudest_db)
    assert abs(dynamics.loudest_db[64] + 18.0) < 6.0


def test_a_recipe_with_an_unknown_setting_of_training_is_refused_by_its_name(dataset_folder: Path) -> None:
    dataset = Dataset(dataset_folder)
    assert layered_config(dataset.index.training).seed == 0
    dataset.index.training["regresion_steps"] = 5
    with pytest.raises(BadInput, match="regresion_steps"):
        layered_config(dataset.index.training)
