"""What is compared: a recording, and what an instrument plays from the features of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from jambox.control.bundle import Bundle
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.control.stepping import CompiledNetwork
from jambox.train.dataset import Dataset, Entry, Window
from jambox.train.measure import N_HARMONICS, frame_centres
from jambox.train.playback import Playback

Levels = NDArray[np.float32]
Render = Callable[[Window], Levels]
ROWS = ("trained", "bound", "constant", "untrained")


@dataclass(frozen=True)
class Played:
    """Output and recording side by side, both [n] from sample `first` of the recording on; believed [T] says in which
    control frames the pitch is known."""

    entry: Entry
    window: Window
    audio: NDArray[np.float32]
    recorded: NDArray[np.float32]
    believed: NDArray[np.bool_]
    first: int
    sample_rate: int
    control_hop: int


def renders(dataset: Dataset, bundle: Bundle) -> dict[str, Render]:
    """What each row of the table plays: the network; the measured levels without one (`bound`); its player's median timbre,
    scaled by loudness (`constant`); the network before its first step (`untrained`)."""
    median = _median_levels(dataset)
    return {
        "trained": network_levels(CompiledNetwork(bundle)),
        "bound": lambda window: window.levels_db,
        "constant": lambda window: np.broadcast_to(median, window.levels_db.shape),
        "untrained": network_levels(_untrained(bundle)),
    }


def play(dataset: Dataset, entry: Entry, render: Render, playback: Playback) -> Played:
    """A recording's features through `render` and the live kernels, beside the recording."""
    index = dataset.index
    window = dataset.window(entry)
    played = play_window(entry, window, render(window), playback, index.sample_rate, index.control_hop)
    return replace(played, recorded=dataset.samples(entry, played.first, len(played.audio)))


def play_window(
    entry: Entry, window: Window, levels_db: Levels, playback: Playback, sample_rate: int, control_hop: int
) -> Played:
    """Levels [T,H+N] for the features of a window through the live kernels, beside silence."""
    linear = 10.0 ** ((levels_db + window.loudness_db[:, None]) / 20.0)
    audio = playback.play(window.f0_hz.astype(np.float64), linear[:, :N_HARMONICS], linear[:, N_HARMONICS:])
    first = int(frame_centres(1)[0]) + 1
    return Played(entry, window, audio, np.zeros_like(audio), window.weight > 0.0, first, sample_rate, control_hop)


def network_levels(network: CompiledNetwork) -> Render:
    """Levels in dB relative to loudness that a network gives for the features of a window."""

    def render(window: Window) -> Levels:
        network.reset()
        pitch = f0_scaled(window.f0_hz)
        loudness = loudness_scaled(window.loudness_db)
        frames = [np.concatenate(network.step(f, level)) for f, level in zip(pitch, loudness, strict=True)]
        linear = np.maximum(np.stack(frames), 1e-12)
        return np.asarray(20.0 * np.log10(linear) - window.loudness_db[:, None], dtype=np.float32)

    return render


def _median_levels(dataset: Dataset) -> Levels:
    """Median timbre of the training side of the player whose instrument this is, [H+N]."""
    taught = dataset.entries(validation=False)
    rows = []
    for entry in [entry for entry in taught if dataset.index.source_number(entry) == 0] or taught:
        window = dataset.window(entry)
        rows.append(window.levels_db[window.weight > 0.5][::10])
    return np.asarray(np.median(np.concatenate(rows), axis=0), dtype=np.float32)


def _untrained(bundle: Bundle) -> CompiledNetwork:
    """The network of the same card before its first step, seed 0: all harmonics alike, noise 5 dB below the input."""
    from jambox.control.export import network_tensors
    from jambox.control.model import HarmonicNoiseNetwork

    torch.manual_seed(0)
    network = HarmonicNoiseNetwork(bundle.card)
    with torch.no_grad():
        n_harmonics, n_noise_bands = bundle.card.n_harmonics, bundle.card.n_noise_bands
        network.level_median[:n_harmonics] = -10.0 * np.log10(0.5 * n_harmonics)
        network.level_median[n_harmonics:] = -5.0 - 10.0 * np.log10(n_noise_bands)
        for name in ("pitch_range", "loudness_range"):
            getattr(network, name).copy_(torch.from_numpy(bundle.tensors[name]))
    return CompiledNetwork(Bundle(bundle.path, bundle.card, network_tensors(network, bundle.card)))
