"""Instruments of kind `modal`: one short sound as decaying, chirping partials and filtered noise, and their file. [main]

The sound of an instrument is x(t) = sum of a rise((t - onset) / rise_s) e^(-decay (t - onset)) cos(2 pi (phase +
f (t - onset) + chirp (t - onset)^2 / 2)), each from its onset on, with noise whose band levels follow a table; it ends with
a fade at `duration_s`. At `ratio` times its pitch, partials whose `harmonic` is a whole number h turn (ratio - 1) h C(t)
cycles more, where C is how far the sound's gliding pitch has come; all others go `ratio` times as fast, and begin their
cycle where that pitch would have brought them. The file is safetensors with the card in its metadata: plain data, no code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from jambox.audiofile import replacing
from jambox.control.bundle import MODAL_FILE
from jambox.control.card import Quantiles, Source, Strict, Training
from jambox.errors import BadModel

MODAL_FORMAT = 2
MOST_PARTIALS = 4096
LONGEST_S = 120.0
# The columns of the table of partials, in this order.
COLUMNS = (
    "frequency_hz",
    "chirp_hz_per_s",
    "amplitude",
    "phase_cycles",
    "decay_per_s",
    "onset_s",
    "rise_s",
    "harmonic",
)
# The track of the pitch has a value so often.
TRACK_STEP_S = 0.0005
# All of it fades out within this time before its end.
END_FADE_S = 0.01
_CARD_KEY = "card"


@dataclass(frozen=True)
class ModalSound:
    """What a modal instrument plays.

    partials: float64 [K, 8], the columns of COLUMNS, in order of their onsets; noise: magnitudes of the noise bands (RMS),
    float32 [frames, bands], `noise_step_s` apart from the first at 0; all at full level as in the recording. track_hz: the
    gliding pitch of the sound, float64 [n], straight between values TRACK_STEP_S apart from the first at 0, as long as the
    sound at least. `harmonic` says where in the series of that pitch a partial lies: one that belongs to it (a whole number)
    keeps its distance in Hz to its harmonic at every pitch, so that what beats goes on to beat as in the recording; one that
    lies at 0 begins at its own phase at every pitch.
    """

    partials: NDArray[np.float64]
    noise: NDArray[np.float32]
    noise_step_s: float
    duration_s: float
    track_hz: NDArray[np.float64]

    def column(self, name: str) -> NDArray[np.float64]:
        """One column of the partials, [K]."""
        return np.asarray(self.partials[:, COLUMNS.index(name)])


def follows(harmonic: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which partials follow the track: those whose harmonic is a whole number above 0."""
    return np.asarray((harmonic > 0.0) & (harmonic == np.floor(harmonic)))


def track_cycles(track_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cycles that a pitch (Hz, straight between values TRACK_STEP_S apart) has come at each of its values, [n]."""
    return np.concatenate([[0.0], np.cumsum(0.5 * (track_hz[1:] + track_hz[:-1]) * TRACK_STEP_S)])


class ModalCard(Strict):
    """Everything the program and a person need to know about one instrument of kind `modal`.

    `reference_hz` is the pitch of the sound as it was fitted: a note of that pitch plays it unchanged.
    `reference` says how it was found. `sound_db` is the loudness (A-weighted) of its loudest moment, at full level.
    """

    format: Literal[2] = 2
    kind: Literal["modal"] = "modal"
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    description: str
    licence: str
    provisional: bool = False
    sources: list[Source] = Field(default=[])
    n_partials: int = Field(ge=1, le=MOST_PARTIALS)
    n_noise_bands: int = Field(ge=1, le=1024)
    duration_s: float = Field(gt=0.0, le=LONGEST_S)
    noise_step_s: float = Field(gt=0.0, le=1.0)
    reference_hz: float = Field(gt=0.0, le=20_000.0)
    reference: str
    sound_db: FiniteFloat
    f0_hz: Quantiles
    loudness_db: Quantiles
    metrics: dict[str, dict[str, FiniteFloat]] = Field(default={})
    training: Training

    def as_json(self) -> str:
        """The card as it is written to disk."""
        return self.model_dump_json(indent=2) + "\n"


@dataclass(frozen=True)
class ModalBundle:
    """A checked instrument of kind `modal`."""

    path: Path
    card: ModalCard
    sound: ModalSound


def save_modal(folder: Path, card: ModalCard, sound: ModalSound) -> Path:
    """Write the file and `card.json` into `folder`, each whole or not at all; the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, NDArray[Any]] = {
        "partials": np.ascontiguousarray(sound.partials),
        "noise": np.ascontiguousarray(sound.noise),
        "track_hz": np.ascontiguousarray(sound.track_hz),
    }
    with replacing(folder / MODAL_FILE) as part:
        save_file(tensors, part, metadata={_CARD_KEY: card.model_dump_json()})
    with replacing(folder / "card.json") as part:
        part.write_text(card.as_json(), encoding="utf-8")
    return folder / MODAL_FILE


def load_modal(file: Path) -> ModalBundle:
    """The instrument in a file; BadModel, one sentence with file and reason, if it cannot be played."""
    try:
        with safe_open(file, framework="numpy") as opened:
            text = (opened.metadata() or {}).get(_CARD_KEY, "")
            tensors = {name: opened.get_tensor(name) for name in ("partials", "noise", "track_hz")}
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise BadModel(f"{file} is damaged: it cannot be read ({error}).") from error
    card = _card(text, file)
    partials, noise = tensors["partials"], tensors["noise"]
    if partials.dtype != np.float64 or partials.shape != (card.n_partials, len(COLUMNS)):
        raise BadModel(f"{file} has partials of shape {partials.shape}, not {(card.n_partials, len(COLUMNS))}.")
    if noise.dtype != np.float32 or noise.ndim != 2 or noise.shape[1] != card.n_noise_bands or len(noise) == 0:
        raise BadModel(f"{file} has noise of shape {noise.shape}, not [frames, {card.n_noise_bands}].")
    track_hz = tensors["track_hz"]
    if track_hz.dtype != np.float64 or track_hz.ndim != 1 or (len(track_hz) - 1) * TRACK_STEP_S < card.duration_s:
        raise BadModel(f"{file} has a track of its pitch of shape {track_hz.shape}, which is not the sound's.")
    sound = ModalSound(partials, noise, card.noise_step_s, card.duration_s, track_hz)
    _check(file, sound)
    return ModalBundle(file, card, sound)


def _card(text: str, file: Path) -> ModalCard:
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise BadModel(f"{file} is damaged: its card is no JSON.") from error
    if not isinstance(fields, dict) or fields.get("kind") != "modal" or fields.get("format") != MODAL_FORMAT:
        raise BadModel(f"{file} is no modal instrument of format {MODAL_FORMAT}, which this version of Jambox plays.")
    try:
        return ModalCard.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadModel(f"{file} has a card with a wrong entry: {where}: {first['msg']}.") from error


def _check(file: Path, sound: ModalSound) -> None:
    if not all(np.all(np.isfinite(values)) for values in (sound.partials, sound.noise, sound.track_hz)):
        raise BadModel(f"{file} has partials, noise or a pitch that are not finite numbers.")
    onset_s, rise_s, decay = sound.column("onset_s"), sound.column("rise_s"), sound.column("decay_per_s")
    if np.any(np.diff(onset_s) < 0.0) or onset_s[0] < 0.0 or np.any(rise_s < 0.0) or np.any(decay < 0.0):
        raise BadModel(f"{file} has partials that begin out of order, or grow.")
    if np.any(sound.column("harmonic") < 0.0) or np.any(sound.track_hz <= 0.0):
        raise BadModel(f"{file} has a pitch, or harmonics of it, below 0.")
