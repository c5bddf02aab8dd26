"""Figures of a real voice through the violin: `python -m tests.transfer.figures --data DIR` prints JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from jambox.api import load
from tests.transfer.singing import border_step_ratio, loudness_correlation, melody_kept, offset_db, sung_violin


def measure(data: Path) -> dict[str, float]:
    """All figures by name; `data` is the folder of shared recordings."""
    transfer = sung_violin(data)
    loud = load("violin").render(data / "test" / "singing_vocadito_10.flac", 48_000)
    return {
        "melody_percent": 100.0 * melody_kept(transfer),
        "loudness_correlation": loudness_correlation(transfer),
        "border_step_ratio": max(border_step_ratio(transfer.y, border) for border in (64, 192)),
        "offset_db": offset_db(transfer.y),
        "peak_db": float(20.0 * np.log10(np.max(np.abs(loud)))),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    print(json.dumps(measure(parser.parse_args().data), indent=1))
