"""What each way to find frequencies achieves: the laboratory's promises, on seeds of their own."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.sines.methods import METHODS, Outcome, assess
from jambox.sines.mixtures import draw_mixtures, draw_pairs, frequency_bound


def tried(method: str, n_trials: int, n_samples: int, n_sines: int, snr_db: float = np.inf) -> tuple[Outcome, float]:
    """The outcome, and the mean squared error of the successes over the Cramer-Rao bound."""
    mixtures = draw_mixtures(np.random.default_rng(11), n_trials, n_samples, n_sines, snr_db)
    outcome = assess(METHODS[method](mixtures.x, n_sines, np.random.default_rng(12)), mixtures)
    bound = frequency_bound(np.abs(mixtures.c), mixtures.noise[:, None], n_samples)
    good = outcome.success
    return outcome, float(np.mean(outcome.squared_error[good] / bound[good])) if np.isfinite(snr_db) else np.nan


def test_from_a_hundred_random_starts_descent_on_frequency_itself_finds_next_to_nothing() -> None:
    assert np.mean(tried("direct", 100, 1024, 1)[0].success) <= 0.10


def test_from_a_hundred_random_starts_the_surrogate_arrives() -> None:
    assert np.mean(tried("surrogate", 100, 1024, 1)[0].success) >= 0.95


@pytest.mark.parametrize(("snr_db", "least"), [(np.inf, 0.99), (40.0, 0.99), (0.0, 0.95)])
def test_continuation_arrives_in_noise_too_and_near_the_cramer_rao_bound(snr_db: float, least: float) -> None:
    outcome, over_bound = tried("continuation", 200, 1024, 1, snr_db)
    assert np.mean(outcome.success) >= least
    assert not over_bound > 3.0


@pytest.mark.parametrize("n_sines", [2, 8])
def test_the_hybrid_takes_mixtures_apart_to_the_last_digits(n_sines: int) -> None:
    outcome, _ = tried("hybrid", 5, 4096, n_sines)
    assert outcome.success.all()
    assert np.max(outcome.residual_db) <= -100.0


def test_neighbours_one_bin_apart_are_told_apart_by_the_hybrid_and_not_by_one_look_at_the_peaks() -> None:
    mixtures = draw_pairs(np.random.default_rng(13), 50, 512, 1.0, 40.0)
    assert np.allclose(np.diff(mixtures.omega), 2.0 * np.pi / 512)
    share = {
        method: np.mean(assess(METHODS[method](mixtures.x, 2, np.random.default_rng(0)), mixtures).success)
        for method in ("hybrid", "classical")
    }
    assert share["hybrid"] >= 0.98
    assert share["classical"] < 0.6
