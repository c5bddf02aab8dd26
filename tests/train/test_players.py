"""Other players' recordings teach an instrument without changing what it sounds like."""

from __future__ import annotations

import numpy as np
import torch

from jambox.control.card import NetworkSizes
from jambox.control.layout import BODY_POINTS_PER_SEMITONE
from jambox.control.provisional import provisional_card, provisional_network
from jambox.control.scaling import f0_scaled
from jambox.train.players import Players

NETWORK = provisional_network(provisional_card("home", network=NetworkSizes(n_recurrent=16, n_hidden=16)))
F0 = torch.from_numpy(f0_scaled(np.array([[220.0, 440.0]]))).float()[..., None]


def test_the_first_source_is_the_instrument_itself() -> None:
    players = Players(NETWORK, 3, 20_000.0)
    torch.nn.init.normal_(players.levels)
    torch.nn.init.normal_(players.body)
    assert not players(torch.zeros(1, 2, dtype=torch.long), F0, NETWORK).detach().any()
    added = players(torch.tensor([[1, 2]]), F0, NETWORK).detach()
    assert added.shape == (1, 2, 165)
    assert float(added.abs().mean()) > 1.0


def test_a_source_is_set_apart_by_its_levels_and_its_body() -> None:
    players = Players(NETWORK, 2, 20_000.0)
    with torch.no_grad():
        players.levels[0, 100 + 20] = 0.5
        players.body[0] = torch.arange(len(players.body[0])) / (12.0 * BODY_POINTS_PER_SEMITONE)
    added = players(torch.ones(1, 2, dtype=torch.long), F0, NETWORK)[0].detach().numpy()
    # the body rises by 6 dB an octave: so does what is added to the harmonics
    np.testing.assert_allclose(added[0, [1, 3, 7]] - added[0, 0], [6.0, 12.0, 18.0], atol=0.01)
    np.testing.assert_allclose(added[1, 0] - added[0, 0], 6.0, atol=0.01)
    assert added[0, 120] == 3.0


def test_above_the_first_sources_bandwidth_the_others_speak_for_it() -> None:
    players = Players(NETWORK, 2, 5000.0)
    torch.nn.init.ones_(players.levels)
    added = players(torch.ones(1, 2, dtype=torch.long), F0, NETWORK)[0].detach().numpy()
    k = np.arange(1, 101)
    for row, f0_hz in zip(added, (220.0, 440.0), strict=True):
        assert np.array_equal(row[:100] != 0.0, k * f0_hz < 5000.0)
        assert not row[-1]
