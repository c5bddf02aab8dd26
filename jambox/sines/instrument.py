"""From a fit to an instrument: the card of a modal sound, with its pitch, its loudness and where it came from. [main]"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import analyse
from jambox.audiofile import resample
from jambox.control.card import Quantiles, Source, Training
from jambox.control.modal import ModalCard, ModalSound
from jambox.sines.noise import render_noise_table
from jambox.sines.partials import end_fade, render_sound
from jambox.sines.pitch import heard_pitch

# A note may be so far from the pitch of the sound (semitones), for who moves a voice into the instrument's range.
_RANGE_ST = 18.0
# Loudness that the softest to the loudest touch stand for, in dB: 1, 5, 50, 95 and 99 % of playing.
_LOUDNESS_DB = (-54.0, -44.0, -26.0, -16.0, -13.0)
_HEARD_RATE = 48_000


@dataclass(frozen=True)
class Provenance:
    """Whose recording was fitted, and on what terms."""

    source: str
    url: str = ""
    licence: str = "unstated"
    credit: str = "unstated"
    description: str = ""


def heard(sound: ModalSound, sample_rate: int) -> NDArray[np.float64]:
    """What a note at the sound's own pitch and level sounds like, partials and noise, [n] at `sample_rate`."""
    n = round(sound.duration_s * sample_rate)
    y = render_sound(sound, 1.0, sample_rate, n) + render_noise_table(sound.noise, sample_rate, n)
    return y * end_fade(n, sound.duration_s, sample_rate)


def card_of(
    sound: ModalSound,
    name: str,
    played: NDArray[np.float64],
    sample_rate: int,
    whose: Provenance,
    training: Training,
    told_hz: float | None = None,
) -> ModalCard:
    """The card of an instrument made of `sound`, which sounds like `played` [n], at the pitch that was told, if one was."""
    pitch = heard_pitch(sound, told_hz)
    x = resample(played.astype(np.float32), sample_rate, _HEARD_RATE)
    loudness_db = analyse(np.pad(x, (0, _HEARD_RATE // 10)), _HEARD_RATE).loudness_db
    low, high = pitch.hz * 2.0 ** (-_RANGE_ST / 12.0), pitch.hz * 2.0 ** (_RANGE_ST / 12.0)
    span = [low, low * 2.0 ** (1 / 6), pitch.hz, high * 2.0 ** (-1 / 6), high]
    return ModalCard(
        name=name,
        description=whose.description or f"One sound, {whose.source}, as {len(sound.partials)} partials and noise.",
        licence=whose.licence,
        sources=[
            Source(
                name=whose.source,
                url=whose.url,
                licence=whose.licence,
                credit=whose.credit,
                changes="Cut, mixed down to mono, analysed into partials and noise; no recording is contained.",
            )
        ],
        n_partials=len(sound.partials),
        n_noise_bands=sound.noise.shape[1],
        duration_s=sound.duration_s,
        noise_step_s=sound.noise_step_s,
        reference_hz=round(pitch.hz, 4),
        reference=pitch.how,
        sound_db=round(float(np.max(loudness_db)), 3),
        f0_hz=Quantiles(**dict(zip(Quantiles.model_fields, np.round(span, 2).tolist(), strict=True))),
        loudness_db=Quantiles(**dict(zip(Quantiles.model_fields, _LOUDNESS_DB, strict=True))),
        training=training,
    )


def name_from(text: str) -> str:
    """A name that an instrument may have, from the name of a folder."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:64] or "sound"
