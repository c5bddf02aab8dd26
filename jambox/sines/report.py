"""What is told of a fit: figures, a picture, and original, fit and residual to listen to, in a folder beside. [main]"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.audiofile import replacing, write_sound
from jambox.sines.distance import log_spectral_distance_db, snr_db
from jambox.sines.models import Fit, Samples

REPORT_FILE, PICTURE_FILE = "report.json", "loss.png"


def figures_of(sound: Samples, fit: Fit, heard: Samples, model: str, sample_rate: int, seconds: float) -> dict[str, Any]:
    """The report: `snr_db` of the sines alone, `lsd_db` of all that is played (`heard`, noise included), cost, partials."""
    return {
        "model": model,
        "sample_rate": sample_rate,
        "sound_s": round(len(sound) / sample_rate, 4),
        "snr_db": round(snr_db(sound, fit.render()), 2),
        "lsd_db": round(log_spectral_distance_db(sound, heard), 2),
        "lsd_sines_db": round(log_spectral_distance_db(sound, fit.render()), 2),
        "seconds": round(seconds, 2),
        "partials": fit.partials,
        **fit.report(),
    }


def write_report(
    folder: Path, sound: Samples, fit: Fit, heard: Samples, report: dict[str, Any], settings: str, sample_rate: int
) -> None:
    """report.json, settings.toml, loss.png; original.wav, fit.wav (the sines), residual.wav, heard.wav (sines and noise)."""
    folder.mkdir(parents=True, exist_ok=True)
    sines = fit.render()
    for name, samples in {"original": sound, "fit": sines, "residual": sound - sines, "heard": heard}.items():
        write_sound(folder / f"{name}.wav", samples.astype(np.float32), sample_rate)
    for name, text in {REPORT_FILE: json.dumps(report, indent=2) + "\n", "settings.toml": settings}.items():
        with replacing(folder / name) as part:
            part.write_text(text, encoding="utf-8")
    draw_fit(folder / PICTURE_FILE, sound, sines, fit.curve, fit.curve_labels, sample_rate)


def draw_fit(
    path: Path,
    sound: NDArray[np.float64],
    sines: NDArray[np.float64],
    curve: Sequence[tuple[int, float]],
    labels: tuple[str, str],
    sample_rate: int,
) -> None:
    """A PNG: the course of the fit, and the spectrograms of the sound, of its sines and of what they leave over."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 8), dpi=100, layout="constrained")
    axes = figure.subplots(2, 2)
    steps, losses = zip(*curve, strict=True) if curve else ((), ())
    axes[0, 0].plot(steps, losses, marker=".", color="#0072b2")
    axes[0, 0].set_xlabel(labels[0])
    axes[0, 0].set_ylabel(labels[1])
    axes[0, 0].grid(alpha=0.3)
    top_db = None
    for place, title, samples in (
        (axes[0, 1], "sound", sound),
        (axes[1, 0], "sines", sines),
        (axes[1, 1], "what they leave over", sound - sines),
    ):
        padded = np.pad(samples, 256)
        frames = np.lib.stride_tricks.sliding_window_view(padded, 512)[::64]
        level_db = 20.0 * np.log10(np.abs(np.fft.rfft(frames * np.hanning(512), axis=1)) + 1e-9)
        top_db = float(np.max(level_db)) if top_db is None else top_db
        extent = (0.0, len(samples) / sample_rate, 0.0, sample_rate / 2000.0)
        place.imshow(level_db.T, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=top_db - 80.0, vmax=top_db)
        place.set_title(title, loc="left")
        place.set_xlabel("time (s)")
        place.set_ylabel("frequency (kHz)")
    with replacing(path) as part:
        figure.savefig(part, format="png")
