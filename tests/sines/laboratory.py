"""The figures of the sine laboratory: methods that find frequencies, and networks of sines on a dog's bark.

python -m tests.sines.laboratory --data DIR
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from jambox.audiofile import read_sound
from jambox.settings import layered
from jambox.sines.distance import log_spectral_distance_db, snr_db
from jambox.sines.excerpt import excerpt
from jambox.sines.methods import METHODS, assess
from jambox.sines.mixtures import draw_mixtures, frequency_bound
from jambox.sines.models import find_model

BARK = "dog_bark_esc10_4-199261-A.flac"
SEED = 0


def found_percent(method: str, snr_db: float = np.inf) -> tuple[float, float]:
    """Share of 100 random starts from which one sinusoid in 1024 samples is found; squared error over the bound."""
    mixtures = draw_mixtures(np.random.default_rng([SEED, 1]), 100, 1024, 1, snr_db)
    outcome = assess(METHODS[method](mixtures.x, 1, np.random.default_rng([SEED, 2])), mixtures)
    bound = frequency_bound(np.abs(mixtures.c), mixtures.noise[:, None], 1024)
    good = outcome.success
    ratio = float(np.mean(outcome.squared_error[good] / bound[good])) if np.isfinite(snr_db) else np.nan
    return 100.0 * float(np.mean(good)), ratio


def eight_by_hybrid() -> dict[str, float]:
    """50 mixtures of 8 sinusoids in 4096 samples, one after the other."""
    mixtures = draw_mixtures(np.random.default_rng([SEED, 8]), 50, 4096, 8)
    success, residual_db, longest_s = [], [], 0.0
    for trial in range(50):
        one = type(mixtures)(*(part[trial : trial + 1] for part in (mixtures.x, mixtures.omega, mixtures.c, mixtures.noise)))
        began = time.process_time()
        estimate = METHODS["hybrid"](one.x, 8, np.random.default_rng(SEED))
        longest_s = max(longest_s, time.process_time() - began)
        outcome = assess(estimate, one)
        success.append(bool(outcome.success[0]))
        residual_db.append(float(outcome.residual_db[0]))
    return {
        "sines_hybrid_percent": 100.0 * float(np.mean(success)),
        "sines_hybrid_residual_db": max(residual_db),
        "sines_hybrid_s": longest_s,
    }


def bark_by(data: Path, model: str, preset: str | None = None) -> dict[str, float]:
    """A model's fit to the bark with its defaults, or a preset: SNR, log-spectral distance of its sines, CPU time."""
    recording = read_sound(data / "test" / BARK)
    samples = excerpt(recording.samples.astype(np.float64), recording.sample_rate, None, False, 0.0)
    chosen = find_model(model)
    named = [] if preset is None else [(preset, chosen.preset(model, preset))]
    began = time.process_time()
    fit = chosen.fit(samples, recording.sample_rate, layered(chosen.settings, named), lambda share, words: None)
    took_s = time.process_time() - began
    name = preset or model
    return {
        f"sines_bark_{name}_snr_db": snr_db(samples, fit.render()),
        f"sines_bark_{name}_lsd_db": log_spectral_distance_db(samples, fit.render()),
        f"sines_bark_{name}_s": took_s,
    }


def measure(data: Path) -> dict[str, float]:
    """Every figure by name."""
    with threadpool_limits(1):
        at_0_db, over_bound = found_percent("continuation", 0.0)
        figures = {
            "sines_direct_percent": found_percent("direct")[0],
            "sines_surrogate_percent": found_percent("surrogate")[0],
            "sines_surrogate_0db_percent": found_percent("surrogate", 0.0)[0],
            "sines_continuation_percent": found_percent("continuation")[0],
            "sines_continuation_0db_percent": at_0_db,
            "sines_continuation_over_bound": over_bound,
        }
        figures |= eight_by_hybrid()
        for model, preset in (("modal", None), ("csn", None), ("csn", "historic"), ("siren", None)):
            figures |= bark_by(data, model, preset)
    return {name: round(value, 3) for name, value in figures.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    print(json.dumps(measure(parser.parse_args().data), indent=1))
