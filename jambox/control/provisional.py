"""A stand-in instrument set by hand: a bowed-string-like spectrum that follows the input's loudness, untrained. [main]"""

from __future__ import annotations

import numpy as np
import torch

from jambox.analysis import FEATURE_VERSION, feature_hash
from jambox.control.card import Card, NetworkSizes, Quantiles, Training
from jambox.control.model import HarmonicNoiseNetwork
from jambox.control.scaling import f0_scaled, loudness_scaled

HARMONICS_SLOPE_DB_PER_OCTAVE = -6.0
NOISE_LEVEL_DB = -22.0


def provisional_card(
    name: str, *, n_harmonics: int = 100, n_noise_bands: int = 65, network: NetworkSizes | None = None
) -> Card:
    """Card of a stand-in with the range of a violin."""
    return Card(
        name=name,
        description="A stand-in with a spectrum set by hand; not trained on any recording.",
        licence="CC0-1.0",
        provisional=True,
        n_harmonics=n_harmonics,
        n_noise_bands=n_noise_bands,
        network=network or NetworkSizes(),
        feature_version=FEATURE_VERSION,
        feature_hash=feature_hash(),
        f0_hz=Quantiles(p01=196.0, p05=220.0, p50=520.0, p95=1100.0, p99=2100.0),
        loudness_db=Quantiles(p01=-70.0, p05=-50.0, p50=-28.0, p95=-14.0, p99=-8.0),
        training=Training(command="set by hand"),
    )


def provisional_network(card: Card, seed: int = 0, liveliness: float = 0.05) -> HarmonicNoiseNetwork:
    """Random weights whose head is pulled towards a fixed spectrum; `liveliness`: how much inputs still move it."""
    torch.manual_seed(seed)
    network = HarmonicNoiseNetwork(card)
    k = np.arange(1, card.n_harmonics + 1)
    harmonics_db = HARMONICS_SLOPE_DB_PER_OCTAVE * np.log2(k)
    # Mean square of the sum of sines = 0 dB, roughly what the loudness measures.
    harmonics_db -= 10.0 * np.log10(np.sum(0.5 * 10.0 ** (harmonics_db / 10.0)))
    noise_db = np.full(card.n_noise_bands, NOISE_LEVEL_DB - 10.0 * np.log10(card.n_noise_bands))
    with torch.no_grad():
        network.level_median.copy_(torch.from_numpy(np.concatenate([harmonics_db, noise_db])))
        network.level_spread.fill_(6.0)
        network.head.weight.mul_(liveliness)
        network.head.bias.zero_()
        network.body.normal_(0.0, 0.3 * liveliness)
        low, high = f0_scaled([card.f0_hz.p01, card.f0_hz.p99])
        network.pitch_range.copy_(torch.tensor([(low + high) / 2.0, (high - low) / 2.0]))
        low, high = loudness_scaled([card.loudness_db.p01, card.loudness_db.p99])
        network.loudness_range.copy_(torch.tensor([(low + high) / 2.0, (high - low) / 2.0]))
    return network
