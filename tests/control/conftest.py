"""Small instruments made on the spot: random networks of several sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from jambox.control.bundle import Bundle
from jambox.control.card import NetworkSizes
from jambox.control.export import export_instrument
from jambox.control.provisional import provisional_card, provisional_network

SIZES = {
    "tiny": (24, 10, NetworkSizes(n_pitch=5, n_loudness=7, n_recurrent=9, n_hidden=11)),
    "odd": (61, 65, NetworkSizes(n_pitch=16, n_loudness=8, n_recurrent=33, n_hidden=30)),
    "full": (100, 65, NetworkSizes()),
}


def make_instrument(folder: Path, size: str = "tiny", seed: int = 1) -> Bundle:
    """A lively random instrument of one of SIZES, exported into `folder`."""
    n_harmonics, n_noise_bands, network = SIZES[size]
    card = provisional_card(size, n_harmonics=n_harmonics, n_noise_bands=n_noise_bands, network=network)
    return export_instrument(provisional_network(card, seed, liveliness=3.0), card, folder)


@pytest.fixture
def tiny(tmp_path: Path) -> Bundle:
    return make_instrument(tmp_path / "tiny")
