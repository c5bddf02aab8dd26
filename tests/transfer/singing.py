"""A real voice through the violin: does the melody, the loudness and the cleanness of the sound survive?

The judge of the pitch is pYIN (librosa), which shares nothing with the instrument's own tracker; the truth is the
hand-checked f0 that comes with the recording.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from jambox.analysis import analyse
from jambox.audiofile import read_sound, resample
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from jambox.instrument.own_voice import ANALYSIS_LATENCY_S
from jambox.render import render_samples
from jambox.units import midi_to_hz

RATE = 48_000
HOP = 64
PITCH_SHIFT_ST = 12.0
# The octave is chosen here, and loudness is compared with what was sung.
FIXED = {"auto_octave": 0.0, "auto_level": 0.0, "pitch_shift_st": PITCH_SHIFT_ST, "reverb_mix": 0.0}


@dataclass(frozen=True)
class Transfer:
    """What went in and what came out, at RATE, and the true f0 (Hz, 0 unvoiced) at times."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    time_s: NDArray[np.float64]
    f0_hz: NDArray[np.float64]


def sung_violin(data: Path, instrument: str = "violin", **params: float) -> Transfer:
    """singing_vocadito_1 through an instrument, an octave up (its median lies below the violin), without a room."""
    truth = np.loadtxt(data / "test" / "singing_vocadito_1.f0.csv", delimiter=",", skiprows=_header(data))
    x = read_sound(data / "test" / "singing_vocadito_1.flac", RATE).samples
    y = render_samples(open_instrument(instrument, Design(RATE), FIXED | params), x).samples
    return Transfer(x, y, truth[:, 0], truth[:, 1])


def synthetic_violin(seconds: float = 6.0, instrument: str = "violin") -> Transfer:
    """A synthesised voice with vibrato, swells and rests through an instrument: its f0 is known exactly."""
    t = np.arange(round(seconds * RATE)) / RATE
    note = 57.0 + np.repeat([0, 2, 4, 7, 5, 2], -(-len(t) // 6))[: len(t)] + 0.3 * np.sin(2 * np.pi * 5.5 * t)
    f0_hz = midi_to_hz(note)
    phase = 2 * np.pi * np.cumsum(f0_hz) / RATE
    voiced = (t * 6 / seconds) % 1.0 < 0.85
    gain = 0.02 * 10 ** (0.4 * np.sin(2 * np.pi * 0.7 * t)) * lfilter([0.003], [1.0, -0.997], voiced)
    breath = 0.0005 * np.random.default_rng(3).standard_normal(len(t))
    x = (sum(np.sin(k * phase) / k for k in range(1, 12)) * gain + breath).astype(np.float32)
    y = render_samples(open_instrument(instrument, Design(RATE), FIXED), x).samples
    sounding = voiced & (gain > 0.3 * gain.max())
    at = np.arange(0, len(t), 256)
    return Transfer(x, y, t[at], np.where(sounding, f0_hz, 0.0)[at])


def _header(data: Path) -> int:
    first = (data / "test" / "singing_vocadito_1.f0.csv").read_text(encoding="utf-8").splitlines()[0]
    return 0 if first[0].isdigit() else 1


def melody_kept(transfer: Transfer) -> float:
    """Share of truly voiced frames in which an independent tracker hears the truth within 50 cents, octaves apart.

    The output is heard later by the instrument's own latency, as stated by the program.
    """
    rate, hop = RATE // 3, 128
    y = resample(transfer.y, RATE, rate)
    heard, _, _ = librosa.pyin(y, fmin=80.0, fmax=1600.0, sr=rate, frame_length=1024, hop_length=hop, fill_na=None)
    at = np.rint((transfer.time_s + ANALYSIS_LATENCY_S) * rate / hop).astype(int)
    voiced = (transfer.f0_hz > 0.0) & (at < len(heard))
    cents = 1200.0 * np.log2(heard[at[voiced]] / transfer.f0_hz[voiced])
    apart = np.abs((cents + 600.0) % 1200.0 - 600.0)
    return float(np.mean(apart <= 50.0))


def loudness_correlation(transfer: Transfer) -> float:
    """Correlation of input and output loudness (dB) over truly voiced hops, output shifted back by the latency."""
    heard, made = (analyse(signal, RATE).loudness_db for signal in (transfer.x, transfer.y))
    lag = round(ANALYSIS_LATENCY_S * RATE / HOP)
    n = min(len(heard), len(made)) - lag
    at = np.arange(n) * HOP / RATE
    voiced = np.interp(at, transfer.time_s, (transfer.f0_hz > 0.0).astype(float)) > 0.99
    return float(np.corrcoef(heard[:n][voiced], made[lag : lag + n][voiced])[0, 1])


def border_step_ratio(y: NDArray[np.float32], border: int) -> float:
    """Largest change of slope at samples that are multiples of `border`, over the largest anywhere else: above 1, a click.

    The change of slope (second difference) shows a step that a steep wave would hide.
    """
    bend = np.abs(np.diff(y.astype(np.float64), 2))
    # bend[i] spans samples i, i+1, i+2: a step between border-1 and border shows in bend[border-2] and bend[border-1].
    position = np.arange(len(bend)) % border
    at_border = (position == border - 2) | (position == border - 1)
    return float(bend[at_border].max() / bend[~at_border].max())


def offset_db(y: NDArray[np.float32]) -> float:
    """Mean of the output against its root mean square, in dB."""
    y = y.astype(np.float64)
    return float(20.0 * np.log10(abs(y.mean()) / np.sqrt(np.mean(y**2)) + 1e-12))
