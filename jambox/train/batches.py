"""Batches by number: step s of a run draws from a generator seeded with s, so that a resumed run sees the same data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.dsp.noise import design_noise_loops, noise_loop_lengths
from jambox.train.augment import Dynamics, draw_interval_st, stretched, transposed
from jambox.train.config import TrainConfig
from jambox.train.dataset import Dataset, Entry
from jambox.train.losses import output_level_db
from jambox.train.measure import frame_centres
from jambox.train.synth import analysis_hop_f0, noise_table, sine_table

_SHORTEST_CHUNK = 40
_SILENCE_DB = -120.0
_BELIEVED_SHARE = 0.8
_DRAWS = 8


@dataclass(frozen=True)
class RegressionBatch:
    """Scaled inputs [B,T,1], targets levels_db [B,T,H+N]; weight, noise_weight, f0_hz and highest_hz [B,T]."""

    f0_scaled: Tensor
    loudness_scaled: Tensor
    levels_db: Tensor
    weight: Tensor
    noise_weight: Tensor
    f0_hz: Tensor
    highest_hz: Tensor


@dataclass(frozen=True)
class SpectralBatch:
    """Regression fields over burn-in and window frames, tables for the last T+1 of them, and audio [B, T * ramp].

    mask [B, T+1] is 0 where the pitch is not known; gain [B, T+1] is the linear gain of the loudness;
    reverberant [B] says that the recording's room would be taken for noise.
    """

    frames: RegressionBatch
    gain: Tensor
    mask: Tensor
    sines: Tensor
    noise: Tensor
    audio: Tensor
    highest_hz: Tensor
    reverberant: Tensor


@dataclass(frozen=True)
class Tables:
    """Memory for the tables of one spectral batch and the noise that fills them: sines [B,T,H,ramp], noise [B,T,N,ramp],
    loops and lengths of `dsp.noise`. The next batch overwrites the tables of the last one."""

    sines: NDArray[np.float32]
    noise: NDArray[np.float32]
    loops: NDArray[np.float32]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, dataset: Dataset, config: TrainConfig) -> Tables:
        """Tables for the batches of a run."""
        index = dataset.index
        rows = (config.spectral_batch, config.spectral_frames)
        return cls(
            np.zeros((*rows, index.n_harmonics, index.control_hop), dtype=np.float32),
            np.zeros((*rows, index.n_noise_bands, index.control_hop), dtype=np.float32),
            design_noise_loops(index.sample_rate),
            noise_loop_lengths(index.sample_rate),
        )


def chances(entries: list[Entry]) -> NDArray[np.float64]:
    """Probability of drawing each recording: its believed frames times its source's weight."""
    mass = np.array([entry.n_believed * entry.weight for entry in entries], dtype=np.float64)
    return np.asarray(mass / mass.sum())


def regression_batch(
    dataset: Dataset, entries: list[Entry], config: TrainConfig, step: int, dynamics: Dynamics | None = None
) -> RegressionBatch:
    """Sequences spliced of chunks from several recordings, so that the network also learns to change notes.

    Chunks are transposed and stretched (`augment`) when `dynamics` are given.
    """
    random = np.random.default_rng([config.seed, 1, step])
    n_harmonics = dataset.index.n_harmonics
    odds = chances(entries)
    n = config.regression_frames
    rows = []
    for _ in range(config.regression_batch):
        parts: list[tuple[NDArray[np.float32], ...]] = []
        filled = 0
        while filled < n:
            entry = entries[int(random.choice(len(entries), p=odds))]
            length = min(n - filled, entry.n_frames, int(random.integers(_SHORTEST_CHUNK, 2 * n)))
            first = int(random.integers(0, entry.n_frames - length + 1))
            window = dataset.window(entry, first, length)
            highest = np.full(length, entry.highest_hz, dtype=np.float32)
            f0, loudness, levels = window.f0_hz, window.loudness_db, window.levels_db
            if dynamics is not None:
                loudness = stretched(loudness, f0, dynamics, random, config.stretched_share, config.stretched_db)
                interval_st = draw_interval_st(random, config.transposed_share, config.transposed_st)
                if interval_st != 0.0:
                    levels = transposed(levels, interval_st, n_harmonics)
                    f0 = f0 * np.float32(2.0 ** (interval_st / 12.0))
            parts.append((f0, loudness, window.weight, window.noise_weight, levels, highest))
            filled += length
        rows.append(tuple(np.concatenate(part) for part in zip(*parts, strict=True)))
    f0, loudness, weight, noise_weight, levels, highest = (np.stack(column) for column in zip(*rows, strict=True))
    frames = _frames(f0, loudness, weight, noise_weight, levels, highest, random, config)
    if dynamics is not None:
        # A transposed spectrum has another A-weighted level: back to that of the input.
        frames.levels_db.sub_(output_level_db(frames.levels_db, frames.f0_hz, n_harmonics)[..., None])
    return frames


def spectral_batch(
    dataset: Dataset,
    entries: list[Entry],
    config: TrainConfig,
    step: int,
    tables: Tables,
) -> SpectralBatch:
    """Windows of single recordings with their audio and the tables of their pitch, which lie in `tables`."""
    random = np.random.default_rng([config.seed, 2, step])
    odds = chances(entries)
    hop = dataset.index.control_hop
    n, burn = config.spectral_frames, config.burn_in_frames
    rows, audio, gains, masks, reverberant = [], [], [], [], []
    for number in range(config.spectral_batch):
        entry, first = _believed_window(dataset, entries, odds, n + burn + 1, random)
        window = dataset.window(entry, first, min(n + burn + 1, entry.n_frames - first))
        missing = n + burn + 1 - len(window.f0_hz)
        f0 = np.pad(window.f0_hz, (0, missing), mode="edge")
        loudness = np.pad(window.loudness_db, (0, missing), constant_values=_SILENCE_DB)
        weight = np.pad(window.weight, (0, missing))
        noise_weight = np.pad(window.noise_weight, (0, missing))
        levels = np.pad(window.levels_db, ((0, missing), (0, 0)), mode="edge")
        highest = np.full(n + burn + 1, entry.highest_hz, dtype=np.float32)
        rows.append((f0, loudness, weight, noise_weight, levels, highest))
        reverberant.append(entry.reverberant)
        start = int(frame_centres(first + burn + 1)[-1]) + 1
        audio.append(dataset.samples(entry, start, n * hop))
        f0_borders = analysis_hop_f0(f0[burn:].astype(np.float64))
        n_harmonics, rate = dataset.index.n_harmonics, dataset.index.sample_rate
        sine_table(f0_borders, n_harmonics, hop // 3, hop, rate, out=tables.sines[number])
        position = int(random.integers(0, 10**7))
        noise_table(tables.loops, tables.lengths, position, n, hop, out=tables.noise[number])
        gains.append(10.0 ** (loudness[burn:] / 20.0))
        # beyond the end there is nothing to be unsure of: silence is the truth
        known = np.concatenate([window.weight > 0.0, np.ones(missing, dtype=np.bool_)])
        masks.append(np.convolve(known[burn:].astype(np.float32), np.ones(5) / 5.0, "same"))
    f0, loudness, weight, noise_weight, levels, highest = (np.stack(column) for column in zip(*rows, strict=True))
    frames = _frames(f0, loudness, weight, noise_weight, levels, highest, random, config)
    return SpectralBatch(
        frames=frames,
        gain=_tensor(np.stack(gains)),
        mask=_tensor(np.stack(masks)),
        sines=torch.from_numpy(tables.sines),
        noise=torch.from_numpy(tables.noise),
        audio=torch.from_numpy(np.stack(audio)),
        highest_hz=frames.highest_hz[:, 0],
        reverberant=torch.tensor(reverberant),
    )


def _believed_window(
    dataset: Dataset, entries: list[Entry], odds: NDArray[np.float64], length: int, random: np.random.Generator
) -> tuple[Entry, int]:
    """A window most of whose pitch is known, or the last of a few draws."""
    for _ in range(_DRAWS):
        entry = entries[int(random.choice(len(entries), p=odds))]
        first = int(random.integers(0, max(entry.n_frames - length, 0) + 1))
        weight = dataset.window(entry, first, min(length, entry.n_frames - first)).weight
        if np.mean(weight > 0.0) >= _BELIEVED_SHARE:
            break
    return entry, first


def _frames(
    f0: NDArray[np.float32],
    loudness: NDArray[np.float32],
    weight: NDArray[np.float32],
    noise_weight: NDArray[np.float32],
    levels: NDArray[np.float32],
    highest: NDArray[np.float32],
    random: np.random.Generator,
    config: TrainConfig,
) -> RegressionBatch:
    """Tensors of the fields; inputs get the small errors that a live tracker makes, targets do not."""
    cents = random.normal(0.0, config.detune_cents, (len(f0), 1)) + random.normal(0.0, config.jitter_cents, f0.shape)
    heard_hz = f0 * np.exp2(cents / 1200.0)
    heard_db = loudness + random.normal(0.0, config.jitter_db, loudness.shape)
    return RegressionBatch(
        f0_scaled=_tensor(f0_scaled(heard_hz))[..., None],
        loudness_scaled=_tensor(loudness_scaled(heard_db))[..., None],
        levels_db=_tensor(levels),
        weight=_tensor(weight),
        noise_weight=_tensor(noise_weight),
        f0_hz=_tensor(f0),
        highest_hz=_tensor(highest),
    )


def _tensor(array: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
