"""A second of sound as a few numbers about its timbre and none about its level or pitch: what the classifier hears.

Sound is limited to 12 kHz. In the frames that sound with a believable pitch, the levels of the harmonics are read off the
spectrum. Six things are kept of them, averaged over the second: the first twelve by their number (how the source vibrates:
the clarinet's missing even ones, the flute's strong first); the smooth line through them over frequency, read at fixed
frequencies and turned into a few cepstral coefficients (how body or mouth resonates); by how much each stands out from its
neighbours; the noise between them near six frequencies; how much they tremble against each other; and how far the
smooth line moves within the second, since a mouth changes its shape and an instrument's body does not. All are in dB and
against each other, so the level is in none of them, nor is the pitch, nor the spacing of the harmonics.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import dct

from jambox.analysis import analyse
from jambox.audiofile import read_sound

HEARD_RATE, RATE = 48_000, 24_000
LEAST_SOUNDING_S = 0.3
N_HARMONICS, N_CEPSTRAL = 12, 12
_NOISE_HZ = np.geomspace(400.0, 9000.0, 6)
N_FEATURES = N_HARMONICS + 3 * N_CEPSTRAL + (N_HARMONICS - 2) + len(_NOISE_HZ) + N_HARMONICS // 3
_FFT, _HOP = 2048, 480
_HIGHEST_HZ = 11_500.0
_FLOOR_DB = -60.0
_SOUNDING_DB, _QUIETEST_DBFS = 30.0, -65.0
_CONFIDENT = 0.5
_BANDS_HZ = np.geomspace(200.0, 10_000.0, 32)

Signal = NDArray[np.float32]
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Heard:
    """Sound at RATE [n], and the tracker's pitch in Hz (0: none that can be believed) every _HOP samples."""

    audio: Signal
    f0_hz: NDArray[np.float64]


def hear(audio: Signal) -> Heard:
    """`audio` at HEARD_RATE, listened to."""
    track = analyse(audio, HEARD_RATE)
    f0_hz = np.where(track.f0_confidence > _CONFIDENT, track.f0_hz, 0.0)
    low = np.asarray(soxr.resample(audio, HEARD_RATE, RATE, quality="HQ"), dtype=np.float32)
    # A frame is a window: its pitch is the one heard in its middle.
    middle_s = (np.arange(max(len(low) - _FFT, 0) // _HOP + 1) * _HOP + _FFT / 2) / RATE
    at = np.minimum(np.searchsorted(track.time_s, middle_s), max(len(f0_hz) - 1, 0))
    return Heard(low, f0_hz[at] if len(f0_hz) else np.zeros(len(at)))


def read(path: Path) -> Heard:
    """A recording, listened to."""
    return hear(read_sound(path, HEARD_RATE).samples)


def features(heard: Heard, step_s: float = 1.0) -> Matrix:
    """One row for every second (every `step_s`) that sounds for 0.3 s or more, [n, N_FEATURES]."""
    rows, sounding = _frame_features(heard)
    per_s = RATE // _HOP
    least = round(LEAST_SOUNDING_S * per_s)
    found = []
    for start in range(0, max(len(rows) - least, 0) + 1, round(step_s * per_s)):
        kept = sounding[start : start + per_s]
        chosen = rows[start : start + per_s]
        if kept.sum() >= least:
            # Of neighbouring frames that both count: by how much the harmonics move against each other.
            pairs = kept[1:] & kept[:-1]
            moved = np.abs(np.diff(chosen[:, :N_HARMONICS], axis=0))[pairs]
            trembling = moved.mean(axis=0) if len(moved) else np.zeros(N_HARMONICS)
            line = chosen[:, N_HARMONICS : N_HARMONICS + N_CEPSTRAL]
            moving = np.abs(np.diff(line, axis=0))[pairs].mean(axis=0) if len(moved) else np.zeros(N_CEPSTRAL)
            wide = line[kept].std(axis=0)
            found.append(np.concatenate([chosen[kept].mean(axis=0), trembling.reshape(-1, 3).mean(axis=1), wide, moving]))
    return np.array(found).reshape(-1, N_FEATURES)


def _frame_features(heard: Heard) -> tuple[Matrix, NDArray[np.bool_]]:
    """Features of every frame, [T, N_FEATURES], and whether it counts, [T]."""
    audio = np.pad(heard.audio, (0, max(0, _FFT - len(heard.audio))))
    frames = np.lib.stride_tricks.sliding_window_view(audio, _FFT)[::_HOP]
    n = min(len(frames), len(heard.f0_hz))
    frames, f0_hz = frames[:n], np.maximum(heard.f0_hz[:n], 50.0)
    power = np.abs(np.fft.rfft(frames * np.hanning(_FFT), axis=1)) ** 2
    level_db = 10.0 * np.log10(np.mean(frames.astype(np.float64) ** 2, axis=1) + 1e-14)
    sounding = (heard.f0_hz[:n] > 0.0) & (level_db > _QUIETEST_DBFS)
    if sounding.any():
        sounding &= level_db > np.percentile(level_db[sounding], 95.0) - _SOUNDING_DB
    total = np.concatenate([np.zeros((n, 1)), np.cumsum(power, axis=1)], axis=1)
    numbers = np.broadcast_to(np.arange(1, N_HARMONICS + 1), (n, N_HARMONICS))
    by_number = _harmonic_db(total, f0_hz, numbers)
    position = np.clip(_BANDS_HZ / f0_hz[:, None], 1.0, np.maximum(_HIGHEST_HZ / f0_hz[:, None], 1.0))
    low = np.floor(position)
    share = position - low
    line = (1.0 - share) * _harmonic_db(total, f0_hz, low) + share * _harmonic_db(total, f0_hz, low + 1)
    by_number, line = (np.maximum(x - x.max(axis=1, keepdims=True), _FLOOR_DB) for x in (by_number, line))
    by_number = by_number - by_number.mean(axis=1, keepdims=True)
    # How far each harmonic stands out from its neighbours: no microphone and no tone control changes it.
    ragged = np.abs(by_number[:, 1:-1] - 0.5 * (by_number[:, :-2] + by_number[:, 2:]))
    cepstral = dct(line, norm="ortho", axis=1)[:, 1 : N_CEPSTRAL + 1]
    return np.concatenate([by_number, cepstral, ragged, _noise_db(total, f0_hz)], axis=1), sounding


def _harmonic_db(total: Matrix, f0_hz: NDArray[np.float64], numbers: Matrix) -> Matrix:
    """Level in dB of harmonics [T, K] from the running sum of the power spectrum, total [T, bins + 1]; those above
    _HIGHEST_HZ are as the highest below it."""
    numbers = np.minimum(numbers, np.maximum(np.floor(_HIGHEST_HZ / f0_hz), 1.0)[:, None])
    f_hz = numbers * f0_hz[:, None]
    width_hz = np.maximum(2.0 * RATE / _FFT, np.minimum(0.3 * f0_hz[:, None], 0.02 * f_hz))
    first = np.rint((f_hz - width_hz) * _FFT / RATE).astype(np.int64)
    last = np.rint((f_hz + width_hz) * _FFT / RATE).astype(np.int64) + 1
    rows = np.arange(len(total))[:, None]
    highest = total.shape[1] - 1
    power = total[rows, np.clip(last, 0, highest)] - total[rows, np.clip(first, 0, highest)]
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-14)))


def _noise_db(total: Matrix, f0_hz: NDArray[np.float64]) -> Matrix:
    """Level half-way between two harmonics against theirs, near each of _NOISE_HZ, [T, 6]."""
    low = np.maximum(np.floor(_NOISE_HZ / f0_hz[:, None]), 1.0)
    beside = np.logaddexp(_harmonic_db(total, f0_hz, low), _harmonic_db(total, f0_hz, low + 1))
    return np.maximum(_harmonic_db(total, f0_hz, low + 0.5) - beside, _FLOOR_DB)
