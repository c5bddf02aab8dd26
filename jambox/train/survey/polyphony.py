"""Several notes at once: strong partials that the harmonic series of the pitch that is heard does not explain.

Every 40 ms, the strong peaks of a spectrum of 170 ms are compared with the multiples of the pitch. While the pitch moves
nothing is concluded: a glide and the note before it look like two notes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from jambox.frames import control_hop_size
from jambox.train.recordings import TRAINING_RATE

FFT = 8192
EVERY_FRAMES = 10
HOP = EVERY_FRAMES * control_hop_size(TRAINING_RATE)
BIN_HZ = TRAINING_RATE / FFT
LOWEST_HZ, HIGHEST_HZ = 60.0, 2500.0
# A peak stands out of its neighbourhood (350 Hz) and is among the strongest of its moment.
PROMINENT_DB, NEIGHBOURHOOD_BINS, STRONG_DB = 12.0, 61, 25.0
# A sound is tonal when its peaks have this share of its energy.
TONAL_SHARE = 0.3
# Multiples of the pitch are this wide, and the pitch may move by so much while it is judged.
WIDTH_SHARE, WIDTH_HZ, STEADY_CENTS = 0.012, 2.0 * BIN_HZ, 80.0
# From this share of unexplained partial amplitude on, a moment counts as several notes; from the second on it must not be
# learnt from. Solo players reach the first in up to 5 % of the moments, in a church or with double stops in 15 to 35 %.
SEVERAL, CERTAINLY_SEVERAL = 0.15, 0.3

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Moments:
    """What was heard every 40 ms, all [M]: the control frame of each moment, whether it is tonal, whether its pitch is
    known and steady, whether it is known at all, and the share of the partials' amplitude that the pitch leaves
    unexplained. spectra_db [M, FFT // 2 + 1] are power spectra, 0 dB for a sine at full scale."""

    frame: NDArray[np.int64]
    tonal: Flags
    steady: Flags
    pitched: Flags
    unexplained: Vector
    spectra_db: NDArray[np.float32]


def listen(audio: NDArray[np.float32], f0_hz: Vector, believed: Flags, frames: NDArray[np.int64]) -> Moments:
    """Judge the moments at control frames `frames` of `audio` (TRAINING_RATE), whose pitch is f0_hz where believed, [T]."""
    padded = np.pad(audio, FFT // 2)
    window = np.hanning(FFT + 1)[:-1]
    views = np.lib.stride_tricks.sliding_window_view(padded, FFT)
    centres = np.minimum(frames * control_hop_size(TRAINING_RATE), len(views) - 1)
    spectra_db = np.empty((len(frames), FFT // 2 + 1), dtype=np.float32)
    for start in range(0, len(frames), 256):
        rows = slice(start, start + 256)
        power = np.abs(np.fft.rfft(views[centres[rows]] * window, axis=1)) ** 2 * (2.0 / np.sum(window)) ** 2
        spectra_db[rows] = 10.0 * np.log10(power + 1e-16)
    low, high = int(LOWEST_HZ / BIN_HZ), int(HIGHEST_HZ / BIN_HZ)
    lowest_db = spectra_db[:, : high + NEIGHBOURHOOD_BINS].astype(np.float64)
    standing_out = lowest_db > median_filter(lowest_db, (1, NEIGHBOURHOOD_BINS)) + PROMINENT_DB
    is_peak = np.zeros_like(standing_out)
    is_peak[:, 1:-1] = (lowest_db[:, 1:-1] > lowest_db[:, :-2]) & (lowest_db[:, 1:-1] >= lowest_db[:, 2:])
    is_peak &= standing_out
    is_peak[:, :low] = is_peak[:, high:] = False
    tonal, steady, pitched = (np.zeros(len(frames), dtype=np.bool_) for _ in range(3))
    unexplained = np.zeros(len(frames))
    for i, frame in enumerate(frames):
        peaks = np.flatnonzero(is_peak[i])
        pitched[i] = np.mean(believed[max(0, frame - EVERY_FRAMES) : frame + EVERY_FRAMES + 1]) >= 0.5
        if len(peaks) == 0:
            continue
        peaks = peaks[lowest_db[i, peaks] > lowest_db[i, peaks].max() - STRONG_DB]
        power = 10.0 ** (lowest_db[i] / 10.0)
        energy = power[peaks - 1] + power[peaks] + power[peaks + 1]
        tonal[i] = energy.sum() > TONAL_SHARE * power[low:high].sum()
        pitch = _pitch_around(f0_hz, believed, int(frame)) if pitched[i] else None
        if pitch is not None:
            steady[i] = True
            amplitude = np.sqrt(energy)
            foreign = ~_explained(_peak_hz(lowest_db[i], peaks), *pitch)
            unexplained[i] = amplitude[foreign].sum() / amplitude.sum()
    return Moments(frames, tonal, steady & tonal, pitched, unexplained, spectra_db)


def _pitch_around(f0_hz: Vector, believed: Flags, frame: int) -> tuple[float, float, float] | None:
    """Median of the pitch near a frame, lowest and highest value of the same note under the window; None if it moves."""
    near = slice(max(0, frame - EVERY_FRAMES), frame + EVERY_FRAMES + 1)
    heard = f0_hz[near][believed[near]]
    if 1200.0 * np.log2(heard.max() / heard.min()) > STEADY_CENTS:
        return None
    middle = float(np.median(heard))
    wide = f0_hz[max(0, frame - 2 * EVERY_FRAMES) : frame + 2 * EVERY_FRAMES + 1]
    wide = wide[np.abs(1200.0 * np.log2(wide / middle)) < 2.0 * STEADY_CENTS]
    return middle, float(wide.min()), float(wide.max())


def _peak_hz(levels_db: Vector, peaks: NDArray[np.int64]) -> Vector:
    """Frequencies of peaks, by the parabola through three bins."""
    before, at, after = levels_db[peaks - 1], levels_db[peaks], levels_db[peaks + 1]
    shift = 0.5 * (before - after) / np.minimum(before - 2.0 * at + after, -1e-9)
    return np.asarray((peaks + shift) * BIN_HZ)


def _explained(peak_hz: Vector, middle_hz: float, lowest_hz: float, highest_hz: float) -> Flags:
    """Which peaks are multiples of the pitch."""
    k = np.maximum(1.0, np.round(peak_hz / middle_hz))
    above = peak_hz >= k * lowest_hz * (1.0 - WIDTH_SHARE) - WIDTH_HZ
    return np.asarray(above & (peak_hz <= k * highest_hz * (1.0 + WIDTH_SHARE) + WIDTH_HZ))
