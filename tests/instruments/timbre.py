"""A second of sound as a few numbers about its timbre and none about its level or pitch: what the classifier hears.

Sound is limited to 12 kHz. Of each second, the frames that sound are kept; their log mel spectra are smeared over frequency
as a masking ear would (so that gaps between harmonics are filled), averaged over the second, and turned into a few cepstral
coefficients. The first, the level, is left out; so are the high ones, in which the spacing of the harmonics would show.
Nothing about movement is kept either: how a phrase moves is the singer's, also when an instrument plays it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.fft import dct

RATE = 24_000
N_COEFFICIENTS = 20
LEAST_SOUNDING_S = 0.3
_FFT, _HOP = 1024, 240
_N_BANDS = 48
_LOWEST_HZ, _HIGHEST_HZ = 100.0, 11_500.0
_SMEAR_DB = 6.0
_FLOOR_DB = -60.0
_SOUNDING_DB, _QUIETEST_DBFS = 30.0, -65.0

Signal = NDArray[np.float32]
Matrix = NDArray[np.float64]


def read(path: Path, first_s: float = 0.0, seconds: float | None = None) -> Signal:
    """A recording (or part of it) at RATE, mono."""
    rate = soundfile.info(path).samplerate
    frames = -1 if seconds is None else round(seconds * rate)
    audio, _ = soundfile.read(path, dtype="float32", always_2d=True, start=round(first_s * rate), frames=frames)
    return at_rate(audio.mean(axis=1), rate)


def at_rate(audio: Signal, rate: int) -> Signal:
    """`audio` at RATE: nothing above 12 kHz is left."""
    return np.asarray(soxr.resample(audio, rate, RATE, quality="HQ"), dtype=np.float32)


def features(audio: Signal, step_s: float = 1.0) -> Matrix:
    """One row of coefficients for every second (every `step_s`) of `audio` (at RATE) that sounds for 0.3 s or more,
    [n, N_COEFFICIENTS]."""
    log_mel, level_db = _log_mel(audio)
    sounding = (level_db > np.percentile(level_db, 95.0) - _SOUNDING_DB) & (level_db > _QUIETEST_DBFS)
    per_s = RATE // _HOP
    least = round(LEAST_SOUNDING_S * per_s)
    rows = []
    for start in range(0, max(len(log_mel) - least, 0) + 1, round(step_s * per_s)):
        chosen = log_mel[start : start + per_s][sounding[start : start + per_s]]
        if len(chosen) >= least:
            rows.append(dct(chosen.mean(axis=0), norm="ortho")[1 : N_COEFFICIENTS + 1])
    return np.array(rows).reshape(-1, N_COEFFICIENTS)


def _log_mel(audio: Signal) -> tuple[Matrix, NDArray[np.float64]]:
    """Smeared mel spectra in dB below each frame's loudest band, [T, bands], and the level of the frames in dBFS, [T]."""
    padded = np.pad(audio, (0, max(0, _FFT - len(audio))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP]
    window = np.hanning(_FFT)
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2 / np.sum(window) ** 2
    mel_db = 10.0 * np.log10(power @ _MEL.T + 1e-14)
    mel_db = np.maximum(mel_db - mel_db.max(axis=1, keepdims=True), _FLOOR_DB)
    level_db = 10.0 * np.log10(np.mean(frames.astype(np.float64) ** 2, axis=1) + 1e-14)
    smeared = mel_db.copy()
    for away in range(1, _N_BANDS):
        down = _SMEAR_DB * away / _BANDS_PER_OCTAVE
        if down > -_FLOOR_DB:
            break
        np.maximum(smeared[:, away:], mel_db[:, :-away] - down, out=smeared[:, away:])
        np.maximum(smeared[:, :-away], mel_db[:, away:] - down, out=smeared[:, :-away])
    return smeared, level_db


def _mel_filters() -> Matrix:
    """Triangles of equal height over the mel scale, [bands, bins]."""
    mel = np.linspace(*(2595.0 * np.log10(1.0 + np.array([_LOWEST_HZ, _HIGHEST_HZ]) / 700.0)), _N_BANDS + 2)
    edges = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    f_hz = np.arange(_FFT // 2 + 1) * RATE / _FFT
    up = (f_hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - f_hz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(up, down))


_MEL = _mel_filters()
# Of the upper half of the scale, where mel bands are octaves apart alike.
_BANDS_PER_OCTAVE = 11.0
