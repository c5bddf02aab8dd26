"""One picture of a transfer: what went in, what came out, and the pitch and loudness that were carried over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from jambox.analysis import analyse
from jambox.audiofile import replacing
from jambox.render import Rendered

_FFT = 2048
_HOP = 256
_RANGE_DB = 80.0
_VOICED = 0.8
_NOTE_RANGE_DB = 40.0
_F0_TICKS_HZ = (50, 100, 200, 400, 800, 1600, 3200)


def draw_transfer(path: Path, x: NDArray[np.float32], played: Rendered, title: str) -> None:
    """Write a PNG with the spectrograms of the input `x` and of what was played, and the f0 and loudness of both over time.

    The f0 of the input is the one that the instrument played; that of the output is heard in it anew, where it is confident
    and no more than 40 dB below the loudest moment.
    """
    y, sample_rate = played.samples, played.sample_rate
    n = max(len(x), len(y))
    x, y = (np.pad(signal, (0, n - len(signal))) for signal in (x, y))
    style: Any = {"font.size": 11, "axes.grid": False, "figure.facecolor": "white"}
    with mpl.rc_context(style):
        figure = Figure(figsize=(12, 10), dpi=110, layout="constrained")
        figure.suptitle(title, fontsize=15)
        top, second, third, bottom = figure.subplots(4, 1, sharex=True, height_ratios=[3, 3, 2, 2])
        image = _spectrogram(top, x, sample_rate)
        _spectrogram(second, y, sample_rate)
        top.set_title("Input", loc="left")
        second.set_title("Output: harmonics and noise made by the instrument", loc="left")
        figure.colorbar(image, ax=[top, second], label="level (dB)", pad=0.01)
        for signal, name, colour in ((x, "input", "#0072b2"), (y, "output", "#d55e00")):
            track = analyse(signal, sample_rate)
            sounds = (track.f0_confidence > _VOICED) & (track.loudness_db > np.max(track.loudness_db) - _NOTE_RANGE_DB)
            f0_hz = track.f0_hz
            if name == "input":
                sounds, f0_hz = played.voiced[: len(f0_hz)], played.f0_hz[: len(f0_hz)]
            time_s = track.time_s[: len(f0_hz)]
            third.plot(time_s, np.where(sounds, f0_hz, np.nan)[: len(time_s)], color=colour, label=name, linewidth=1.6)
            bottom.plot(track.time_s, track.loudness_db, color=colour, label=name, linewidth=1.2)
        third.set_yscale("log")
        third.set_yticks(_F0_TICKS_HZ, [str(tick) for tick in _F0_TICKS_HZ])
        third.yaxis.minorticks_off()
        third.set_ylim(_F0_TICKS_HZ[0], _F0_TICKS_HZ[-1])
        third.set_ylabel("f0 (Hz)")
        bottom.set_ylabel("loudness (dB, A)")
        bottom.set_ylim(-100, 0)
        bottom.set_xlabel("time (s)")
        bottom.set_xlim(0.0, n / sample_rate)
        for axes in (third, bottom):
            axes.grid(alpha=0.3)
        third.legend(loc="upper right", ncols=2)
        with replacing(path) as part:
            figure.savefig(part, format="png")


def _spectrogram(axes: Axes, signal: NDArray[np.float32], sample_rate: int) -> mpl.image.AxesImage:
    window = np.hanning(_FFT)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(signal, _FFT // 2), _FFT)[::_HOP]
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2 / np.sum(window) ** 2 * 4.0
    level_db = 10.0 * np.log10(np.maximum(power, 1e-12))
    extent = (0.0, len(signal) / sample_rate, 0.0, sample_rate / 2000.0)
    image = axes.imshow(
        level_db.T, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=-_RANGE_DB - 20, vmax=-20
    )
    axes.set_ylabel("frequency (kHz)")
    axes.set_ylim(0.0, 10.0)
    return image
