"""The last touch of training: noise as strong as recorded, band by band. [main]

Noise comes in bursts, and what is learnt frame by frame lies between a burst and a pause, nearer to the pause: the
instrument would sound cleaner than it was. So each band's level is moved towards the ratio of what was recorded to what
the network plays, both as power over the training side: half the way in dB, since the whole of it would play between the
bursts as loud as in them (violin: harmonics to noise 3.7 dB off before, 2.6 after half the way, 1.4 after the whole of it,
but then its spectra are no nearer to the recordings than a constant timbre's).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from jambox.control.model import HarmonicNoiseNetwork
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.train.dataset import Dataset, Entry, Window

LARGEST_CORRECTION_DB = 3.0
_LEAST_POWER = 1e-14
# So many frames are enough: every n-th recording is heard.
_FRAMES = 100_000

Powers = NDArray[np.float64]


def match_noise_power(network: HarmonicNoiseNetwork, dataset: Dataset, entries: list[Entry], share: float) -> Powers:
    """Move `network`'s noise levels towards the mean power of `entries`, by that share of the way in dB, in place.
    Returns the corrections [N] in dB.

    Frames count as much as they teach of noise, with the power of their loudness. No band moves by more than
    LARGEST_CORRECTION_DB.
    """
    ours = np.full(network.n_noise_bands, _LEAST_POWER)
    theirs = ours.copy()
    step = max(1, sum(entry.n_frames for entry in entries) // _FRAMES)
    for entry in entries[::step]:
        for first, last in dataset.spans(entry):
            window = dataset.window(entry, first, last - first)
            power = window.noise_weight * 10.0 ** (window.loudness_db / 10.0)
            for total, levels_db in ((ours, _played(network, window)), (theirs, window.levels_db)):
                total += power @ 10.0 ** (levels_db[:, network.n_harmonics :].astype(np.float64) / 10.0)
    correction_db = np.clip(share * 10.0 * np.log10(theirs / ours), -LARGEST_CORRECTION_DB, LARGEST_CORRECTION_DB)
    with torch.no_grad():
        network.level_median[network.n_harmonics :] += torch.from_numpy(correction_db).to(network.level_median)
    return np.asarray(correction_db)


def _played(network: HarmonicNoiseNetwork, window: Window) -> NDArray[np.float32]:
    """Levels that the network gives for the features of a window, [T,H+N]."""
    scaled = (f0_scaled(window.f0_hz), loudness_scaled(window.loudness_db))
    pitch, loudness = (torch.from_numpy(x.astype(np.float32))[None, :, None].to(network.level_median) for x in scaled)
    with torch.no_grad():
        levels: torch.Tensor = network.sequence(pitch, loudness, network.initial_state(1).to(pitch))[0][0]
    return levels.cpu().numpy()
