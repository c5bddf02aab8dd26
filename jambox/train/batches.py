"""Batches by number: step s of a run draws from a generator seeded with s, so that a resumed run sees the same data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.dsp.noise import design_noise_loops, noise_loop_lengths
from jambox.errors import BadInput
from jambox.train.augment import Dynamics, draw_interval_st, stretched
from jambox.train.config import TrainConfig
from jambox.train.dataset import Dataset, Entry, Window
from jambox.train.measure import frame_centres
from jambox.train.synth import analysis_hop_f0, noise_table, sine_table

_SHORTEST_CHUNK = 40
_SILENCE_DB = -120.0
_BELIEVED_SHARE = 0.8
_DRAWS = 8


@dataclass(frozen=True)
class RegressionBatch:
    """Scaled inputs [B,T,1], targets levels_db [B,T,H+N]; weight, noise_weight, f0_hz and highest_hz [B,T].

    f0_scaled is what the layers are told, body_f0_scaled [B,T,1] the pitch at which the harmonics meet the body; source
    [B,T] is the number of each frame's source in the dataset's index.
    """

    f0_scaled: Tensor
    body_f0_scaled: Tensor
    loudness_scaled: Tensor
    levels_db: Tensor
    weight: Tensor
    noise_weight: Tensor
    f0_hz: Tensor
    highest_hz: Tensor
    source: Tensor

    def to(self, device: torch.device) -> RegressionBatch:
        """The same on another device."""
        return RegressionBatch(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


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

    def to(self, device: torch.device) -> SpectralBatch:
        """The same on another device."""
        return SpectralBatch(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


@dataclass(frozen=True)
class Tables:
    """Memory for the tables of one spectral batch and the noise that fills them: sines [B,T,H,ramp], noise [B,T,N,ramp],
    loops and lengths of `dsp.noise`. The next batch overwrites the tables of the last one."""

    sines: NDArray[np.float32]
    noise: NDArray[np.float32]
    loops: NDArray[np.float32]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, dataset: Dataset, config: TrainConfig, shard: Shard) -> Tables:
        """Tables for the batches of a run."""
        index = dataset.index
        rows = (len(shard.rows(config.spectral_batch)), config.spectral_frames)
        return cls(
            np.zeros((*rows, index.n_harmonics, index.control_hop), dtype=np.float32),
            np.zeros((*rows, index.n_noise_bands, index.control_hop), dtype=np.float32),
            design_noise_loops(index.sample_rate),
            noise_loop_lengths(index.sample_rate),
        )


class Side:
    """The recordings on one side of the split, drawn in proportion to their believed frames and their source's weight."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        mass = np.cumsum([entry.n_believed * entry.weight for entry in entries], dtype=np.float64)
        self._cumulative = mass / mass[-1]

    def draw(self, random: np.random.Generator) -> Entry:
        """One recording; the odds are summed once and not at every draw, which with thousands of recordings is slow."""
        return self.entries[int(np.searchsorted(self._cumulative, random.random(), side="right"))]


@dataclass(frozen=True)
class Shard:
    """The rows of a batch that one of `count` processes computes; together they are the batch of a single process.

    Every process draws the random numbers of all rows but reads only its own from disk.
    """

    index: int = 0
    count: int = 1

    def rows(self, n: int) -> range:
        """The rows of a batch of `n`; BadInput if the processes cannot share it evenly."""
        if n % self.count:
            raise BadInput(f"A batch of {n} cannot be shared evenly among {self.count} processes.")
        return range(self.index * n // self.count, (self.index + 1) * n // self.count)


ALONE = Shard()


def regression_batch(
    dataset: Dataset,
    side: Side,
    config: TrainConfig,
    step: int,
    dynamics: Dynamics | None = None,
    shard: Shard = ALONE,
) -> RegressionBatch:
    """Sequences spliced of chunks from several recordings, so that the network also learns to change notes.

    Chunks are told as neighbouring notes and stretched (`augment`) when `dynamics` are given.
    """
    random = np.random.default_rng([config.seed, 1, step])
    n = config.regression_frames
    own = shard.rows(config.regression_batch)
    rows = []
    for row in range(config.regression_batch):
        parts: list[tuple[NDArray[np.float32], ...]] = []
        filled = 0
        while filled < n:
            entry = side.draw(random)
            length = min(n - filled, entry.n_frames, int(random.integers(_SHORTEST_CHUNK, 2 * n)))
            first = int(random.integers(0, entry.n_frames - length + 1))
            window = dataset.window(entry, first, length) if row in own else _nothing(dataset)
            highest = np.full(len(window.f0_hz), entry.highest_hz, dtype=np.float32)
            source = np.full(len(window.f0_hz), dataset.index.source_number(entry), dtype=np.float32)
            f0, loudness, told = window.f0_hz, window.loudness_db, window.f0_hz
            if dynamics is not None:
                loudness = stretched(loudness, f0, dynamics, random, config.stretched_share, config.stretched_db)
                interval_st = draw_interval_st(random, config.neighbour_share, config.neighbour_st)
                told = f0 * np.float32(2.0 ** (interval_st / 12.0))
            parts.append((f0, told, loudness, window.weight, window.noise_weight, window.levels_db, highest, source))
            filled += length
        if row in own:
            rows.append(tuple(np.concatenate(part) for part in zip(*parts, strict=True)))
    errors = _errors(random, config, config.regression_batch, n, own)
    return _frames([np.stack(column) for column in zip(*rows, strict=True)], errors)


def spectral_batch(
    dataset: Dataset,
    side: Side,
    config: TrainConfig,
    step: int,
    tables: Tables,
    shard: Shard = ALONE,
) -> SpectralBatch:
    """Windows of single recordings with their audio and the tables of their pitch, which lie in `tables`."""
    random = np.random.default_rng([config.seed, 2, step])
    own = shard.rows(config.spectral_batch)
    hop = dataset.index.control_hop
    n, burn = config.spectral_frames, config.burn_in_frames
    rows, audio, gains, masks, reverberant = [], [], [], [], []
    for row in range(config.spectral_batch):
        entry, first = _believed_window(dataset, side, n + burn + 1, random)
        position = int(random.integers(0, 10**7))
        if row not in own:
            continue
        window = dataset.window(entry, first, min(n + burn + 1, entry.n_frames - first))
        missing = n + burn + 1 - len(window.f0_hz)
        f0 = np.pad(window.f0_hz, (0, missing), mode="edge")
        loudness = np.pad(window.loudness_db, (0, missing), constant_values=_SILENCE_DB)
        weight = np.pad(window.weight, (0, missing))
        noise_weight = np.pad(window.noise_weight, (0, missing))
        levels = np.pad(window.levels_db, ((0, missing), (0, 0)), mode="edge")
        highest = np.full(n + burn + 1, entry.highest_hz, dtype=np.float32)
        source = np.full(n + burn + 1, dataset.index.source_number(entry), dtype=np.float32)
        rows.append((f0, f0, loudness, weight, noise_weight, levels, highest, source))
        reverberant.append(entry.reverberant)
        start = int(frame_centres(first + burn + 1)[-1]) + 1
        audio.append(dataset.samples(entry, start, n * hop))
        f0_borders = analysis_hop_f0(f0[burn:].astype(np.float64))
        n_harmonics, rate = dataset.index.n_harmonics, dataset.index.sample_rate
        sine_table(f0_borders, n_harmonics, hop // 3, hop, rate, out=tables.sines[row - own.start])
        noise_table(tables.loops, tables.lengths, position, n, hop, out=tables.noise[row - own.start])
        gains.append(10.0 ** (loudness[burn:] / 20.0))
        # beyond the end there is nothing to be unsure of: silence is the truth
        known = np.concatenate([window.weight > 0.0, np.ones(missing, dtype=np.bool_)])
        masks.append(np.convolve(known[burn:].astype(np.float32), np.ones(5) / 5.0, "same"))
    errors = _errors(random, config, config.spectral_batch, n + burn + 1, own)
    frames = _frames([np.stack(column) for column in zip(*rows, strict=True)], errors)
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


def _believed_window(dataset: Dataset, side: Side, length: int, random: np.random.Generator) -> tuple[Entry, int]:
    """A window most of whose pitch is known, or the last of a few draws."""
    for _ in range(_DRAWS):
        entry = side.draw(random)
        first = int(random.integers(0, max(entry.n_frames - length, 0) + 1))
        (weight,) = dataset.columns(entry, ("weight",), first, min(first + length, entry.n_frames))
        if np.mean(weight > 0.0) >= _BELIEVED_SHARE:
            break
    return entry, first


def _nothing(dataset: Dataset) -> Window:
    """No frames: what stands for those that another process reads."""
    none = np.zeros(0, dtype=np.float32)
    return Window(none, none, none, none, np.zeros((0, dataset.index.n_harmonics + dataset.index.n_noise_bands), np.float32))


@dataclass(frozen=True)
class _Errors:
    """The small errors that a live tracker makes in pitch (cents) and loudness (dB), [B,T]."""

    cents: NDArray[np.float64]
    loudness_db: NDArray[np.float64]


def _errors(random: np.random.Generator, config: TrainConfig, n_rows: int, n_frames: int, own: range) -> _Errors:
    """Errors of the rows `own` out of n_rows."""
    rows = slice(own.start, own.stop)
    detuned = random.normal(0.0, config.detune_cents, (n_rows, 1))
    cents = detuned + random.normal(0.0, config.jitter_cents, (n_rows, n_frames))
    return _Errors(cents[rows], random.normal(0.0, config.jitter_db, (n_rows, n_frames))[rows])


def _frames(columns: list[NDArray[np.float32]], errors: _Errors) -> RegressionBatch:
    """Tensors of the fields; inputs get the errors, targets do not."""
    f0, told, loudness, weight, noise_weight, levels, highest, source = columns
    return RegressionBatch(
        f0_scaled=_tensor(f0_scaled(told * np.exp2(errors.cents / 1200.0)))[..., None],
        body_f0_scaled=_tensor(f0_scaled(f0))[..., None],
        loudness_scaled=_tensor(loudness_scaled(loudness + errors.loudness_db))[..., None],
        levels_db=_tensor(levels),
        weight=_tensor(weight),
        noise_weight=_tensor(noise_weight),
        f0_hz=_tensor(f0),
        highest_hz=_tensor(highest),
        source=_tensor(source).long(),
    )


def _tensor(array: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
