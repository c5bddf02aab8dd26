"""Fitting a network of sines to a sound by gradient descent: what csn and siren share. [main]"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from jambox.sines.losses import LOSSES
from jambox.sines.models import Progress, Samples

LossName = Literal[
    "mse",
    "mae",
    "dft_magnitude",
    "multi_scale_spectral",
    "difference_1",
    "difference_2",
    "pairwise_slopes",
    "axis_agreement",
]
# These compare points each by itself; all others look from one point to the next.
_POINTWISE = ("mse", "mae", "axis_agreement")
_CURVE_POINTS = 200


class NetworkSettings(BaseModel):
    """How a network of sines is fitted."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Chance itself: the same seed, the same fit."""
    loss: LossName = "mse"
    """What is minimised."""
    epochs: Annotated[int, Field(ge=1)] = 100
    """How often every sample of the sound is looked at."""
    batch: Annotated[int, Field(ge=64)] = 100
    """Points in time to a step."""
    connected: bool = False
    """Whether they lie side by side; losses that look from one point to the next always take them so."""
    rate: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 1e-3
    """Learning rate (Adam)."""
    decay: bool = True
    """Whether the rate falls to 1 % along half a cosine."""


def descend_network(
    network: nn.Module,
    time: Tensor,
    samples: Samples,
    settings: NetworkSettings,
    progress: Progress,
) -> list[tuple[int, float]]:
    """Fit `network` (from time [B] to signal [B]) to `samples` [n] at `time` [n]; the course of the loss over the steps."""
    target = torch.from_numpy(samples).to(time.dtype)
    n, loss_of = len(target), LOSSES[settings.loss]
    batch = min(settings.batch, n)
    connected = settings.connected or settings.loss not in _POINTWISE
    chance = torch.Generator().manual_seed(settings.seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.rate)
    per_epoch = math.ceil(n / batch)
    total = settings.epochs * per_epoch
    curve: list[tuple[int, float]] = []
    recent: list[Tensor] = []
    every = max(1, total // _CURVE_POINTS)
    for step in range(total):
        if step % per_epoch == 0:
            order = torch.randperm(n, generator=chance)
        if connected:
            first = int(torch.randint(n - batch + 1, (1,), generator=chance))
            chosen = torch.arange(first, first + batch)
        else:
            at = step % per_epoch * batch
            chosen = order[at : at + batch]
        if settings.decay:
            optimiser.param_groups[0]["lr"] = settings.rate * (0.505 + 0.495 * math.cos(math.pi * step / total))
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(network(time[chosen])[None], target[chosen][None])[0]
        torch.autograd.backward(loss)
        optimiser.step()
        recent.append(loss.detach())
        if (step + 1) % every == 0 or step + 1 == total:
            curve.append((step + 1, float(torch.stack(recent).mean())))
            recent.clear()
            progress((step + 1) / total, f"epoch {step // per_epoch + 1} of {settings.epochs}, loss {curve[-1][1]:.3g}")
    return curve


def evaluated(network: Callable[[Tensor], Tensor], time: Tensor) -> Samples:
    """What the network says at `time` [n], [n]."""
    with torch.inference_mode():
        parts = [network(piece) for piece in torch.split(time, 8192)]
    return np.asarray(torch.cat(parts).double().numpy())


def best_level(samples: Samples, fit: Samples) -> float:
    """The factor that brings `fit` nearest to `samples`: losses that are deaf to level leave it open."""
    return float(samples @ fit / max(float(fit @ fit), 1e-30))
