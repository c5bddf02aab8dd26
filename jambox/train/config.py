"""Settings of a training run, with the defaults that made the shipped instruments. A field's text documents it to users."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from jambox.control.card import NetworkSizes

Count = Annotated[int, Field(ge=1)]
CountOrNone = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class TrainConfig(BaseModel):
    """Regression first, spectra last: 1200 + 350 steps take about 6 minutes on one core."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    seed: int = 0
    """Chance itself: the same seed, the same instrument."""
    threads: Count = 1
    """Threads of one process. The steps are sequential in time and gain little from more."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute: auto takes a GPU where there is one."""
    network: NetworkSizes = NetworkSizes()
    """Sizes of the control network; with the defaults it has 190 000 weights and costs 44 microseconds a frame live."""

    regression_steps: CountOrNone = 1200
    """Steps of the first stage, which learns the measured levels of harmonics and noise."""
    regression_batch: Count = 32
    """Sequences a step of the first stage, over all processes together."""
    regression_frames: Annotated[int, Field(ge=8)] = 128
    """Length of a sequence in control frames of 4 ms."""
    regression_rate: Positive = 2e-3
    """Learning rate of the first stage; it falls to 2 % along half a cosine."""

    spectral_steps: CountOrNone = 350
    """Steps of the second stage, which listens to the sound itself."""
    spectral_batch: Count = 4
    """Pieces of sound a step of the second stage, over all processes together."""
    spectral_frames: Annotated[int, Field(ge=8)] = 200
    """Length of a piece in control frames of 4 ms."""
    burn_in_frames: CountOrNone = 25
    """Frames before each piece that only warm up the network's memory."""
    spectral_rate: Positive = 6e-4
    """Learning rate of the second stage; it falls to 2 % along half a cosine."""
    anchor_weight: NotNegative = 0.1
    """How strongly the measured levels still hold the network while it listens to spectra."""

    texture_weight: NotNegative = 2.0
    """How much it counts that harmonics stand out from their neighbours as far as recorded ones; 0: they come out smooth."""
    texture_from: Share = 0.0
    """Share of the first stage after which that counts; few recordings are better learnt first, and made lively then."""
    body_smoothness: NotNegative = 0.0
    """How much bends of the body's response cost; a few dozen single notes cannot tell it finer than a semitone: 0.5."""
    noise_match: Share = 0.5
    """Share of the way in dB that each noise band moves towards its recorded mean power at the end; 0 leaves it cleaner."""
    gradient_norm: Positive = 3.0
    """Gradients longer than this are shortened to it."""
    average_decay: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.99
    """Each step keeps this share of the moving average of the weights; the average is what becomes the instrument."""
    detune_cents: NotNegative = 10.0
    """Standard deviation of the tuning error of a whole sequence's input."""
    jitter_cents: NotNegative = 3.0
    """Standard deviation of the pitch error of each frame's input, as a live tracker makes it."""
    jitter_db: NotNegative = 0.4
    """Standard deviation of the loudness error of each frame's input."""
    neighbour_share: Share = 0.7
    """Share of chunks told as a neighbouring note, so that only the body tells one semitone from the next."""
    neighbour_st: NotNegative = 2.5
    """How far away the neighbours lie, in semitones (standard deviation)."""
    stretched_share: Share = 0.3
    """Share of chunks whose softest and loudest frames are moved further out."""
    stretched_db: NotNegative = 15.0
    """By how much at most, in dB."""

    checkpoint_every: Count = 200
    """Steps between two checkpoints; there is one every 20 seconds besides."""
    validate_every: Count = 50
    """Steps between two looks at recordings that are held out."""
    patience: CountOrNone = 10
    """Looks without improvement after which a stage ends; 0 lets every stage run to its end."""
    least_improvement: Share = 0.002
    """By what share of the best score so far a look must be better to count as improvement."""
    preview_minutes: NotNegative = 5.0
    """Minutes between two sets of previews (wav files); 0 makes them at the end only."""
