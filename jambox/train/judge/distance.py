"""How far what was played lies from the recording: spectra, loudness, harmonics against noise."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from jambox.analysis import analyse
from jambox.train.guide import control_rows
from jambox.train.judge.playing import Played
from jambox.train.losses import spectral_loss
from jambox.train.measure import measure, weighted_powers

_LSD_FFT = 2048
_LSD_FLOOR_DB = -90.0
# Control frames at the beginning in which the output's own loudness has not yet settled.
_EDGE = 8


def distances(played: Played) -> dict[str, float]:
    """mss: `losses.spectral_loss`; lsd_db: log-spectral distance; loudness_l1_db: mean absolute difference of the loudness
    feature, no level corrected. All where the pitch is known."""
    believed = played.believed
    at = np.arange(len(played.audio)) / played.control_hop
    mask = np.interp(at, np.arange(len(believed)), np.convolve(believed, np.ones(5) / 5.0, "same")).astype(np.float32)
    ours, theirs = (torch.from_numpy(audio * mask)[None] for audio in (played.audio, played.recorded))
    highest_hz = played.entry.highest_hz
    difference = loudness_errors_db(played)
    return {
        "mss": float(spectral_loss(ours, theirs, torch.tensor([highest_hz]), played.sample_rate)),
        "lsd_db": log_spectral_distance(ours, theirs, highest_hz, played.sample_rate),
        "loudness_l1_db": float(np.mean(difference)) if len(difference) else 0.0,
    }


def loudness_errors_db(played: Played) -> NDArray[np.float64]:
    """Absolute difference of the output's loudness feature from the input's, of every frame whose pitch is known, [n]."""
    # Both are heard with their true beginnings: output sample n stands for sample n + first of the recording.
    whole = np.concatenate([np.zeros(played.first, np.float32), played.audio])
    heard = control_rows(analyse(whole, played.sample_rate).loudness_db)
    steady = played.believed.copy()
    steady[: min(_EDGE, len(steady))] = False
    steady = steady[: len(heard)]
    return np.asarray(np.abs(heard - played.window.loudness_db[: len(heard)])[steady], dtype=np.float64)


def log_spectral_distance(ours: torch.Tensor, theirs: torch.Tensor, highest_hz: float, sample_rate: int) -> float:
    """Root mean square over frequency of the difference in dB (floor -90 dBFS), averaged over frames of `theirs` that reach
    -60 dBFS; both [1,n], FFT 2048, Hann, a quarter of it apart."""
    window = torch.hann_window(_LSD_FFT)
    spectra = []
    for audio in (ours, theirs):
        power = torch.stft(audio, _LSD_FFT, _LSD_FFT // 4, window=window, return_complex=True)[0].abs() ** 2
        power = power * 4.0 / torch.sum(window) ** 2
        spectra.append(10.0 * torch.log10(power + 10.0 ** (_LSD_FLOOR_DB / 10.0)))
    inside = torch.arange(_LSD_FFT // 2 + 1) * (sample_rate / _LSD_FFT) < highest_hz
    frames = spectra[1].amax(0) > _LSD_FLOOR_DB + 30.0
    if not bool(frames.any()):
        return 0.0
    difference = (spectra[0] - spectra[1])[inside][:, frames]
    return float(difference.square().mean(0).sqrt().mean())


def harmonic_to_noise_db(played: Played, audio: NDArray[np.float32]) -> float:
    """Harmonic-to-noise ratio of `audio` (the output or the recording) as the preparation measures it, A-weighted, over
    frames whose pitch is known."""
    shifted = np.concatenate([np.zeros(played.first, dtype=np.float32), audio])
    measured = measure(shifted, played.window.f0_hz.astype(np.float64), 20_000.0)
    harmonic, noise = weighted_powers(measured.f0_hz, measured.amplitudes, measured.noise)
    believed = played.believed
    return float(10.0 * np.log10(max(harmonic[believed].sum(), 1e-20) / max(noise[believed].sum(), 1e-20)))
