"""The control network in torch: for training, and as the TorchScript file that other hosts play. Never imported live. [main]

Pitch and loudness each have layers of their own before they meet (shared ones let a loud note bend the pitch's timbre).
A gated recurrent unit remembers how the note began. The head gives a timbre, levels in dB; what they add up to in
A-weighted power is taken off, so that the output is exactly as loud as the input, inside and outside of what was recorded.
What an instrument's body does to a
harmonic depends on the harmonic's frequency alone: one response over frequency, learnt from all notes, serves those
between them too (source and filter, as in Fletcher & Rossing, The Physics of Musical Instruments, chapters 10 and 15).
"""

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from jambox.control.card import Card
from jambox.control.layout import (
    BODY_LOWEST_MIDI,
    BODY_POINTS,
    BODY_POINTS_PER_SEMITONE,
    BODY_UNIT_DB,
    EDGE_SOFTNESS,
    HIGHEST_LEVEL_DB,
    LEAK,
    LOWEST_LEVEL_DB,
    SILENCE_GAIN,
    SMALLEST_POWER,
)
from jambox.control.weights import harmonic_weights, noise_weights


class HarmonicNoiseNetwork(nn.Module):
    """forward(f0_scaled [B,1], loudness_scaled [B,1], state [B,S]) -> (amplitude [B,1], harmonic_distribution [B,H],
    noise_magnitudes [B,N], state [B,S]); see `scaling` for the inputs. The state of a fresh voice is zero."""

    # TorchScript sees no globals; these become constants of the script.
    softness: Final[float] = EDGE_SOFTNESS
    leak: Final[float] = LEAK
    lowest_db: Final[float] = LOWEST_LEVEL_DB
    highest_db: Final[float] = HIGHEST_LEVEL_DB
    nepers_per_db: Final[float] = math.log(10.0) / 20.0
    silence: Final[float] = SILENCE_GAIN
    smallest_power: Final[float] = SMALLEST_POWER
    body_lowest_midi: Final[float] = BODY_LOWEST_MIDI
    body_unit_db: Final[float] = BODY_UNIT_DB
    body_points_per_semitone: Final[float] = float(BODY_POINTS_PER_SEMITONE)
    body_last: Final[int] = BODY_POINTS - 1

    n_harmonics: int
    n_noise_bands: int
    state_size: int
    pitch_range: Tensor
    loudness_range: Tensor
    level_median: Tensor
    level_spread: Tensor
    semitones_above: Tensor
    harmonic_weight: Tensor
    noise_weight: Tensor

    def __init__(self, card: Card) -> None:
        super().__init__()
        sizes = card.network
        n_inputs = sizes.n_pitch + sizes.n_loudness
        n_outputs = card.n_harmonics + card.n_noise_bands
        self.n_harmonics = card.n_harmonics
        self.n_noise_bands = card.n_noise_bands
        self.state_size = sizes.n_recurrent
        self.pitch_1 = nn.Linear(1, sizes.n_pitch)
        self.pitch_2 = nn.Linear(sizes.n_pitch, sizes.n_pitch)
        self.loudness_1 = nn.Linear(1, sizes.n_loudness)
        self.loudness_2 = nn.Linear(sizes.n_loudness, sizes.n_loudness)
        self.recurrent = nn.GRU(n_inputs, sizes.n_recurrent, batch_first=True)
        self.hidden_1 = nn.Linear(sizes.n_recurrent + n_inputs, sizes.n_hidden)
        self.hidden_2 = nn.Linear(sizes.n_hidden, sizes.n_hidden)
        self.head = nn.Linear(sizes.n_hidden, n_outputs)
        self.register_buffer("pitch_range", torch.tensor([0.5, 0.5]))
        self.register_buffer("loudness_range", torch.tensor([0.5, 0.5]))
        self.register_buffer("harmonic_weight", torch.from_numpy(harmonic_weights()).float())
        self.register_buffer("noise_weight", torch.from_numpy(noise_weights(card.n_noise_bands)).float())
        self.register_buffer("level_median", torch.zeros(n_outputs))
        self.register_buffer("level_spread", torch.ones(n_outputs))
        self.body = nn.Parameter(torch.zeros(BODY_POINTS))
        # of each harmonic above its fundamental
        above = 12.0 * torch.log2(torch.arange(1, card.n_harmonics + 1, dtype=torch.float64))
        self.register_buffer("semitones_above", above.float(), persistent=False)
        self._spread_knots(self.pitch_1)
        self._spread_knots(self.loudness_1)

    @staticmethod
    def _spread_knots(layer: nn.Linear) -> None:
        """Let the bends of the first layer lie evenly over the trained range: one input cannot place them at random."""
        n = layer.out_features
        knots = torch.linspace(-1.1, 1.1, n)
        slopes = torch.where(torch.arange(n) % 2 == 0, 1.0, -1.0)
        with torch.no_grad():
            layer.weight.copy_(slopes[:, None])
            layer.bias.copy_(-slopes * knots)

    def _within(self, value: Tensor, trained_range: Tensor) -> Tensor:
        """Position in the trained range, -1 to 1, bending into a constant just outside of it."""
        position = (value - trained_range[0]) / trained_range[1]
        inside = torch.clamp(position, -1.0, 1.0)
        return inside + self.softness * torch.tanh((position - inside) / self.softness)

    def _inputs(self, f0_scaled: Tensor, loudness_scaled: Tensor) -> Tensor:
        """[..., 1] and [..., 1] -> [..., n_pitch + n_loudness]."""
        pitch = functional.leaky_relu(self.pitch_1(self._within(f0_scaled, self.pitch_range)), self.leak)
        loudness = functional.leaky_relu(self.loudness_1(self._within(loudness_scaled, self.loudness_range)), self.leak)
        joined = torch.cat([self.pitch_2(pitch), self.loudness_2(loudness)], dim=-1)
        return functional.leaky_relu(joined, self.leak)

    def body_position(self, f0_scaled: Tensor) -> tuple[Tensor, Tensor]:
        """Point of the body's response below every harmonic and the share of the next one, [..., 1] -> [..., H] each."""
        above = self.body_points_per_semitone * (127.0 * f0_scaled - self.body_lowest_midi + self.semitones_above)
        at = torch.clamp(above, 0.0, self.body_last - 1e-3)
        low = at.floor()
        return low.long(), at - low

    def _levels_db(self, f0_scaled: Tensor, inputs: Tensor, recurrent: Tensor) -> Tensor:
        """Levels of harmonics and bands in dB relative to the input loudness, [..., H + N]."""
        hidden = functional.leaky_relu(self.hidden_1(torch.cat([recurrent, inputs], dim=-1)), self.leak)
        hidden = functional.leaky_relu(self.hidden_2(hidden), self.leak)
        levels = self.head(hidden) * self.level_spread + self.level_median
        low, share = self.body_position(f0_scaled)
        body_db = self.body_unit_db * torch.lerp(self.body[low], self.body[low + 1], share)
        levels = torch.cat([levels[..., : self.n_harmonics] + body_db, levels[..., self.n_harmonics :]], dim=-1)
        return self.as_loud_as_the_input(torch.clamp(levels, self.lowest_db, self.highest_db), f0_scaled)

    def as_loud_as_the_input(self, levels_db: Tensor, f0_scaled: Tensor) -> Tensor:
        """Levels [..., H + N] of notes f0_scaled [..., 1] less their A-weighted sum."""
        low, share = self.body_position(f0_scaled)
        weight = torch.lerp(self.harmonic_weight[low], self.harmonic_weight[low + 1], share)
        power = torch.exp(2.0 * self.nepers_per_db * levels_db)
        total = (power[..., : self.n_harmonics] * weight).sum(-1, keepdim=True)
        total = total + (power[..., self.n_harmonics :] * self.noise_weight).sum(-1, keepdim=True)
        return levels_db - torch.log(total + self.smallest_power) / (2.0 * self.nepers_per_db)

    @torch.jit.unused
    def sequence(
        self, f0_scaled: Tensor, loudness_scaled: Tensor, state: Tensor, body_f0_scaled: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Training's way through many frames at once: [B,T,1], [B,T,1], [B,S] -> levels_db [B,T,H+N], state [B,S].

        body_f0_scaled [B,T,1]: where the harmonics meet the body, if that is not the pitch that the layers are told.
        """
        inputs = self._inputs(f0_scaled, loudness_scaled)
        recurrent, last = self.recurrent(inputs, state[None].contiguous())
        return self._levels_db(f0_scaled if body_f0_scaled is None else body_f0_scaled, inputs, recurrent), last[0]

    @torch.jit.export
    def initial_state(self, batch: int) -> Tensor:
        """State of `batch` fresh voices, [batch, S]."""
        return torch.zeros(batch, self.state_size)

    def forward(self, f0_scaled: Tensor, loudness_scaled: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        inputs = self._inputs(f0_scaled, loudness_scaled)
        unit = self.recurrent
        from_input = functional.linear(inputs, unit.weight_ih_l0, unit.bias_ih_l0)  # type: ignore[arg-type]
        from_state = functional.linear(state, unit.weight_hh_l0, unit.bias_hh_l0)  # type: ignore[arg-type]
        reset_input, update_input, new_input = from_input.chunk(3, dim=-1)
        reset_state, update_state, new_state = from_state.chunk(3, dim=-1)
        reset = torch.sigmoid(reset_input + reset_state)
        update = torch.sigmoid(update_input + update_state)
        new = torch.tanh(new_input + reset * new_state)
        state = new + update * (state - new)
        relative = torch.exp(self._levels_db(f0_scaled, inputs, state) * self.nepers_per_db)
        gain = torch.clamp(torch.exp(100.0 * (loudness_scaled - 1.0) * self.nepers_per_db) - self.silence, min=0.0)
        harmonics = relative[:, : self.n_harmonics]
        total = harmonics.sum(dim=-1, keepdim=True)
        return total * gain, harmonics / total, relative[:, self.n_harmonics :] * gain, state
