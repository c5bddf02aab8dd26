"""The model `csn`: a network whose layers are sines, with frequency and phase offsets that layers share and hand on. [main]

    angle of unit u in layer l = relu(w_u + W_1 + ... + W_l) t + relu(p_u + P_1 + ... + P_l)
    first layer: sin(angle); each later one: (sin(angle) + 1) / 2, as a gate upon a weighted sum of the layer before.

Weights (amplitudes) know no relu. A gate at frequency w' turns a sine at w into three, at w and w +- w': the whole network
is a sum of very many sines that are tied to each other. `expand` writes down the loudest of them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from jambox.control.modal import COLUMNS, ModalSound
from jambox.sines.distance import snr_db
from jambox.sines.expansion import KEPT, condense, expand
from jambox.sines.models import Model, Progress, Samples
from jambox.sines.noise import STEP_S, noise_magnitudes
from jambox.sines.partials import end_fade, render_partials
from jambox.sines.peaks import spectrum_peaks
from jambox.sines.track import followed
from jambox.sines.training import NetworkSettings, best_level, descend_network, evaluated

# Frequencies are learnt in kHz, so that a step of 1e-4 is a tenth of a hertz.
RADIANS = 2.0 * math.pi * 1000.0


class CsnSettings(NetworkSettings):
    """How a csn is fitted."""

    epochs: Annotated[int, Field(ge=1)] = 80
    """How often every sample of the sound is looked at."""
    widest: Annotated[int, Field(ge=2, le=1000)] = 100
    """Units of the first layer; the others narrow evenly down to one."""
    layers: Annotated[int, Field(ge=1, le=12)] = 6
    """How many layers there are."""
    relu_frequency: bool = True
    """Whether frequencies pass through a ReLU; one that falls below 0 is then silent for good."""
    relu_phase: bool = True
    """The same of phases."""
    start: Literal["uniform", "peaks"] = "peaks"
    """Where the first layer's frequencies begin: anywhere up to highest_hz, or at the peaks of the sound's spectrum."""
    highest_hz: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 8000.0
    """Highest frequency of a uniform start."""
    gate_hz: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 20.0
    """Highest frequency at which gates begin."""
    partials: Annotated[int, Field(ge=1, le=1024)] = 512
    """So many of its sines, the loudest that can be told apart, become the instrument, their amplitudes solved anew."""


HISTORIC = {"rate": 1e-4, "epochs": 100, "batch": 100, "widest": 100, "layers": 6, "start": "uniform", "decay": False}


class SineNetwork(nn.Module):
    """From time in seconds [B] to signal [B]."""

    def __init__(self, widths: Sequence[int], settings: CsnSettings, first_hz: Samples) -> None:
        super().__init__()
        self.relu_frequency, self.relu_phase = settings.relu_frequency, settings.relu_phase
        chance = torch.Generator().manual_seed(settings.seed)

        def uniform(high: float, *shape: int) -> nn.Parameter:
            return nn.Parameter(high * torch.rand(*shape, generator=chance, dtype=torch.float64))

        self.frequency = nn.ParameterList([uniform(settings.gate_hz / 1000.0, width) for width in widths])
        self.frequency[0] = nn.Parameter(torch.from_numpy(first_hz) / 1000.0)
        self.phase = nn.ParameterList([uniform(2.0 * math.pi, width) for width in widths])
        self.frequency_offset = nn.Parameter(torch.zeros(len(widths), dtype=torch.float64))
        self.phase_offset = nn.Parameter(torch.zeros(len(widths), dtype=torch.float64))
        self.amplitude = nn.ParameterList(
            [
                nn.Parameter(torch.randn(ours, before, generator=chance, dtype=torch.float64) / math.sqrt(before))
                for before, ours in itertools.pairwise(widths)
            ]
        )
        self.level = nn.Parameter(torch.full((), 0.1, dtype=torch.float64))

    def angles(self) -> list[tuple[Tensor, Tensor]]:
        """Frequency in kHz and phase in radians of every unit, layer by layer, offsets and ReLU applied."""
        w_offset, p_offset = torch.cumsum(self.frequency_offset, 0), torch.cumsum(self.phase_offset, 0)
        angles = []
        for layer, (w, p) in enumerate(zip(self.frequency, self.phase, strict=True)):
            frequency, phase = w + w_offset[layer], p + p_offset[layer]
            angles.append(
                (
                    torch.relu(frequency) if self.relu_frequency else frequency,
                    torch.relu(phase) if self.relu_phase else phase,
                )
            )
        return angles

    def forward(self, time: Tensor) -> Tensor:
        sines = [torch.sin(RADIANS * time[:, None] * w + p) for w, p in self.angles()]
        signal = sines[0]
        for weights, sine in zip(self.amplitude, sines[1:], strict=True):
            signal = torch.nn.functional.linear(signal, weights) * (0.5 * sine + 0.5)
        return self.level * signal.sum(1)


@dataclass
class CsnFit:
    """A fitted network and the sound that it stands for."""

    network: SineNetwork
    samples: Samples
    sample_rate: int
    settings: CsnSettings
    curve: list[tuple[int, float]]
    gain: float = 1.0

    @property
    def curve_labels(self) -> tuple[str, str]:
        return "step", f"loss ({self.settings.loss})"

    @property
    def partials(self) -> int:
        """Sine units of the network, gates included."""
        return sum(len(w) for w in self.network.frequency)

    def render(self, ratio: float = 1.0) -> Samples:
        """The network with every frequency times `ratio`, gates included, [n]."""
        time = torch.arange(len(self.samples), dtype=torch.float64) / self.sample_rate
        return self.gain * evaluated(self.network, ratio * time)

    def table(self) -> Samples:
        """Its loudest sines as an instrument has them (columns of COLUMNS): all from the start on, without decay, [K, 8]."""
        with torch.no_grad():
            layers = [(1000.0 * w.numpy(), p.numpy()) for w, p in self.network.angles()]
            weights = [amplitude.numpy() for amplitude in self.network.amplitude]
            level = self.gain * float(self.network.level)
        hz, c = expand(layers, weights, 0.5 * self.sample_rate, KEPT)
        hz, c = condense(hz, level * c, self.render(), self.sample_rate, self.settings.partials)
        table = np.zeros((len(hz), len(COLUMNS)))
        columns = {"frequency_hz": hz, "amplitude": np.abs(c), "phase_cycles": np.angle(c) / (2.0 * np.pi) % 1.0}
        for name, values in columns.items():
            table[:, COLUMNS.index(name)] = values
        return table

    def report(self) -> dict[str, Any]:
        """`expanded_snr_db`: how near the sines that the instrument keeps come to the network; `silenced`: units whose
        frequency has fallen to 0."""
        with torch.no_grad():
            silenced = sum(int((w <= 0.0).sum()) for w, _ in self.network.angles())
        whole = self.render()
        kept = render_partials(self.table(), self.sample_rate, len(whole))
        return {"expanded_snr_db": round(snr_db(whole, kept), 2), "silenced": silenced}

    def sound(self) -> ModalSound:
        """Its loudest sines and filtered noise for what they leave over, as an instrument plays them."""
        n = len(self.samples)
        duration_s = n / self.sample_rate
        table = self.table()
        left = self.samples - render_partials(table, self.sample_rate, n) * end_fade(n, duration_s, self.sample_rate)
        return followed(table, noise_magnitudes(left, self.sample_rate), STEP_S, duration_s)


def fit_csn(samples: Samples, sample_rate: int, settings: CsnSettings, progress: Progress) -> CsnFit:
    """Fit a csn to mono samples [n]."""
    torch.set_num_threads(1)
    widths = np.rint(np.linspace(settings.widest, 1, settings.layers)).astype(int).tolist()
    if settings.start == "peaks":
        first_hz = spectrum_peaks(samples[None], widths[0])[0] * sample_rate / (2.0 * np.pi)
    else:
        first_hz = np.random.default_rng(settings.seed).uniform(0.0, settings.highest_hz, widths[0])
    network = SineNetwork(widths, settings, first_hz)
    time = torch.arange(len(samples), dtype=torch.float64) / sample_rate
    fit = CsnFit(network, samples, sample_rate, settings, descend_network(network, time, samples, settings, progress))
    fit.gain = best_level(samples, fit.render())
    return fit


MODEL = Model(CsnSettings, fit_csn, {"historic": HISTORIC})
