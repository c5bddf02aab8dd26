"""What breath and notes give at the instrument's output, measured anew.

    python -m tests.instrument.figures --data DIR

All inputs are made here; the folder of recordings is taken so that every set of figures is measured the same way.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from tests.instrument.breathing import (
    DRY,
    LEVELS_DB,
    RATE,
    SECONDS,
    harmonics_of_breath_db,
    level_db,
    onset_after_confidence_ms,
    output,
)
from tests.instrument.sounds import BREATH_KINDS, breath, tone

SEEDS = (0, 1, 2)
TONES_HZ = (82.4, 110.0, 146.8, 220.0, 440.0, 880.0)
# Within what follows silence the level is that of rounding; nothing says more than this.
LOWEST_DB = -150.0


def measure(data: Path) -> dict[str, float]:
    """Every figure by name: breath_<kind>_<level>_db is the level of the harmonics against a note's, worst of the seeds."""
    violin = open_instrument("violin", Design(RATE))
    figures: dict[str, float] = {}
    for kind in BREATH_KINDS:
        for input_db in LEVELS_DB:
            worst = max(harmonics_of_breath_db(violin, kind, input_db, seed) for seed in SEEDS)
            figures[f"breath_{kind}_{input_db:.0f}_db"] = max(worst, LOWEST_DB)
    figures["pink_-50_output_db"] = max(level_db(output(violin, breath("pink", SECONDS, -50.0, seed), {})) for seed in SEEDS)
    figures["tone_-50_output_db"] = level_db(output(violin, tone(220.0, SECONDS, RATE, -50.0), DRY))
    figures["onset_after_confidence_ms"] = max(
        onset_after_confidence_ms(violin, f0_hz, 12_000 + offset) for f0_hz in TONES_HZ for offset in range(0, 192, 24)
    )
    return {name: round(float(value), 2) for name, value in figures.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    print(json.dumps(measure(parser.parse_args().data), indent=1))
