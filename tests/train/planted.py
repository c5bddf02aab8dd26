"""Datasets written without any recording: their law of timbre is known, and a disease can be planted into it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

from jambox.analysis import FEATURE_VERSION, feature_hash
from jambox.control.card import Quantiles
from jambox.dsp.noise import N_NOISE_BANDS
from jambox.train.dataset import Dataset, DatasetIndex, Entry, write_index, write_recording
from jambox.train.losses import weighted_powers

HOP, RATE, N_HARMONICS = 192, 48_000, 100
NOTE_FRAMES = 125
NOTES_HZ = 220.0 * 2.0 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12.0)

Levels = np.ndarray
Change = Callable[[Levels, np.ndarray, np.ndarray, np.random.Generator, bool], Levels]


def notes(n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which of NOTES_HZ, pitch and loudness of every frame of n notes: every second one is loud and falls by 36 dB."""
    which = np.repeat(random.permutation(np.arange(n) % len(NOTES_HZ)), NOTE_FRAMES)
    loudness = []
    for number in range(n):
        peak = random.uniform(-24.0, -12.0) if number % 2 else random.uniform(-56.0, -44.0)
        fall = np.interp(np.arange(NOTE_FRAMES), [0, 5, 65, 85, NOTE_FRAMES], np.array([-20.0, 0.0, 0.0, -36.0, -36.0]))
        loudness.append(peak + fall if number % 2 else np.full(NOTE_FRAMES, peak))
    vibrato = 0.1 * np.sin(2.0 * np.pi * 5.0 * np.arange(n * NOTE_FRAMES) / 250.0)
    return which, NOTES_HZ[which] * 2.0 ** (vibrato / 12.0), np.concatenate(loudness)


def timbre(f0_hz: np.ndarray, loudness_db: np.ndarray) -> Levels:
    """Levels [T,H+N] that get darker with softness, as loud as the input."""
    k = np.arange(1, N_HARMONICS + 1)
    slope = -9.0 + 0.1 * (loudness_db + 20.0)
    harmonics = slope[:, None] * np.log2(k)[None]
    noise = np.full((len(f0_hz), N_NOISE_BANDS), -45.0)
    return as_loud_as_input(np.concatenate([harmonics, noise], axis=1), f0_hz)


def as_loud_as_input(levels: Levels, f0_hz: np.ndarray) -> Levels:
    tensors = (torch.from_numpy(x.astype(np.float32))[None] for x in (levels, f0_hz))
    harmonics, noise = weighted_powers(*tensors, N_HARMONICS)
    return levels - 10.0 * torch.log10(harmonics + noise)[0].numpy()[:, None]


def plant(
    folder: Path, change: Change | None = None, *, n_training: int = 5, n_validation: int = 2, notes_each: int = 8
) -> Path:
    """A dataset of notes_each half seconds a recording, its levels changed by `change(levels, which note, loudness_db,
    random, validation)`."""
    entries = []
    for number in range(n_training + n_validation):
        random = np.random.default_rng(number)
        which, f0_hz, loudness_db = notes(notes_each, random)
        validation = number >= n_training
        levels = timbre(f0_hz, loudness_db)
        if change is not None:
            levels = change(levels, which, loudness_db, random, validation)
        file = f"recordings/{number:05d}.safetensors"
        ones = np.ones(len(f0_hz), dtype=np.float32)
        t = np.arange(len(f0_hz) * HOP) / RATE
        arrays = {
            "f0_hz": f0_hz.astype(np.float32),
            "loudness_db": loudness_db.astype(np.float32),
            "weight": ones,
            "noise_weight": ones,
            "levels_db": levels.astype(np.float16),
            "audio": (0.05 * np.sin(2.0 * np.pi * 220.0 * t)).astype(np.float32),
        }
        write_recording(folder / file, arrays)
        entries.append(entry(number, file, len(f0_hz), validation))
    return indexed(folder, entries)


def entry(number: int, file: str, n_frames: int, validation: bool) -> Entry:
    return Entry(
        file=file,
        recording=f"{number}.wav",
        source="planted",
        validation=validation,
        n_frames=n_frames,
        n_believed=n_frames,
        highest_hz=20_000.0,
        reverberant=False,
        weight=1.0,
    )


def indexed(folder: Path, entries: list[Entry]) -> Path:
    low, high = float(NOTES_HZ[0]), float(NOTES_HZ[-1])
    index = DatasetIndex(
        name="planted",
        description="Notes of known timbre.",
        licence="CC0-1.0",
        sources=[],
        sample_rate=RATE,
        control_hop=HOP,
        n_harmonics=N_HARMONICS,
        n_noise_bands=N_NOISE_BANDS,
        feature_version=FEATURE_VERSION,
        feature_hash=feature_hash(),
        f0_hz=Quantiles(p01=low, p05=low, p50=330.0, p95=high, p99=high),
        loudness_db=Quantiles(p01=-60.0, p05=-56.0, p50=-46.0, p95=-14.0, p99=-12.0),
        entries=entries,
    )
    write_index(folder, index)
    return folder


def lengthened(original: Path, folder: Path, times: int) -> Path:
    """A dataset whose recordings are those of another one, each played `times` times on end."""
    entries = []
    for old in Dataset(original).index.entries:
        arrays = {
            name: np.tile(array, (times,) + (1,) * (array.ndim - 1))
            for name, array in load_file(original / old.file).items()
        }
        write_recording(folder / old.file, arrays)
        entries.append(entry(len(entries), old.file, times * old.n_frames, old.validation))
    return indexed(folder, entries)


def repeated(original: Path, folder: Path, times: int) -> Path:
    """A dataset whose every recording lies there `times` times, as hard links: hours at the price of seconds."""
    entries = []
    (folder / "recordings").mkdir(parents=True)
    for old in Dataset(original).index.entries:
        for _ in range(times):
            number = len(entries)
            file = f"recordings/{number:05d}.safetensors"
            os.link(original / old.file, folder / file)
            entries.append(entry(number, file, old.n_frames, old.validation))
    return indexed(folder, entries)
