"""The gradients of descent against finite differences, its rules against what they promise, refinement against truth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from jambox.sines.continuation import autocorrelation, continue_range
from jambox.sines.descent import Descent, descend, squared_error
from jambox.sines.exponentials import Complex, Real, columns, powers, solve_amplitudes
from jambox.sines.gauss_newton import refine
from jambox.sines.losses import LOSSES, signal_gradient
from jambox.sines.mixtures import draw_mixtures
from jambox.sines.rules import RULES, steps_needed


def lost(x: Real, z: Complex, loss: str = "mse") -> float:
    """The loss with the amplitudes of least squares."""
    design = columns(z, x.shape[1])
    y = (solve_amplitudes(design, x)[:, None] @ design)[:, 0]
    return float(LOSSES[loss](torch.from_numpy(y), torch.from_numpy(x))[0])


@pytest.mark.parametrize("disc", [True, False])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_first_step_of_descent_goes_down_the_slope_of_finite_differences(disc: bool, loss: str) -> None:
    # Adam's first step is the rate times the sign of the slope.
    mixtures = draw_mixtures(np.random.default_rng(0), 1, 256, 2, snr_db=20.0)
    z = np.array([[0.9 * np.exp(0.8j), 0.95 * np.exp(2.0j)]]) if disc else np.exp(1j * np.array([[0.8, 2.0]]))
    rate, h = 1e-6, 1e-6
    gradient = squared_error if loss == "mse" else signal_gradient(loss)
    moved = descend(mixtures.x, z, Descent(disc, steps=1, rate=rate), gradient, keep_path=True).path[1] - z
    for k in range(2):
        for direction in (1.0, 1j) if disc else (1j * z[0, k],):
            step = np.zeros_like(z)
            step[0, k] = h * direction
            slope = (lost(mixtures.x, z + step, loss) - lost(mixtures.x, z - step, loss)) / (2.0 * h)
            taken = np.real(moved[0, k] * np.conj(direction))
            assert taken == pytest.approx(-rate * np.sign(slope), rel=1e-3)


def test_under_gauss_newton_quiet_sinusoids_arrive_as_soon_as_loud_ones_and_under_other_rules_they_do_not() -> None:
    needed = {rule: steps_needed(rule, 0, 6, 4, 256, 1000) for rule in RULES}
    assert needed["gauss-newton"]["arrived"] == 1.0
    assert needed["gauss-newton"]["steps"] <= 20
    for rule in ("none", "biggest and longest first"):
        assert needed[rule]["steps"] is None or needed[rule]["steps"] > 10 * needed["gauss-newton"]["steps"]
        assert needed[rule]["error_bins"][-1] < needed[rule]["error_bins"][0]


def test_refinement_finds_frequency_and_damping_of_each_to_rounding() -> None:
    rng = np.random.default_rng(3)
    z = rng.uniform(0.99, 0.999, (5, 3)) * np.exp(1j * np.array([0.4, 1.0, 2.0]))
    c = np.array([1.0, 0.1j, -0.01])
    x = np.sum(np.real(c[:, None] * powers(z, 512)), axis=1)
    start = z * np.exp(1j * rng.uniform(-0.003, 0.003, z.shape)) * 0.999
    found, amplitudes, steps = refine(x, start, 40, "frequency and damping")
    assert np.max(np.abs(found - z)) < 1e-9
    assert np.max(np.abs(amplitudes - c)) < 1e-7
    assert steps < 40
    held, _, _ = refine(x, start, 5)
    np.testing.assert_allclose(np.abs(held), np.abs(start), rtol=1e-12)


def test_refinement_never_ends_further_away_than_it_began() -> None:
    mixtures = draw_mixtures(np.random.default_rng(4), 50, 256, 3, snr_db=0.0)
    start = np.exp(1j * np.random.default_rng(5).uniform(0.1, 3.0, (50, 3)))
    ended, _, _ = refine(mixtures.x, start, 10, "frequency and damping")
    assert np.all(np.abs(ended) <= 1.0 + 1e-12)
    for trial in range(50):
        x = mixtures.x[trial : trial + 1]
        assert lost(x, ended[trial : trial + 1]) <= lost(x, start[trial : trial + 1]) * (1.0 + 1e-9)


def test_continuation_climbs_to_the_highest_point_of_the_periodogram() -> None:
    mixtures = draw_mixtures(np.random.default_rng(6), 20, 300, 1, snr_db=0.0)
    omega, steps = continue_range(mixtures.x, np.random.default_rng(7).uniform(0.0, np.pi, 20))
    size = 1 << 16
    highest = np.argmax(np.abs(np.fft.rfft(mixtures.x, size)), axis=1) * 2.0 * np.pi / size
    np.testing.assert_allclose(omega, highest, atol=2.0 * np.pi / size)
    assert steps < 100


def test_the_autocorrelation_is_that_of_numpy() -> None:
    x = np.random.default_rng(8).standard_normal(101)
    np.testing.assert_allclose(autocorrelation(x[None])[0], np.correlate(x, x, "full")[100:], atol=1e-10)
