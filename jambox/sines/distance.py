"""How far a fit is from the sound: signal-to-noise ratio, and log-spectral distance. [main]"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_FFT = 1024
_FLOOR_DB = -90.0
_HEARD_DB = -60.0


def snr_db(sound: ArrayLike, fit: ArrayLike) -> float:
    """Energy of the sound over that of its difference from the fit, both of shape [n], in dB."""
    sound, fit = np.asarray(sound, dtype=np.float64), np.asarray(fit, dtype=np.float64)
    return float(10.0 * np.log10(np.sum(sound**2) / max(float(np.sum((sound - fit) ** 2)), 1e-30)))


def log_spectral_distance_db(sound: ArrayLike, fit: ArrayLike) -> float:
    """Root mean square over frequency of the difference in dB, averaged over the frames in which the sound reaches -60 dB
    of its loudest; both of shape [n], FFT 1024, Hann, a quarter of it apart, floor 90 dB below the loudest bin."""
    theirs, ours = _power(np.asarray(sound, dtype=np.float64)), _power(np.asarray(fit, dtype=np.float64))
    loudest = float(np.max(theirs)) + 1e-30
    heard = np.max(theirs, axis=1) > loudest * 10.0 ** (_HEARD_DB / 10.0)
    floor = loudest * 10.0 ** (_FLOOR_DB / 10.0)
    difference = 10.0 * np.log10((ours[heard] + floor) / (theirs[heard] + floor))
    return float(np.mean(np.sqrt(np.mean(difference**2, axis=1))))


def _power(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(samples, _FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[:: _FFT // 4]
    return np.asarray(np.abs(np.fft.rfft(frames * np.hanning(_FFT), axis=1)) ** 2)
