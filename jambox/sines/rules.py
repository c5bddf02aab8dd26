"""How many steps each rule needs once every frequency is within its basin: what `biggest and longest first` is worth.

Loud and low sinusoids first is a good order to find them in; as a rule for steps it starves the quiet ones, whose slopes are
small already.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.sines.descent import Descent, Rule, descend
from jambox.sines.mixtures import draw_mixtures

RULES: tuple[Rule, ...] = ("none", "biggest and longest first", "gauss-newton")
START_BINS = 0.3
ARRIVED_BINS = 1e-3
RANGE_DB = 20.0


def steps_needed(rule: Rule, seed: int, n_trials: int, n_sines: int, n_samples: int, most_steps: int) -> dict[str, Any]:
    """Steps until every frequency of a noiseless mixture is within ARRIVED_BINS, from START_BINS off: the median of all
    trials (None: half of them had not arrived after most_steps), and the share that arrived."""
    rng = np.random.default_rng(seed)
    mixtures = draw_mixtures(rng, n_trials, n_samples, n_sines, apart_bins=4.0, range_db=RANGE_DB)
    bin_width = 2.0 * np.pi / n_samples
    off = START_BINS * bin_width * rng.choice([-1.0, 1.0], mixtures.omega.shape)
    how = Descent(disc=False, steps=most_steps, rate=0.0, rule=rule)
    ended = descend(mixtures.x, np.exp(1j * (mixtures.omega + off)), how, keep_path=True)
    error = np.max(np.abs(np.angle(np.stack(ended.path)) - mixtures.omega), axis=2) / bin_width
    there = error < ARRIVED_BINS
    arrived = there.any(axis=0)
    needed = np.where(arrived, np.argmax(there, axis=0), most_steps + 1)
    median = float(np.median(needed))
    return {
        "rule": rule,
        "steps": None if median > most_steps else median,
        "arrived": float(np.mean(arrived)),
        "error_bins": [float(f"{value:.3g}") for value in np.median(error, axis=1)],
    }
