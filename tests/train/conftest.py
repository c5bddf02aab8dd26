"""A dataset made on the spot: a synthetic bowed sound, notes in several dynamics, as WAV files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from jambox.train.prepare import prepare

RATE = 48_000


def bowed(f0_hz: float, level_db: float, seconds: float, seed: int) -> np.ndarray:
    """Harmonics that fall by 9 dB an octave, steeper when soft, with 20 ms attack, 5 Hz vibrato and a little noise."""
    random = np.random.default_rng(seed)
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    phase = 2.0 * np.pi * np.cumsum(f0_hz * 2.0 ** (0.1 / 12.0 * np.sin(2.0 * np.pi * 5.0 * t))) / RATE
    slope = -9.0 + 0.2 * (level_db + 20.0)
    k = np.arange(1, int(20_000 / f0_hz) + 1)
    weights = 10.0 ** (slope * np.log2(k) / 20.0)
    sound = sum(w * np.sin(i * phase + i) for i, w in zip(k, weights, strict=True))
    envelope = np.minimum(1.0, np.minimum(t / 0.02, (seconds - t) / 0.05))
    audio = envelope * (sound / np.sqrt(np.mean(sound**2)) + 0.05 * random.standard_normal(n))
    return (10.0 ** (level_db / 20.0) * audio).astype(np.float32)


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bowed")
    for i, f0_hz in enumerate((220.0, 330.0, 494.0, 660.0)):
        for j, level_db in enumerate((-32.0, -18.0)):
            soundfile.write(folder / f"note_{i}_{j}.wav", bowed(f0_hz, level_db, 1.2, 10 * i + j), RATE)
    return folder


@pytest.fixture(scope="session")
def dataset_folder(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data") / "dataset"
    prepare(recordings, out, quiet=True)
    return out
