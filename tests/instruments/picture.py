"""The confusion matrix as a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.instruments.classifier import CLASSES
from tests.instruments.collection import ROOT
from tests.instruments.outside import Called

PICTURE = ROOT / "docs" / "confusion.png"


def draw_confusion(calls: list[Called], path: Path) -> None:
    """One row of squares for what was played, one column for what the classifier calls it, written to `path`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    percent = np.array([[called.percent(name) for name in CLASSES] for called in calls])
    figure = Figure(figsize=(7.0, 1.6 + 0.45 * len(calls)), layout="constrained", dpi=110)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(percent, cmap="Blues", vmin=0.0, vmax=100.0, aspect="auto")
    axes.set_xticks(range(len(CLASSES)), CLASSES, rotation=30, ha="right")
    rows = ["singing" if called.row == "voice" else f"through the {called.row.replace('_', ' ')}" for called in calls]
    axes.set_yticks(range(len(calls)), rows)
    axes.set_xlabel("what the classifier calls it, percent of seconds")
    for (y, x), value in np.ndenumerate(percent):
        if value >= 0.5:
            axes.text(x, y, f"{value:.0f}", ha="center", va="center", color="white" if value > 55.0 else "black")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.png")
    figure.savefig(part)
    part.replace(path)
