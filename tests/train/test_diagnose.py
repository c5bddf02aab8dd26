"""Each disease is planted into a run, and told by its name; a healthy run is left in peace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from jambox.control.card import NetworkSizes
from jambox.errors import BadInput
from jambox.train.config import TrainConfig
from jambox.train.curves import CURVES_FILE, Point, append_point, read_curves, run_folder
from jambox.train.dataset import Dataset
from jambox.train.diagnose import Verdict, diagnose
from jambox.train.train import instrument_card
from jambox.train.trainer import Trainer
from tests.train.planted import NOTES_HZ, Levels, as_loud_as_input, plant

H = 100
TINY = TrainConfig(
    network=NetworkSizes(n_pitch=16, n_loudness=16, n_recurrent=24, n_hidden=32),
    regression_steps=120,
    regression_batch=6,
    regression_frames=100,
    regression_rate=1e-2,
    average_decay=0.9,
    spectral_steps=0,
    texture_weight=0.0,
    neighbour_share=0.0,
    stretched_share=0.0,
    validate_every=20,
    patience=0,
)


def verdict_of(folder: Path, config: TrainConfig = TINY) -> Verdict:
    torch.set_num_threads(1)
    dataset = Dataset(folder)
    trainer = Trainer(dataset, instrument_card(dataset, config), config)
    trainer.look()
    for _ in trainer.steps():
        if trainer.due():
            trainer.look()
    return diagnose(trainer.points)


def test_a_healthy_run_is_called_healthy(tmp_path: Path) -> None:
    verdict = verdict_of(plant(tmp_path))
    assert verdict.name == "healthy", verdict
    assert verdict.last_step == 120
    assert "times as far off" in verdict.in_words()


def own_timbre_of_every_note(
    levels: Levels, which: np.ndarray, loudness_db: np.ndarray, random: np.random.Generator, validation: bool
) -> Levels:
    """No law connects the recordings: what is learnt from one is wrong in the other."""
    own = np.random.default_rng(99 + validation).normal(0.0, 6.0, (8, levels.shape[1]))
    return levels + own[which]


@pytest.mark.parametrize("patience", [0, 2])
def test_twenty_seconds_learnt_by_heart_are_called_overfit_with_the_best_step_before_the_end(
    tmp_path: Path, patience: int
) -> None:
    folder = plant(tmp_path, own_timbre_of_every_note, n_training=1, n_validation=1, notes_each=40)
    assert Dataset(folder).entries(validation=False)[0].n_frames == 20 * 250
    verdict = verdict_of(folder, TINY.model_copy(update={"patience": patience}))
    assert verdict.name == "overfit", verdict
    assert 0 <= verdict.best_step < verdict.last_step
    assert verdict.last_step == 120 if patience == 0 else verdict.last_step < 120
    assert f"Best step: {verdict.best_step}" in verdict.in_words()


def test_a_run_that_hardly_learns_is_called_underfit(tmp_path: Path) -> None:
    verdict = verdict_of(plant(tmp_path), TINY.model_copy(update={"regression_rate": 1e-5, "regression_steps": 40}))
    assert verdict.name == "underfit", verdict
    assert "median timbre" in verdict.findings[0].evidence


def test_a_run_cut_off_while_it_learns_fast_is_called_underfit(tmp_path: Path) -> None:
    points = [point(step, fit=20.0 * 0.5 ** (step / 100)) for step in range(0, 101, 25)]
    verdict = diagnose(points)
    assert verdict.name == "underfit"
    assert "still learning" in verdict.findings[0].evidence


def test_an_output_that_collapsed_is_called_silent() -> None:
    verdict = diagnose([point(0, 20.0), point(50, 9.0), point(75, 8.1), point(100, 8.0, level_db=-40.0)])
    assert verdict.name == "silent"
    assert "40 dB softer than its input" in verdict.findings[0].evidence


def test_a_noise_branch_that_swallows_the_harmonics_is_called_noisy(tmp_path: Path) -> None:
    def noisy(
        levels: Levels, which: np.ndarray, loudness_db: np.ndarray, random: np.random.Generator, validation: bool
    ) -> Levels:
        if validation:
            return levels
        swallowed = levels.copy()
        swallowed[:, H:] = -12.0
        return swallowed

    verdict = verdict_of(plant(tmp_path, noisy), TINY.model_copy(update={"regression_steps": 60}))
    assert verdict.name == "noisy", verdict


def test_a_room_that_was_learnt_is_called_reverberant(tmp_path: Path) -> None:
    def with_tails(
        levels: Levels, which: np.ndarray, loudness_db: np.ndarray, random: np.random.Generator, validation: bool
    ) -> Levels:
        """Behind every loud note, and only there, a tail of noise 25 dB above what sounds."""
        since_loud = np.zeros(len(loudness_db))
        for t in range(1, len(loudness_db)):
            since_loud[t] = 0 if loudness_db[t] > -30.0 else since_loud[t - 1] + 1
        tail = (since_loud > 0) & (since_loud < 80) & (np.arange(len(loudness_db)) > 80)
        reverberant = levels.copy()
        reverberant[tail, H:] += 40.0
        return as_loud_as_input(reverberant, NOTES_HZ[which])

    verdict = verdict_of(plant(tmp_path, with_tails))
    assert "reverberant" in [finding.name for finding in verdict.findings], verdict


def point(step: int, fit: float = 5.0, validation: float | None = None, **output: float) -> Point:
    held_out = fit if validation is None else validation
    return Point(
        step=step,
        stage="levels",
        planned_steps=100,
        seconds=float(step),
        fit={"harmonics": fit, "total": fit},
        validation={"harmonics": held_out, "total": held_out},
        output={"level_db": 0.0, "hnr_db": 20.0, "recorded_hnr_db": 20.0, "tail_db": 0.0, **output},
        score=held_out,
    )


def test_a_gap_alone_is_no_overfit_while_held_out_recordings_still_get_better() -> None:
    fits, held_out = (20.0, 8.0, 4.0, 3.9), (20.0, 12.0, 8.0, 7.9)
    points = [point(25 * i, fit, other) for i, (fit, other) in enumerate(zip(fits, held_out, strict=True))]
    assert diagnose(points).name == "healthy"
    rising = [point(25 * i, fit, other) for i, (fit, other) in enumerate(zip(fits, (20.0, 7.0, 8.0, 9.0), strict=True))]
    verdict = diagnose(rising)
    assert (verdict.name, verdict.best_step) == ("overfit", 25)


def test_several_diseases_are_all_told() -> None:
    points = [point(0, 20.0), point(50, 6.0), point(75, 4.1), point(100, 4.0, hnr_db=5.0, tail_db=9.0)]
    assert [finding.name for finding in diagnose(points).findings] == ["noisy", "reverberant"]


def test_curves_are_read_back_even_when_a_kill_tore_the_last_line(tmp_path: Path) -> None:
    for step in (0, 50):
        append_point(tmp_path, point(step))
    with (tmp_path / CURVES_FILE).open("a") as file:
        file.write('{"step": 100, "sta')
    assert [p.step for p in read_curves(tmp_path)] == [0, 50]
    with pytest.raises(BadInput, match="no run of jambox train"):
        read_curves(tmp_path / "elsewhere")
    beside = tmp_path / "violin.run"
    beside.mkdir()
    assert run_folder(tmp_path / "violin") == beside
    assert run_folder(tmp_path) == tmp_path
