"""Several players, one instrument: what sets each source's sound apart from the first one's, learnt and left behind. [main]

Two cellos have two bodies. A network that learns from both without knowing which it hears plays neither, but their mean.
So every source but the first has a level of its own for each harmonic and noise band and a response of its own over
frequency, added while training. What all have in common (how a note begins, how its spectrum follows pitch and loudness) is
learnt from all; what is exported is the first source's instrument. Above the first source's bandwidth nothing is added:
there the others speak for it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jambox.control.layout import BODY_POINTS, BODY_UNIT_DB
from jambox.control.model import HarmonicNoiseNetwork
from jambox.control.scaling import f0_scaled
from jambox.dsp.noise import noise_band_centres_hz


class Players(nn.Module):
    """Differences in dB of sources 1, 2, ... from source 0, whose recordings hold nothing above `home_highest_hz`."""

    bands_inside: Tensor

    def __init__(self, network: HarmonicNoiseNetwork, n_sources: int, home_highest_hz: float) -> None:
        super().__init__()
        n_outputs = network.n_harmonics + network.n_noise_bands
        self.n_harmonics = network.n_harmonics
        self.levels = nn.Parameter(torch.zeros(max(n_sources - 1, 0), n_outputs))
        self.body = nn.Parameter(torch.zeros(max(n_sources - 1, 0), BODY_POINTS))
        self.highest_scaled = float(f0_scaled(home_highest_hz))
        inside = torch.from_numpy(noise_band_centres_hz()[: network.n_noise_bands] < home_highest_hz).float()
        self.register_buffer("bands_inside", inside, persistent=False)

    def forward(self, source: Tensor, body_f0_scaled: Tensor, network: HarmonicNoiseNetwork) -> Tensor:
        """What to add to the levels of frames of `source` [B,T] at pitch body_f0_scaled [B,T,1]: [B,T,H+N] in dB."""
        levels = torch.cat([self.levels.new_zeros(1, self.levels.shape[1]), self.levels])[source]
        body = torch.cat([self.body.new_zeros(1, BODY_POINTS), self.body])
        low, share = network.body_position(body_f0_scaled)
        response = torch.lerp(body[source[..., None], low], body[source[..., None], low + 1], share)
        inside = (body_f0_scaled + network.semitones_above / 127.0 < self.highest_scaled).float()
        harmonics = (levels[..., : self.n_harmonics] + response) * inside
        noise = levels[..., self.n_harmonics :] * self.bands_inside
        return BODY_UNIT_DB * torch.cat([harmonics, noise], dim=-1)


class Ensemble(nn.Module):
    """The network and its players: what training calls, in one piece whose gradients several processes can average."""

    def __init__(self, network: HarmonicNoiseNetwork, players: Players) -> None:
        super().__init__()
        self.network, self.players = network, players

    def forward(self, f0_scaled: Tensor, loudness_scaled: Tensor, body_f0_scaled: Tensor, source: Tensor) -> Tensor:
        """Levels [B,T,H+N] in dB of what each frame's own player plays, as loud as the input."""
        state = self.network.initial_state(len(f0_scaled)).to(f0_scaled.device)
        levels = self.network.sequence(f0_scaled, loudness_scaled, state, body_f0_scaled)[0]
        levels = levels + self.players(source, body_f0_scaled, self.network)
        return self.network.as_loud_as_the_input(levels, body_f0_scaled)
