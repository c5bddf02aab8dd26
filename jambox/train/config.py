"""Settings of a training run, with the defaults that made the shipped instruments."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from jambox.control.card import NetworkSizes


class TrainConfig(BaseModel):
    """Regression first, spectra last: 1200 + 350 steps take about 6 minutes on one core."""

    model_config = ConfigDict(extra="forbid")
    seed: int = 0
    threads: int = Field(default=1, ge=1)
    network: NetworkSizes = NetworkSizes()

    regression_steps: int = Field(default=1200, ge=0)
    regression_batch: int = Field(default=32, ge=1)
    regression_frames: int = Field(default=128, ge=8)
    regression_rate: float = Field(default=2e-3, gt=0.0)

    spectral_steps: int = Field(default=350, ge=0)
    spectral_batch: int = Field(default=4, ge=1)
    spectral_frames: int = Field(default=200, ge=8)
    burn_in_frames: int = Field(default=25, ge=0)
    spectral_rate: float = Field(default=6e-4, gt=0.0)
    # How strongly the measured levels still hold the network while it listens to spectra.
    anchor_weight: float = Field(default=0.1, ge=0.0)

    gradient_norm: float = Field(default=3.0, gt=0.0)
    average_decay: float = Field(default=0.99, ge=0.0, lt=1.0)
    detune_cents: float = Field(default=10.0, ge=0.0)
    jitter_cents: float = Field(default=3.0, ge=0.0)
    jitter_db: float = Field(default=0.4, ge=0.0)
    # Share of chunks told as a neighbouring note, and how far away it lies (standard deviation).
    neighbour_share: float = Field(default=0.7, ge=0.0, le=1.0)
    neighbour_st: float = Field(default=2.5, ge=0.0)
    # Share of chunks whose softest and loudest frames are moved further out, and by how much at most.
    stretched_share: float = Field(default=0.3, ge=0.0, le=1.0)
    stretched_db: float = Field(default=15.0, ge=0.0)

    checkpoint_every: int = Field(default=200, ge=1)
