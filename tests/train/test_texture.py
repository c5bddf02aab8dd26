"""How far harmonics stand out from their neighbours: known in closed form, and learnt."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from jambox.train.losses import regression_loss

N_HARMONICS, N_BANDS = 40, 65


def terms(predicted: Tensor, target: Tensor, weight: Tensor) -> dict[str, Tensor]:
    shape = target.shape[:2]
    f0_hz, highest_hz = torch.full(shape, 220.0), torch.full(shape, 16_000.0)
    return regression_loss(predicted, target, weight, torch.ones(shape), f0_hz, highest_hz, N_HARMONICS)


def levels(batch: int, frames: int, ragged_db: float = 0.0, seed: int = 0) -> Tensor:
    """A slope of 1 dB a harmonic, every other one raised and lowered by ragged_db (random signs where seed > 0)."""
    signs = torch.ones(batch, frames, N_HARMONICS)
    signs[..., 1::2] = -1.0
    if seed:
        random = torch.Generator().manual_seed(seed)
        signs = torch.sign(torch.rand(batch, frames, N_HARMONICS, generator=random) - 0.5)
    harmonics = -torch.arange(float(N_HARMONICS)) + ragged_db * signs
    return torch.cat([harmonics, torch.full((batch, frames, N_BANDS), -60.0)], dim=-1)


def test_the_term_is_the_difference_of_the_mean_second_differences() -> None:
    # Each harmonic lies 2 r above or below the middle of its neighbours.
    weight = torch.ones(3, 5)
    for ours_db, theirs_db in ((0.0, 3.0), (1.0, 3.0), (3.0, 3.0), (5.0, 3.0)):
        found = terms(levels(3, 5, ours_db), levels(3, 5, theirs_db), weight)["texture"]
        assert float(found) == pytest.approx(abs(2 * ours_db - 2 * theirs_db), abs=1e-5)


def test_where_the_pitch_is_not_believed_nothing_counts() -> None:
    target = levels(2, 4, 3.0)
    target[1] = levels(1, 4, 40.0)[0]
    weight = torch.tensor([1.0, 0.0])[:, None].expand(2, 4)
    assert float(terms(levels(2, 4, 1.0), target, weight)["texture"]) == pytest.approx(4.0, abs=1e-5)


def test_which_harmonics_stand_out_does_not_matter_to_it() -> None:
    other = terms(levels(32, 64, 3.0, seed=1), levels(32, 64, 3.0, seed=2), torch.ones(32, 64))["texture"]
    assert float(other) < 0.15


def test_descent_makes_smooth_harmonics_as_ragged_as_the_recording() -> None:
    target, weight = levels(8, 16, 3.0, seed=4), torch.ones(8, 16)
    mine = (levels(8, 16, 0.0) + 0.1 * levels(8, 16, 1.0, seed=6)).requires_grad_()
    optimizer = torch.optim.Adam([mine], lr=0.2)
    for _ in range(60):
        optimizer.zero_grad()
        loss = terms(mine, target, weight)["texture"]
        loss.backward()
        optimizer.step()
    assert float(terms(mine, target, weight)["texture"].detach()) < 0.3
