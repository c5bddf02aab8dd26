"""What training minimises: distances between levels in dB, between spectra, and between loudnesses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from jambox.analysis.weighting import a_weighting_db
from jambox.dsp.noise import noise_band_centres_hz

FFT_SIZES = (4096, 2048, 1024, 512, 256, 128)
_NEPERS_PER_DB_POWER = math.log(10.0) / 10.0
_AUDIBLE_DB = 80.0
_CONTINUED_WEIGHT = 0.15
_NOISE_WEIGHT = 3.0
_LARGEST_RATIO = 1.5  # nepers of power beyond which the noise term grows linearly
OverShards = Callable[[Tensor], Tensor]
_SMALLEST_POWER = 1e-30  # keeps the slope of a magnitude finite where there is none


def unshared(total: Tensor) -> Tensor:
    """What a single process has of a batch is all of it."""
    return total


@lru_cache(maxsize=4)
def _a_weighting_tables(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Power gains of the A curve every 10 Hz, [2401], at the centres of the noise bands, and those centres in Hz."""
    grid = torch.linspace(0.0, 24_000.0, 2401)
    gains = torch.from_numpy(10.0 ** (a_weighting_db(np.maximum(grid.numpy(), 1.0).astype(np.float64)) / 10.0)).float()
    bands = torch.from_numpy(10.0 ** (a_weighting_db(noise_band_centres_hz()) / 10.0)).float()
    return gains.to(device), bands.to(device), torch.from_numpy(noise_band_centres_hz()).float().to(device)


@lru_cache(maxsize=32)
def _hann_window(size: int, device: torch.device) -> Tensor:
    return torch.hann_window(size, device=device)


def a_weights(f0_hz: Tensor, n_harmonics: int, sample_rate: int = 48_000) -> tuple[Tensor, Tensor]:
    """A-weighting as power gains: of harmonics of f0_hz [...], [..., H], and of noise bands, [N]."""
    gains, bands, _ = _a_weighting_tables(f0_hz.device)
    f_hz = f0_hz[..., None] * torch.arange(1, n_harmonics + 1, device=f0_hz.device)
    at = torch.clamp(f_hz / 10.0, max=2399.0)
    low = at.long()
    flat = low.flatten()
    below, above = (gains.index_select(0, index).view_as(at) for index in (flat, flat + 1))
    return torch.lerp(below, above, at - low) * (f_hz < 0.475 * sample_rate), bands


def weighted_powers(levels_db: Tensor, f0_hz: Tensor, n_harmonics: int) -> tuple[Tensor, Tensor]:
    """A-weighted power of the harmonics and of the noise, each [B,T], that levels_db [B,T,H+N] make at f0_hz [B,T]."""
    weight, bands = a_weights(f0_hz, n_harmonics)
    power = torch.exp(levels_db * _NEPERS_PER_DB_POWER)
    return 0.5 * (power[..., :n_harmonics] * weight).sum(-1), (power[..., n_harmonics:] * bands).sum(-1)


def regression_loss(
    predicted_db: Tensor,
    target_db: Tensor,
    weight: Tensor,
    noise_weight: Tensor,
    f0_hz: Tensor,
    highest_hz: Tensor,
    n_harmonics: int,
    over_shards: OverShards = unshared,
) -> dict[str, Tensor]:
    """Terms by name, in dB or alike; levels [B,T,H+N], all others [B,T].

    Where several processes share a batch, `over_shards` averages over them what the terms are divided by: the mean of the
    processes' terms, and of their gradients, is then that of the whole batch.

    harmonics: L1 in dB, loud harmonics first. noise: the likelihood of a noise power given its mean (Itakura and Saito),
    whose minimum is the mean power, where L1 would find the median of a bursty band and play it too softly. texture (not
    in the total): how far the harmonics stand out from their neighbours, against the recording's, on average over the
    batch; what is learnt by L1 alone is the smooth middle of many notes, and no instrument sounds like that. (The global
    variance of parametric speech synthesis, Toda and Tokuda 2007, is the same remedy. Loudness needs no term: the network is
    as loud as its input by construction.)
    """
    highest = highest_hz[..., None]
    harmonic_target = target_db[..., :n_harmonics]
    k = torch.arange(1, n_harmonics + 1, device=f0_hz.device)
    loudest = harmonic_target.amax(-1, keepdim=True)
    importance = torch.clamp((harmonic_target - loudest + _AUDIBLE_DB) / _AUDIBLE_DB, 0.03, 1.0)
    importance = importance * torch.where(f0_hz[..., None] * k < highest, 1.0, _CONTINUED_WEIGHT)
    harmonics = _mean((predicted_db[..., :n_harmonics] - harmonic_target).abs(), importance * weight[..., None], over_shards)

    noise_target = target_db[..., n_harmonics:]
    importance = torch.clamp((noise_target + _AUDIBLE_DB + 20.0) / _AUDIBLE_DB, 0.05, 1.0)
    centres = _a_weighting_tables(f0_hz.device)[2]
    importance = importance * torch.where(centres < 0.97 * highest, 1.0, _CONTINUED_WEIGHT)
    log_ratio = (noise_target - predicted_db[..., n_harmonics:]) * _NEPERS_PER_DB_POWER
    inside = torch.clamp(log_ratio, max=_LARGEST_RATIO)
    beyond = log_ratio - inside
    deviance = torch.exp(inside) - inside - 1.0 + beyond * (math.exp(_LARGEST_RATIO) - 1.0)
    noise = _mean(deviance, importance * noise_weight[..., None], over_shards)

    heard = (harmonic_target > loudest - _AUDIBLE_DB) & (f0_hz[..., None] * k < highest)
    heard_with_both = (heard[..., 1:-1] & heard[..., :-2] & heard[..., 2:]) * weight[..., None]
    texture = _texture(predicted_db[..., :n_harmonics], harmonic_target, heard_with_both, over_shards)
    total = harmonics + _NOISE_WEIGHT * noise
    return {"total": total, "harmonics": harmonics, "noise": noise, "texture": texture}


def _texture(predicted_db: Tensor, target_db: Tensor, weight: Tensor, over_shards: OverShards) -> Tensor:
    """Difference in dB between how far harmonics stand out from both neighbours, [B,T,H] each; weight [B,T,H-2].

    The averages over the batch are compared, not frame with frame: which harmonics stand out is the business of L1.
    """
    ours, theirs = (
        (levels[..., 1:-1] - 0.5 * (levels[..., :-2] + levels[..., 2:])).abs() for levels in (predicted_db, target_db)
    )
    mass = over_shards(weight.sum((0, 1)))
    missing = ((ours - theirs) * weight).sum((0, 1)) / (mass + 1e-6)
    # The sign is that of the whole batch: the mean of the shards' terms is then the batch's own.
    return (torch.sign(over_shards(missing.detach())) * missing * mass).sum() / (mass.sum() + 1e-6)


def spectral_loss(
    audio: Tensor, target: Tensor, highest_hz: Tensor, sample_rate: int, fft_sizes: Sequence[int] = FFT_SIZES
) -> Tensor:
    """Multi-scale spectral distance of audio [B,n] to target [B,n]: spectral convergence plus mean absolute log magnitude
    distance (nepers), averaged over fft_sizes; bins above highest_hz [B] are left out. (Yamamoto et al. 2020; DDSP.)"""
    total = torch.zeros((), device=audio.device)
    for size in fft_sizes:
        spectra = [_magnitudes(x, size) for x in (audio, target)]
        f_hz = torch.arange(size // 2 + 1, device=audio.device) * (sample_rate / size)
        inside = (f_hz < highest_hz[:, None]).float()[:, None, :]
        ours, theirs = (spectrum * inside for spectrum in spectra)
        convergence = torch.linalg.vector_norm(ours - theirs, dim=(1, 2)) / (
            torch.linalg.vector_norm(theirs, dim=(1, 2)) + 1e-6
        )
        floor = 1e-5 * math.sqrt(size)
        # Where both are cut to zero the logarithms are equal: nothing more is to be left out.
        distance = (torch.log(ours + floor) - torch.log(theirs + floor)).abs()
        count = inside.sum(dim=(1, 2)) * ours.shape[1]
        total = total + (convergence + distance.sum(dim=(1, 2)) / count).mean()
    return total / len(fft_sizes)


def _magnitudes(audio: Tensor, size: int) -> Tensor:
    """Short-time magnitudes [B, frames, size // 2 + 1] of audio [B,n]: Hann window, hop size / 4, frames centred, edges
    mirrored, as torch.stft has them; cheaper to differentiate, since frames are four shifted views and not gathered."""
    hop = size // 4
    padded = functional.pad(audio[:, None], (size // 2, size // 2), mode="reflect")[:, 0]
    n_frames = audio.shape[1] // hop + 1
    hops = padded[:, : (n_frames + 3) * hop].reshape(len(audio), n_frames + 3, hop)
    frames = torch.cat([hops[:, first : first + n_frames] for first in range(4)], dim=2)
    spectrum = torch.fft.rfft(frames * _hann_window(size, audio.device))
    real, imaginary = spectrum.real, spectrum.imag
    return torch.sqrt(real * real + imaginary * imaginary + _SMALLEST_POWER)


def _mean(values: Tensor, weights: Tensor, over_shards: OverShards) -> Tensor:
    weights = weights.expand_as(values)
    return (values * weights).sum() / over_shards(weights.sum() + 1e-6)
