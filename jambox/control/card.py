"""The card of an instrument: who it is, what it was trained on and how good it got. [any]

The same JSON lies beside `model.ts` for readers and inside it for the program. `format` is raised when an older program
could misread a newer card; `kind` names the sound maker (state, kernels and loader), `network.kind` the network.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

CARD_FORMAT = 3


class Strict(BaseModel):
    """A part of a card: nothing unknown in it."""

    model_config = ConfigDict(extra="forbid")


class Quantiles(Strict):
    """Spread of a feature over the training recordings: the values below which 1, 5, 50, 95 and 99 % of it lie."""

    p01: FiniteFloat
    p05: FiniteFloat
    p50: FiniteFloat
    p95: FiniteFloat
    p99: FiniteFloat


class NetworkSizes(Strict):
    """A separate layer pair for pitch and for loudness, a gated recurrent unit, two layers, and the head."""

    kind: Literal["gru"] = "gru"
    n_pitch: int = Field(default=64, ge=1, le=1024)
    n_loudness: int = Field(default=64, ge=1, le=1024)
    n_recurrent: int = Field(default=128, ge=1, le=2048)
    n_hidden: int = Field(default=128, ge=1, le=2048)


class Source(Strict):
    """Recordings that the instrument learnt from."""

    name: str
    url: str
    licence: str
    credit: str
    changes: str = ""


class CurvePoint(Strict):
    """A look at a run: what its stage (levels, then sound) makes small, on recordings it learns from and on others."""

    step: int = Field(ge=0)
    stage: Literal["levels", "sound"]
    training: FiniteFloat
    validation: FiniteFloat | None = None


class Training(Strict):
    """How the weights came about: seconds of CPU and of the clock, largest memory in megabytes, steps taken, the step whose
    weights these are, the verdict of `jambox diagnose`, and the course of the losses."""

    command: str
    commit: str = ""
    seconds: float = Field(default=0.0, ge=0.0)
    wall_seconds: float = Field(default=0.0, ge=0.0)
    peak_memory_mb: float = Field(default=0.0, ge=0.0)
    seconds_of_audio: float = Field(default=0.0, ge=0.0)
    steps: int = Field(default=0, ge=0)
    best_step: int = Field(default=0, ge=0)
    verdict: str = ""
    curve: list[CurvePoint] = []


class Card(Strict):
    """Everything the program and a person need to know about one instrument of kind `harmonic_noise`."""

    format: Literal[3] = 3
    kind: Literal["harmonic_noise"] = "harmonic_noise"
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    description: str
    licence: str
    provisional: bool = False
    sources: list[Source] = []
    n_harmonics: int = Field(ge=1, le=1024)
    n_noise_bands: int = Field(ge=1, le=1024)
    network: NetworkSizes = NetworkSizes()
    feature_version: int
    feature_hash: str = ""
    f0_hz: Quantiles
    loudness_db: Quantiles
    metrics: dict[str, dict[str, FiniteFloat]] = {}
    training: Training

    def as_json(self) -> str:
        """The card as it is written to disk."""
        return self.model_dump_json(indent=2) + "\n"
