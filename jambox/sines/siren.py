"""The model `siren`: a multilayer perceptron with sines as its activations, for comparison. [main]

(Sitzmann, Martel, Bergman, Lindell, Wetzstein, "Implicit Neural Representations with Periodic Activation Functions", 2020,
with its initialisation; the first layer is faster for sound, as there.) Its sines are within sines: no sum of partials.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor, nn

from jambox.control.modal import ModalSound
from jambox.errors import BadInput
from jambox.sines.models import Model, Progress, Samples
from jambox.sines.training import NetworkSettings, best_level, descend_network, evaluated


class SirenSettings(NetworkSettings):
    """How a siren is fitted."""

    width: Annotated[int, Field(ge=1, le=1024)] = 128
    """Units of a hidden layer."""
    layers: Annotated[int, Field(ge=1, le=8)] = 3
    """Hidden layers."""
    first_omega: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 3000.0
    """How fast the first layer may turn over the sound, whose time runs from -1 to 1."""
    omega: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 30.0
    """The same factor of the later layers."""
    epochs: Annotated[int, Field(ge=1)] = 400
    """How often every sample of the sound is looked at."""
    batch: Annotated[int, Field(ge=64)] = 2048
    """Points in time to a step."""
    rate: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 3e-4
    """Learning rate (Adam)."""


class Siren(nn.Module):
    """From time [B] in -1 to 1 to signal [B]."""

    def __init__(self, settings: SirenSettings) -> None:
        super().__init__()
        chance = torch.Generator().manual_seed(settings.seed)
        sizes = [1, *[settings.width] * settings.layers, 1]
        self.omegas = [settings.first_omega, *[settings.omega] * (settings.layers - 1)]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for layer, (before, ours) in enumerate(itertools.pairwise(sizes)):
            reach = 1.0 if layer == 0 else math.sqrt(6.0 / before) / settings.omega
            self.weights.append(nn.Parameter(reach * (2.0 * torch.rand(ours, before, generator=chance) - 1.0)))
            self.biases.append(nn.Parameter((2.0 * torch.rand(ours, generator=chance) - 1.0) / math.sqrt(before)))

    def forward(self, time: Tensor) -> Tensor:
        signal = time[:, None]
        for weight, bias, omega in zip(self.weights, self.biases, self.omegas, strict=False):
            signal = torch.sin(omega * nn.functional.linear(signal, weight, bias))
        return nn.functional.linear(signal, self.weights[-1], self.biases[-1])[:, 0]


@dataclass
class SirenFit:
    """A fitted network; audio only."""

    network: Siren
    time: Tensor
    settings: SirenSettings
    curve: list[tuple[int, float]]
    gain: float = 1.0

    @property
    def curve_labels(self) -> tuple[str, str]:
        return "step", f"loss ({self.settings.loss})"

    @property
    def partials(self) -> int:
        """Sine units of the network."""
        return self.settings.width * self.settings.layers

    def render(self, ratio: float = 1.0) -> Samples:
        """What it says, [n]; BadInput for any other ratio than 1."""
        if ratio != 1.0:
            raise BadInput("A siren cannot be transposed: faster time would make it shorter, not only higher.")
        return self.gain * evaluated(self.network, self.time)

    def report(self) -> dict[str, Any]:
        return {"weights": sum(weight.numel() for weight in self.network.parameters())}

    def sound(self) -> ModalSound | None:
        """None: sines within sines are no partials that an instrument could play at another pitch."""
        return None


def fit_siren(samples: Samples, sample_rate: int, settings: SirenSettings, progress: Progress) -> SirenFit:
    """Fit a siren to mono samples [n], scaled to a peak of 1 meanwhile."""
    torch.set_num_threads(1)
    network = Siren(settings)
    time = torch.linspace(-1.0, 1.0, len(samples))
    peak = float(abs(samples).max())
    fit = SirenFit(network, time, settings, descend_network(network, time, samples / peak, settings, progress))
    fit.gain = best_level(samples, fit.render())
    return fit


MODEL = Model(SirenSettings, fit_siren)
