"""Augmentation fills what was not recorded without inventing a timbre."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jambox.errors import BadInput
from jambox.train.augment import Dynamics, draw_interval_st, measure_dynamics, stretched, transposed
from jambox.train.dataset import Dataset
from jambox.train.train import default_config


def test_a_transposed_note_keeps_its_envelope_in_hz() -> None:
    k = np.arange(1, 101)

    def envelope(f_hz: np.ndarray) -> np.ndarray:
        return -10.0 * np.log2(f_hz / 200.0) + 3.0 * np.sin(f_hz / 900.0)

    levels = np.concatenate([envelope(200.0 * k), np.full(65, -30.0)])[None].astype(np.float32)
    for interval_st in (-3.0, 2.5):
        moved = transposed(levels, interval_st, 100)[0]
        f_hz = 200.0 * 2.0 ** (interval_st / 12.0) * k
        inside = (f_hz > 600.0) & (f_hz < 20_000.0)
        assert np.max(np.abs(moved[:100] - envelope(f_hz))[inside]) < 0.7
        assert np.array_equal(moved[100:], levels[0, 100:])
    assert np.max(np.abs(transposed(levels, 0.0, 100) - levels)) < 1e-5


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


def test_dynamics_are_those_of_the_recordings(dataset_folder: Path) -> None:
    dynamics = measure_dynamics(Dataset(dataset_folder))
    assert np.all(np.isfinite(dynamics.softest_db))
    assert np.all(dynamics.softest_db < dynamics.loudest_db)
    assert abs(dynamics.loudest_db[64] + 18.0) < 6.0


def test_a_recipe_with_an_unknown_setting_of_training_is_refused_by_its_name(dataset_folder: Path) -> None:
    dataset = Dataset(dataset_folder)
    assert default_config(dataset).seed == 0
    dataset.index.training["regresion_steps"] = 5
    with pytest.raises(BadInput, match="regresion_steps"):
        default_config(dataset)
