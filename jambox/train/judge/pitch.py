"""The output's pitch, heard by a tracker that shares nothing with ours: librosa's pYIN, refined by its YIN."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.train.judge.playing import Played

_RATE, _HOP = 16_000, 160
# Between two lags of a high note lie many cents: the finer answer is heard at this rate, where exact tones up to 2.4 kHz are
# told within half a cent (tests/train/judge/test_pitch.py).
_FINE_RATE = 96_000
_SAME_PITCH_CENTS = 35.0
Vector = NDArray[np.float64]


def pitch_errors_cents(played: Played) -> Vector:
    """Deviation in cents of the output's pitch from the pitch that was asked for, of every frame (10 ms) that the
    listener calls voiced and whose window lies inside of one note of known pitch."""
    asked = played.window.f0_hz[played.believed]
    if not len(asked):
        return np.zeros(0)
    # Four periods of the lowest note at least, no longer: vibrato and note changes are to be followed.
    low = 0.75 * float(asked.min())
    length = 2048 if low < 130.0 else 512
    heard, voiced = listen(played.audio, played.sample_rate, low, 1.33 * float(asked.max()), length)
    control_rate = played.sample_rate / played.control_hop
    frames = np.arange(len(heard)) * _HOP / _RATE * control_rate
    frames = np.clip(frames, 0, len(played.believed) - 1).astype(np.int64)
    # The listener's window must lie inside of one note; it hears the mean of the pitch in it.
    reach = round(0.5 * length / _RATE * control_rate)
    shape = np.hanning(2 * reach + 3)[1:-1]
    padded = np.log2(np.pad(played.window.f0_hz.astype(np.float64), reach, mode="edge"))
    around = np.lib.stride_tricks.sliding_window_view(padded, len(shape))
    smooth = np.exp2(around @ (shape / shape.sum()))
    one_note = 1200.0 * np.ptp(around, axis=1) < 50.0
    inside = one_note & (np.convolve(played.believed, np.ones(len(shape)), "same") > len(shape) - 0.5)
    counted = inside[frames] & voiced
    return np.asarray(1200.0 * np.log2(heard[counted] / smooth[frames][counted]))


def listen(
    audio: NDArray[np.float32], sample_rate: int, low_hz: float, high_hz: float, frame_length: int = 1024
) -> tuple[Vector, NDArray[np.bool_]]:
    """Pitch in Hz every 10 ms as heard by pYIN between low_hz and high_hz, and whether it calls the frame voiced."""
    import librosa

    slow = librosa.resample(audio, orig_sr=sample_rate, target_sr=_RATE)
    ends: dict[str, Any] = {
        "fmin": low_hz,
        "fmax": min(high_hz, 0.45 * _RATE),
        "sr": _RATE,
        "frame_length": frame_length,
        "hop_length": _HOP,
    }
    coarse, voiced, _ = librosa.pyin(slow, fill_na=None, **ends)
    # pYIN answers in steps of 10 cents; YIN itself says where between them.
    times = _FINE_RATE // _RATE
    ends |= {"sr": _FINE_RATE, "frame_length": times * frame_length, "hop_length": times * _HOP}
    fine = librosa.yin(librosa.resample(audio, orig_sr=sample_rate, target_sr=_FINE_RATE), **ends)[: len(coarse)]
    fine = np.pad(fine, (0, len(coarse) - len(fine)), mode="edge")
    heard = np.where(np.abs(1200.0 * np.log2(fine / coarse)) < _SAME_PITCH_CENTS, fine, coarse)
    return np.asarray(heard, dtype=np.float64), np.asarray(voiced, dtype=np.bool_)
