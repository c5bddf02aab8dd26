"""How many presets there are, and how far they are from each other in loudness, measured anew.

python -m tests.presets.figures --data DIR
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from tests.presets.factory import SHIPPED, Instruments, farthest_db, hear_all


def measure(data: Path) -> dict[str, float]:
    """Every figure by name."""
    heard = hear_all(Instruments(), data)
    return {
        "presets_count": float(len(SHIPPED)),
        "presets_farthest_db": farthest_db(heard),
        "presets_peak_db": max(20.0 * np.log10(one.peak) for one in heard.values()),
        "presets_own_db": min(one.own_db for (_, _, voice), one in heard.items() if voice == 0),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    print(json.dumps(measure(parser.parse_args().data), indent=1))
