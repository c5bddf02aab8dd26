"""The methods side by side: over noise, over the number of sinusoids, under each loss and step rule.

Every figure is one of random trials, the same for the same seed; CPU seconds alone differ between two runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from threadpoolctl import threadpool_limits

from jambox.errors import BadInput
from jambox.sines.losses import LOSSES, signal_gradient
from jambox.sines.methods import METHODS, assess, surrogate
from jambox.sines.mixtures import draw_mixtures, draw_pairs, frequency_bound
from jambox.sines.rules import RULES, steps_needed

Tell = Callable[[float, str], None]
FORMAT = 1
_RULE_SINES = 4


class BenchSettings(BaseModel):
    """The defaults take about 5 minutes of one core, the quick ones less than one."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    seed: int = Field(default=0, ge=0)
    """Chance itself: the same seed, the same figures."""
    n_samples: int = Field(default=1024, ge=64, le=65_536)
    """Length of a signal."""
    trials: int = Field(default=100, ge=1)
    """Random signals, each with a random start, behind every share."""
    methods: list[str] = list(METHODS)
    """Which methods."""
    snr_db: list[FiniteFloat] = [-10.0, -5.0, 0.0, 5.0, 10.0, 20.0, 40.0, 60.0]
    """Power of one sinusoid over that of the noise, in dB."""
    n_sines: list[int] = [1, 2, 4, 8, 16]
    """How many sinusoids at once, at least 2 bins and at most 20 dB apart."""
    mixture_trials: int = Field(default=25, ge=1)
    """Random signals behind every share where there are several sinusoids."""
    mixture_snr_db: FiniteFloat = 40.0
    """Power of those sinusoids over that of the noise, in dB."""
    gap_bins: list[float] = [1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0]
    """How far apart two sinusoids lie, in bins of 2 pi / n_samples."""
    losses: list[str] = list(LOSSES)
    """Losses that the surrogate is tried under, one sinusoid without noise."""
    loss_trials: int = Field(default=25, ge=1)
    """Random signals behind every share of a loss."""
    rule_trials: int = Field(default=20, ge=1)
    """Mixtures that the step rules are tried on."""
    rule_steps: int = Field(default=4000, ge=1)
    """Steps after which a rule is given up."""


QUICK = {
    "trials": 20,
    "snr_db": [0.0, 20.0, 60.0],
    "n_sines": [1, 2, 4],
    "mixture_trials": 8,
    "gap_bins": [1.0, 2.0, 4.0],
    "losses": ["mse", "mae", "dft_magnitude"],
    "loss_trials": 8,
    "rule_trials": 5,
    "rule_steps": 1000,
}


def check_settings(settings: BenchSettings) -> None:
    """BadInput for a method or a loss that does not exist, or sinusoids that have no room."""
    for kind, named, known in (("method", settings.methods, METHODS), ("loss", settings.losses, LOSSES)):
        for name in named:
            if name not in known:
                raise BadInput(f"There is no {kind} {name!r}, only {', '.join(known)}.")
    if any(not 0.1 <= gap <= settings.n_samples / 16 for gap in settings.gap_bins):
        raise BadInput(f"Two sinusoids lie between 0.1 and {settings.n_samples / 16:g} bins apart.")
    if any(not 1 <= count <= settings.n_samples // 16 for count in settings.n_sines):
        raise BadInput(f"Between 1 and {settings.n_samples // 16} sinusoids have room in {settings.n_samples} samples.")


def run_bench(settings: BenchSettings, tell: Tell = lambda share, words: None) -> dict[str, Any]:
    """The report: `over_snr`, `over_n_sines`, `over_gap`, `losses`, `rules`, each a list of figures.

    `tell` hears how far it is. BadInput for settings that make no sense.
    """
    check_settings(settings)
    parts = list(_parts(settings))
    report: dict[str, Any] = {"format": FORMAT, "settings": settings.model_dump()}
    with threadpool_limits(1):  # small matrices gain nothing from threads
        for at, (section, words, measure) in enumerate(parts):
            tell(at / len(parts), words)
            started = time.process_time()
            figures = measure()
            figures["cpu_s"] = round(time.process_time() - started, 2)
            report.setdefault(section, []).append(figures)
    tell(1.0, "done")
    return report


def _parts(s: BenchSettings) -> Iterator[tuple[str, str, Callable[[], dict[str, Any]]]]:
    """What there is to measure: its section, a few words, and how."""
    for method in s.methods:
        for snr_db in s.snr_db:
            yield "over_snr", f"{method}, {snr_db:g} dB", partial(_tried, s, method, 1, snr_db, s.trials)
        for n in s.n_sines:
            work = partial(_tried, s, method, n, s.mixture_snr_db, s.mixture_trials)
            yield "over_n_sines", f"{method}, sinusoids: {n}", work
        for gap in s.gap_bins:
            yield "over_gap", f"{method}, {gap:g} bins apart", partial(_told_apart, s, method, gap)
    for loss in s.losses:
        yield "losses", f"surrogate under {loss}", partial(_under_loss, s, loss)
    for rule in RULES:
        work = partial(steps_needed, rule, s.seed, s.rule_trials, _RULE_SINES, s.n_samples, s.rule_steps)
        yield "rules", f"rule: {rule}", work


def _tried(settings: BenchSettings, method: str, n_sines: int, snr_db: float, n_trials: int) -> dict[str, Any]:
    """A method on random mixtures; the same mixtures and the same starts for every method."""
    drawn = np.random.default_rng([settings.seed, n_sines, 1])
    started = np.random.default_rng([settings.seed, n_sines, 2])
    mixtures = draw_mixtures(drawn, n_trials, settings.n_samples, n_sines, snr_db)
    estimate = METHODS[method](mixtures.x, n_sines, started)
    outcome = assess(estimate, mixtures)
    good = outcome.success
    bound = frequency_bound(np.abs(mixtures.c), mixtures.noise[:, None], settings.n_samples)
    return {
        "method": method,
        "n_sines": n_sines,
        "snr_db": snr_db,
        "success": float(np.mean(good)),
        "found": float(np.mean(outcome.found)),
        "error_over_bound": float(np.mean(outcome.squared_error[good] / bound[good])) if good.any() else None,
        "steps": estimate.steps,
    }


def _told_apart(settings: BenchSettings, method: str, gap_bins: float) -> dict[str, Any]:
    """A method on pairs of neighbours."""
    rng = np.random.default_rng([settings.seed, 2, 1])
    mixtures = draw_pairs(rng, settings.mixture_trials, settings.n_samples, gap_bins, settings.mixture_snr_db)
    outcome = assess(METHODS[method](mixtures.x, 2, np.random.default_rng([settings.seed, 2, 2])), mixtures)
    success, found = float(np.mean(outcome.success)), float(np.mean(outcome.found))
    return {"method": method, "gap_bins": gap_bins, "success": success, "found": found}


def _under_loss(settings: BenchSettings, loss: str) -> dict[str, Any]:
    """The surrogate under a loss, one sinusoid without noise."""
    mixtures = draw_mixtures(np.random.default_rng([settings.seed, 1, 1]), settings.loss_trials, settings.n_samples, 1)
    rng = np.random.default_rng([settings.seed, 1, 2])
    outcome = assess(surrogate(mixtures.x, 1, rng, gradient=signal_gradient(loss)), mixtures)
    return {"loss": loss, "success": float(np.mean(outcome.success))}
