"""How pitch and loudness become the two numbers that a control network reads. [any]

f0_scaled = MIDI note / 127 and loudness_scaled = loudness in dB / 100 + 1, each clipped to what a musical signal can be: a
network sees no infinity, and -120 dB (silence) and below are one value. One definition for training, the compiled
kernels and other hosts; DDSP (Engel et al. 2020, section 3) scales the same way.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jambox.kernels import kernel

LOWEST_LOUDNESS_DB = -120.0
HIGHEST_LOUDNESS_DB = 20.0
LOWEST_F0_HZ = 440.0 * 2.0 ** (-69.0 / 12.0)
HIGHEST_F0_HZ = 440.0 * 2.0 ** (58.0 / 12.0)


def f0_scaled(f0_hz: ArrayLike) -> NDArray[np.float64]:
    """Network input of a frequency in Hz, 0 (8.2 Hz and below) to 1 (12.5 kHz), same shape."""
    clipped = np.clip(np.asarray(f0_hz, dtype=np.float64), LOWEST_F0_HZ, HIGHEST_F0_HZ)
    return np.asarray((69.0 + 12.0 * np.log2(clipped / 440.0)) / 127.0)


def loudness_scaled(loudness_db: ArrayLike) -> NDArray[np.float64]:
    """Network input of a loudness in dB, -0.2 (-120 dB and below) to 1.2 (+20 dB and above), same shape."""
    clipped = np.clip(np.asarray(loudness_db, dtype=np.float64), LOWEST_LOUDNESS_DB, HIGHEST_LOUDNESS_DB)
    return np.asarray(clipped / 100.0 + 1.0)


def f0_unscaled(scaled: ArrayLike) -> NDArray[np.float64]:
    """Frequency in Hz of a network input."""
    return np.asarray(440.0 * np.exp2((127.0 * np.asarray(scaled, dtype=np.float64) - 69.0) / 12.0))


def loudness_unscaled(scaled: ArrayLike) -> NDArray[np.float64]:
    """Loudness in dB of a network input."""
    return np.asarray(100.0 * (np.asarray(scaled, dtype=np.float64) - 1.0))


@kernel
def f0_in_st(f0_hz: float) -> float:
    """[audio] A frequency in Hz as a fractional MIDI note, 0 to 127."""
    clipped = min(max(f0_hz, LOWEST_F0_HZ), HIGHEST_F0_HZ)
    return 69.0 + 12.0 * math.log2(clipped / 440.0)


@kernel
def st_in_hz(pitch_st: float) -> float:
    """[audio] A fractional MIDI note as a frequency in Hz."""
    return float(440.0 * 2.0 ** ((pitch_st - 69.0) / 12.0))


@kernel
def scale_f0(f0_hz: float) -> float:
    """[audio] `f0_scaled` of one frequency in Hz."""
    return f0_in_st(f0_hz) / 127.0


@kernel
def scale_loudness(loudness_db: float) -> float:
    """[audio] `loudness_scaled` of one loudness in dB."""
    return min(max(loudness_db, LOWEST_LOUDNESS_DB), HIGHEST_LOUDNESS_DB) / 100.0 + 1.0
