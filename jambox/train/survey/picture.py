"""The survey as one picture: what is covered, what was kept and why not, how it is tuned, and where its level lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from jambox.train.survey.survey import Survey, gaps
from jambox.units import midi_to_hz, note_name

PICTURE_FILE = "survey.png"
_KEPT, _LEFT_OUT, _LINE = "#0b6e4f", "#b8b8b8", "#c8553d"
_LEAST_SHOWN_S = 0.02


def draw_survey(path: Path, survey: Survey) -> None:
    """Write the picture of a survey as PNG."""
    style: Any = {
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 12,
        "axes.titleweight": "bold",
        "figure.facecolor": "white",
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(14, 8.5), dpi=100, layout="constrained")
        figure.suptitle(f"{survey.name}: {survey.verdict.sentence}", fontsize=14, x=0.01, ha="left")
        grid = figure.add_gridspec(3, 2, width_ratios=[1.7, 1.0])
        _draw_coverage(figure.add_subplot(grid[:, 0]), survey)
        for row, draw in enumerate((_draw_minutes, _draw_tuning, _draw_levels)):
            draw(figure.add_subplot(grid[row, 1]), survey)
        # Neither date nor version: the same survey gives the same bytes.
        figure.savefig(path, format="png", metadata={"Software": None})


def _draw_coverage(axes: Axes, survey: Survey) -> None:
    cover = survey.coverage
    axes.set_title("What can be learnt from, by note and loudness")
    seconds = np.array(cover.seconds)
    if seconds.size == 0:
        axes.text(0.5, 0.5, "nothing", ha="center", transform=axes.transAxes)
        return
    n_notes, n_steps = seconds.shape
    top = cover.quietest_db + n_steps * cover.step_db
    extent = (cover.lowest_note - 0.5, cover.lowest_note + n_notes - 0.5, cover.quietest_db, top)
    shown = np.ma.masked_less(seconds.T, _LEAST_SHOWN_S)
    image = axes.imshow(
        shown,
        origin="lower",
        aspect="auto",
        extent=extent,
        cmap="YlGnBu",
        norm=LogNorm(vmin=_LEAST_SHOWN_S, vmax=max(float(seconds.max()), 1.0)),
        interpolation="nearest",
    )
    wide = gaps(cover.missing)
    for first, last in wide:
        axes.axvspan(first - 0.5, last + 0.5, color=_LINE, alpha=0.15, linewidth=0)
    notes = [note for note in range(cover.lowest_note, cover.lowest_note + n_notes) if note % 12 in (0, 4, 9)]
    axes.set_xticks(notes, [note_name(float(midi_to_hz(note))) for note in notes])
    axes.set_xlabel("note" + (" (red: missing)" if wide else ""))
    axes.set_ylabel("loudness (dB, A-weighted)")
    bar = axes.figure.colorbar(image, ax=axes, pad=0.01, aspect=40)
    ticks = [t for t in (0.1, 1.0, 10.0, 60.0, 600.0) if t <= max(float(seconds.max()), 1.0)]
    bar.set_ticks(ticks, labels=[f"{t:g} s" for t in ticks])
    bar.ax.minorticks_off()
    bar.outline.set_visible(False)


def _draw_minutes(axes: Axes, survey: Survey) -> None:
    found = survey.all
    axes.set_title("Minutes")
    reasons = sorted(found.left_out_s.items(), key=lambda item: -item[1])[:5]
    rows = [("can be learnt from", found.taught_s), *reasons]
    places = np.arange(len(rows))[::-1]
    minutes = [seconds / 60.0 for _, seconds in rows]
    axes.barh(places, minutes, color=[_KEPT] + [_LEFT_OUT] * len(reasons), height=0.7)
    axes.set_yticks(places, [name for name, _ in rows])
    for place, value in zip(places, minutes, strict=True):
        axes.text(value, place, f" {value:.1f}", va="center")
    axes.set_xlim(0.0, 1.15 * max(*minutes, 1e-3))
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _draw_tuning(axes: Axes, survey: Survey) -> None:
    found = survey.all
    counts = np.array(survey.histograms.cents_s)
    axes.set_title(f"Tuning: A4 = {found.a4_hz:.1f} Hz" if found.a4_hz is not None else "Tuning: unknown")
    by_two = counts.reshape(50, 2).sum(axis=1)
    axes.bar(np.arange(-49, 50, 2), by_two, width=2.0, color=_KEPT)
    if found.a4_hz is not None:
        axes.axvline(1200.0 * np.log2(found.a4_hz / 440.0), color=_LINE, linewidth=1.5)
    axes.set_xlim(-50, 50)
    axes.set_xticks([-50, -25, 0, 25, 50])
    axes.set_xlabel("cents from the notes of A4 = 440 Hz")
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)


def _draw_levels(axes: Axes, survey: Survey) -> None:
    found = survey.all
    levels, quiet = np.array(survey.histograms.levels_s), np.array(survey.histograms.quiet_s)
    at = np.arange(-(len(levels) - 1), 1)
    floor = found.noise_floor_dbfs
    axes.set_title("Level" + (f": noise floor {floor:.0f} dBFS" if floor is not None else ""))
    axes.bar(at, levels, width=1.0, color=_KEPT, label="all")
    axes.bar(at, quiet, width=1.0, color=_LEFT_OUT, label="between the notes")
    if floor is not None:
        axes.axvline(floor, color=_LINE, linewidth=1.5)
    axes.set_xlim(-100, 0)
    axes.set_xlabel("dBFS (RMS of 4 ms)")
    inside = levels[at > -100]
    axes.set_ylim(0.0, 1.1 * max(float(inside.max(initial=0.0)), 1e-3))
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.legend(loc="center left", frameon=False)
