"""Input profiles: how loud, how high and in what noise somebody sings or plays, and what that asks of an instrument. [main]

A voice at arm's length from the microphone is 20 dB softer than the recordings an instrument learnt from, and would only
ever hear its pianissimo; a bass would meet a flute two octaves below its lowest note. A profile is measured once
(`jambox calibrate`) and serves every instrument: settings for one of them follow from its card.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jambox.analysis import analyse
from jambox.audiofile import replacing
from jambox.config import data_folder
from jambox.control.card import Card
from jambox.control.modal import ModalCard
from jambox.doubts import doubts, longest_run
from jambox.errors import BadInput
from jambox.params import BY_ID

PROFILE_FORMAT = 1
_NAME = re.compile(r"[^\W_][\w -]{0,63}")
_CONFIDENT = 0.5
_LEAST_SUNG_S, _LEAST_ROOM_S = 1.0, 0.3
# The gate opens so far above the room's noise, and so far below the softest that is sung.
_ABOVE_NOISE_DB, _BELOW_SOFTEST_DB = 6.0, 6.0
_MOST_OCTAVES = 3


class InputProfile(BaseModel):
    """What was heard of a player: A-weighted levels in dB, pitches in Hz, seconds of confident pitch.

    `doubts` are sentences about the recording; they are told once and not kept.
    """

    model_config = ConfigDict(extra="forbid")
    format: int = Field(default=PROFILE_FORMAT, ge=1, le=PROFILE_FORMAT)
    name: str = Field(pattern=_NAME.pattern)
    sung_s: float
    noise_db: float = Field(ge=-140.0, le=0.0)
    softest_db: float = Field(ge=-140.0, le=20.0)
    middle_db: float = Field(ge=-140.0, le=20.0)
    loudest_db: float = Field(ge=-140.0, le=20.0)
    lowest_hz: float = Field(gt=0.0, le=20_000.0)
    middle_hz: float = Field(gt=0.0, le=20_000.0)
    highest_hz: float = Field(gt=0.0, le=20_000.0)
    doubts: list[str] = Field(default_factory=list, exclude=True)

    def settings_for(self, card: Card | ModalCard) -> dict[str, float]:
        """Parameters with which this player meets the instrument of `card` in the middle of its loudness and its range.

        loudness_shift_db brings the player's median and 95th percentile, on average, to those of what the instrument learnt
        from; pitch_shift_st is the number of whole octaves that brings the median pitch nearest to the instrument's;
        gate_db lies above the noise of the room and below the softest note. What was measured takes the place of what
        would be found while playing: the automatic octave and level are off.
        """
        louder = ((card.loudness_db.p50 - self.middle_db) + (card.loudness_db.p95 - self.loudest_db)) / 2.0
        gate_db = min(self.noise_db + _ABOVE_NOISE_DB, self.softest_db - _BELOW_SOFTEST_DB)
        return {
            "auto_octave": 0.0,
            "auto_level": 0.0,
            "loudness_shift_db": _within("loudness_shift_db", louder),
            "pitch_shift_st": _within("pitch_shift_st", octaves_st(self.middle_hz, card)),
            "gate_db": _within("gate_db", gate_db),
        }


def octaves_st(middle_hz: float, card: Card | ModalCard) -> float:
    """Whole octaves, in semitones, that bring a median pitch nearest to the instrument's own; at most three."""
    return 12.0 * float(np.clip(np.round(np.log2(card.f0_hz.p50 / middle_hz)), -_MOST_OCTAVES, _MOST_OCTAVES))


def _within(id: str, value: float) -> float:
    row = BY_ID[id]
    return float(np.round(np.clip(value, row.minimum, row.maximum), 1))


def measure_profile(samples: NDArray[np.float32], sample_rate: int, name: str) -> InputProfile:
    """The profile of a recording (float32 [n], mono): ideally a few seconds of the room, then a few notes.

    BadInput when the name cannot be one, or when less than a second of it has a clear pitch.
    """
    check_name(name)
    track = analyse(samples, sample_rate)
    sung = track.f0_confidence > _CONFIDENT
    per_s = len(sung) / max(len(samples) / sample_rate, 1e-9)
    if sung.sum() < max(_LEAST_SUNG_S * per_s, 1.0):
        raise BadInput("There is less than a second of clear pitch in it: sing, hum or play a few notes.")
    before = track.loudness_db[: int(np.argmax(sung))]
    room = before if len(before) > _LEAST_ROOM_S * per_s else track.loudness_db[~sung]
    # Without a rest anywhere, the softest moments stand for the room.
    noise_db = np.median(before) if room is before else np.percentile(room if len(room) else track.loudness_db, 10.0)
    softest, middle, loudest = np.percentile(track.loudness_db[sung], [5.0, 50.0, 95.0])
    low, centre, high = np.percentile(track.f0_hz[sung], [5.0, 50.0, 95.0])
    return InputProfile(
        name=name,
        sung_s=round(float(sung.sum() / per_s), 2),
        noise_db=round(float(max(noise_db, -140.0)), 2),
        softest_db=round(float(softest), 2),
        middle_db=round(float(middle), 2),
        loudest_db=round(float(loudest), 2),
        lowest_hz=round(float(low), 2),
        middle_hz=round(float(centre), 2),
        highest_hz=round(float(high), 2),
        doubts=doubts(samples, has_rest=longest_run(~sung) > _LEAST_ROOM_S * per_s),
    )


def save_profile(profile: InputProfile) -> Path:
    """Write the profile into the user's folder, whole or not at all; its path."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{profile.name}.json"
    with replacing(path) as part:
        part.write_text(json.dumps(profile.model_dump(), indent=2) + "\n", encoding="utf-8")
    return path


def load_profile(name: str) -> InputProfile:
    """The user's profile `name`; BadInput says which there are, or what is wrong with it."""
    check_name(name)
    path = _folder() / f"{name}.json"
    if not path.is_file():
        there = ", ".join(profile_names()) or "none yet (jambox calibrate makes one)"
        raise BadInput(f"There is no input profile {name!r}; the profiles are: {there}.")
    try:
        return InputProfile.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The input profile {path} cannot be read: {error}.") from error
    except ValidationError as error:
        raise BadInput(f"The input profile {path} is damaged: measure it again with jambox calibrate.") from error


def profile_names() -> list[str]:
    """Names of the user's profiles, sorted."""
    return sorted(path.stem for path in _folder().glob("*.json"))


def check_name(name: str) -> None:
    """BadInput unless a profile may be called so."""
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{name[:80]!r} is no name of a profile: 1 to 64 letters, digits, spaces, _ and - make one, "
            "and it begins with a letter or a digit."
        )


def _folder() -> Path:
    return data_folder() / "profiles"
