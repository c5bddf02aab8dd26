"""Why half the right frequency is no nearer than none, in pictures: the comb, the basin, the way of z, and success."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jambox.audiofile import replacing
from jambox.sines.descent import Descent, descend
from jambox.sines.exponentials import Real, columns, solve_amplitudes
from jambox.sines.losses import LOSSES

# Colour, width and style: lines that lie on each other stay visible.
_LINES: dict[str, tuple[str, float, str]] = {
    "direct": ("#d55e00", 1.5, "-"),
    "surrogate": ("#0072b2", 1.5, "-"),
    "continuation": ("#009e73", 1.5, ":"),
    "classical": ("#bbbbbb", 6.0, "-"),
    "hybrid": ("#cc79a7", 2.5, "-"),
}
_LEAST_SUCCESS = 0.5  # fewer have errors that tell of luck
_RADII = (1.0, 0.995, 0.98, 0.9, 0.7)
_SHOWN_LOSSES = ("mse", "mae", "dft_magnitude", "multi_scale_spectral", "difference_1", "pairwise_slopes", "axis_agreement")
_SHOWN_SAMPLES = 256
_SHOWN_OMEGA = 0.25 * np.pi


def draw_all(folder: Path, report: dict[str, Any]) -> list[Path]:
    """landscape.png, losses.png, path.png, success.png and rules.png into `folder`; what of them there is to show."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {
        "landscape": _landscape(),
        "losses": _losses(),
        "path": _path(),
        "success": _success(report) if report["settings"]["methods"] else None,
        "rules": _rules(report) if report.get("rules") else None,
    }
    paths = []
    for name, figure in drawn.items():
        if figure is not None:
            paths.append(folder / f"{name}.png")
            with replacing(paths[-1]) as part, mpl.rc_context({"font.size": 10}):
                figure.savefig(part, format="png")
    return paths


def remaining(x: Real, omega: Real, radius: float = 1.0) -> Real:
    """Share of the energy of x [N] that the best c z^n leaves over, [F], |z| = radius and angle omega [F]."""
    design = columns(radius * np.exp(1j * omega)[:, None], len(x))
    y = (solve_amplitudes(design, np.broadcast_to(x, (len(omega), len(x))))[:, None] @ design)[:, 0]
    return np.asarray(np.sum((x - y) ** 2, axis=1) / np.sum(x**2))


def _sinusoid() -> Real:
    return np.asarray(np.cos(_SHOWN_OMEGA * np.arange(_SHOWN_SAMPLES) + 0.6))


def _landscape() -> Figure:
    """What squared error rewards against the frequency of the model, on the unit circle and in the disc, far and near."""
    x = _sinusoid()
    figure = Figure(figsize=(10, 6), dpi=100, layout="constrained")
    far, near = figure.subplots(2, 1)
    for axes, omega in (
        (far, np.linspace(0.02, np.pi - 0.02, 3000)),
        (near, _SHOWN_OMEGA + np.linspace(-8.0, 8.0, 1600) * 2.0 * np.pi / _SHOWN_SAMPLES),
    ):
        for index, radius in enumerate(_RADII):
            colour = mpl.colormaps["viridis"](index / len(_RADII))
            label = "|z| = 1: the sinusoid itself" if radius == 1.0 else f"|z| = {radius:g}"
            explained_db = 10.0 * np.log10(np.maximum(1.0 - remaining(x, omega, radius), 1e-9))
            axes.plot(omega / np.pi, explained_db, color=colour, label=label, linewidth=1.2)
        axes.axvline(_SHOWN_OMEGA / np.pi, color="black", linewidth=0.6, linestyle=":")
        axes.set_ylabel("energy explained (dB)")
        axes.set_ylim(-75.0, 3.0)
        axes.grid(alpha=0.3)
        axes.set_xlim(omega[0] / np.pi, omega[-1] / np.pi)
    far.set_title(f"One sinusoid, {_SHOWN_SAMPLES} samples: what the best amplitude and phase explain of it", loc="left")
    near.set_title("The same near the right frequency: 16 bins", loc="left")
    near.set_xlabel("frequency of the model (Nyquist = 1); dotted: the right one")
    far.legend(ncols=5, loc="lower right", fontsize=8, framealpha=1.0)
    return figure


def _losses() -> Figure:
    """Every loss against the frequency of the model, phase and amplitude at their best by least squares."""
    x = _sinusoid()
    omega = np.linspace(0.02, np.pi - 0.02, 4000)
    design = columns(np.exp(1j * omega)[:, None], len(x))
    parts = solve_amplitudes(design, np.broadcast_to(x, (len(omega), len(x))))
    # Amplitude as the sinusoid's own and phase at its best: an amplitude that shrinks to nothing hides what a loss sees.
    parts = parts / np.linalg.norm(parts, axis=1, keepdims=True)
    y = torch.from_numpy((parts[:, None] @ design)[:, 0])
    figure = Figure(figsize=(10, 9), dpi=100, layout="constrained")
    places = figure.subplots(len(_SHOWN_LOSSES), 1, sharex=True)
    for axes, name in zip(places, _SHOWN_LOSSES, strict=True):
        loss = LOSSES[name](y, torch.from_numpy(np.broadcast_to(x, y.shape).copy())).numpy()
        axes.plot(omega / np.pi, loss, color="#0072b2", linewidth=0.9)
        axes.set_title(name, loc="left", fontsize=9, pad=2)
        axes.set_yticks([])
        axes.axvline(_SHOWN_OMEGA / np.pi, color="black", linewidth=0.6, linestyle=":")
        axes.set_xlim(0.0, 1.0)
    places[-1].set_xlabel(
        "frequency of the model (Nyquist = 1); amplitude right, phase the best there is; dotted: the right one"
    )
    return figure


def _path() -> Figure:
    """The way of z through the disc from several starts, and its radius and error over the steps."""
    x = _sinusoid()
    starts = np.array([0.9 * np.exp(2.6j), 0.5 * np.exp(1.9j), 0.95 * np.exp(0.15j), 0.3 * np.exp(0.3j), np.exp(1.4j)])
    how = Descent(disc=True, steps=3000, rate=1.5e-3)
    ended = descend(np.broadcast_to(x, (len(starts), len(x))), starts[:, None], how, keep_path=True)
    path = np.stack(ended.path)[:, :, 0]
    figure = Figure(figsize=(11, 5.5), dpi=100, layout="constrained")
    disc, curves = figure.subplots(1, 2)
    turn = np.linspace(0.0, np.pi, 400)
    disc.plot(np.cos(turn), np.sin(turn), color="black", linewidth=0.8)
    disc.plot(np.cos(_SHOWN_OMEGA), np.sin(_SHOWN_OMEGA), marker="*", markersize=14, color="black", zorder=5)
    for index in range(len(starts)):
        colour = mpl.colormaps["tab10"](index)
        z = np.where(path[:, index].imag < 0.0, np.conj(path[:, index]), path[:, index])
        disc.plot(z.real, z.imag, color=colour, linewidth=1.3)
        disc.plot(z.real[0], z.imag[0], marker="o", color=colour)
        curves.plot(np.abs(z), color=colour, linewidth=1.2)
        curves.plot(np.abs(np.angle(z) - _SHOWN_OMEGA) / np.pi, color=colour, linewidth=1.2, linestyle="--")
    disc.set_aspect("equal")
    disc.set_title("z in the unit disc: from the dots to the star", loc="left")
    disc.set_xlabel("real part")
    disc.set_ylabel("imaginary part")
    curves.set_title("|z| (full) and distance in frequency (dashed, Nyquist = 1)", loc="left")
    curves.set_xlabel("step")
    curves.set_ylim(-0.02, 1.05)
    for axes in (disc, curves):
        axes.grid(alpha=0.3)
    return figure


def _success(report: dict[str, Any]) -> Figure:
    """Success and error over the noise, success over the number and the distance of sinusoids, a line a method."""
    figure = Figure(figsize=(10, 8), dpi=100, layout="constrained")
    (over_snr, bound), (over_count, over_gap) = figure.subplots(2, 2)
    _lines(over_snr, report.get("over_snr", []), "snr_db", "success", 100.0)
    _lines(bound, report.get("over_snr", []), "snr_db", "error_over_bound", 1.0)
    _lines(over_count, report.get("over_n_sines", []), "n_sines", "success", 100.0)
    _lines(over_gap, report.get("over_gap", []), "gap_bins", "success", 100.0)
    for axes in (over_snr, over_count, over_gap):
        axes.set_ylabel("success (% of random trials)")
        axes.set_ylim(-4.0, 104.0)
    over_snr.set_xlabel("SNR (dB), one sinusoid")
    bound.set_xlabel("SNR (dB), one sinusoid")
    bound.set_ylabel("squared error of successes over Cramér-Rao bound")
    bound.set_ylim(0.0, 2.0)
    bound.axhline(1.0, color="black", linewidth=0.8)
    over_count.set_xlabel(f"number of sinusoids, {report['settings']['mixture_snr_db']:g} dB")
    over_count.set_xscale("log", base=2)
    over_count.xaxis.set_major_formatter("{x:.0f}")
    over_gap.set_xlabel(f"distance of two sinusoids in bins, {report['settings']['mixture_snr_db']:g} dB")
    over_snr.legend(fontsize=8)
    return figure


def _lines(axes: Axes, figures: list[dict[str, Any]], x: str, y: str, scale: float) -> None:
    for method, (colour, width, style) in sorted(_LINES.items(), key=lambda line: -line[1][1]):
        mine = [figure for figure in figures if figure["method"] == method]
        points = [(figure[x], scale * figure[y]) for figure in mine if y == "success" or figure["success"] >= _LEAST_SUCCESS]
        if points:
            xs, ys = zip(*sorted(points), strict=True)
            axes.plot(xs, ys, marker=".", color=colour, linewidth=width, linestyle=style, label=method)
    axes.grid(alpha=0.3)


def _rules(report: dict[str, Any]) -> Figure:
    """The worst frequency's distance over the steps under each rule."""
    figure = Figure(figsize=(8, 4), dpi=100, layout="constrained")
    axes = figure.subplots()
    for figures in report["rules"]:
        error = np.maximum(figures["error_bins"], 1e-9)
        axes.loglog(np.arange(1, len(error) + 1), error, label=figures["rule"])
    axes.set_xlabel("step")
    axes.set_ylabel("worst of 4 frequencies off (bins, median)")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure
