"""Export writes all or nothing, and nothing that plays differently in another host."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import jambox.control.export as export
from jambox.control.bundle import Bundle
from jambox.control.model import HarmonicNoiseNetwork
from jambox.control.provisional import provisional_card, provisional_network
from jambox.errors import BadModel


def test_the_contract_holds_for_a_batch_of_voices_and_the_distribution_sums_to_1(tiny: Bundle) -> None:
    module = torch.jit.load(str(tiny.path))
    state = module.initial_state(4)
    f0, loudness = torch.rand(4, 1), torch.rand(4, 1)
    amplitude, distribution, noise, state = module(f0, loudness, state)
    assert amplitude.shape == (4, 1)
    assert distribution.shape == (4, tiny.card.n_harmonics)
    assert noise.shape == (4, tiny.card.n_noise_bands)
    assert state.shape == (4, tiny.card.network.n_recurrent)
    assert float((distribution.sum(-1) - 1.0).abs().max()) < 1e-5


def test_training_sequences_and_single_steps_give_the_same_levels(tiny: Bundle) -> None:
    network = provisional_network(tiny.card, seed=4, liveliness=3.0)
    f0, loudness = torch.rand(2, 30, 1), 0.3 + 0.6 * torch.rand(2, 30, 1)
    with torch.no_grad():
        levels, _ = network.sequence(f0, loudness, network.initial_state(2))
        state = network.initial_state(2)
        for t in range(30):
            amplitude, distribution, noise, state = network(f0[:, t], loudness[:, t], state)
            linear = torch.cat([amplitude * distribution, noise], dim=-1)
            gain = 10.0 ** (5.0 * (loudness[:, t] - 1.0)) - 1e-6
            expected = 10.0 ** (levels[:, t] / 20.0) * gain
            assert float((linear - expected).abs().max()) < 1e-5


def test_a_network_whose_two_ways_disagree_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "largest_difference", lambda bundle: 2e-4)
    card = provisional_card("differs", n_harmonics=8, n_noise_bands=4)
    with pytest.raises(BadModel, match="differ"):
        export.export_instrument(provisional_network(card), card, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_network_with_nan_weights_is_not_written_and_the_old_one_stays(tiny: Bundle) -> None:
    before = tiny.path.read_bytes()
    network: HarmonicNoiseNetwork = provisional_network(tiny.card)
    with torch.no_grad():
        network.head.bias[0] = torch.nan
    with pytest.raises(BadModel, match="finite"):
        export.export_instrument(network, tiny.card, tiny.path.parent)
    assert tiny.path.read_bytes() == before
