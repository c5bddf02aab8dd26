"""Where singing lands: the share of truly sung frames that an instrument plays inside the range of its card.

A file is heard once, by the running violin; what it takes for singing is then followed by the octave of every instrument.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.control.bundle import load_bundle
from jambox.control.library import find_instrument
from jambox.control.scaling import f0_scaled
from jambox.instrument import Design
from jambox.instrument.layout import header_dtype
from jambox.instrument.octave import follow_octave, reset_octave
from jambox.instrument.opening import open_instrument
from tests.instrument.breathing import RATE

SUNG = (
    "test/singing_vocadito_1",
    "test/singing_vocadito_10",
    "test/voice_singing_sms_vignesh",
    "test/voice_singing_sms_singing-female",
    "test/whistling_porrasm_1",
    "pitch/rs_bass",
    "pitch/rs_soprano",
)


@dataclass(frozen=True)
class Hops:
    """What the instrument hears in every hop [n]: pitch (MIDI), confidence, whether a note sounds, whether one begins."""

    sung_st: NDArray[np.float64]
    confidence: NDArray[np.float64]
    sounds: NDArray[np.bool_]
    begins: NDArray[np.bool_]


def sung_hops(data: Path, file: str, seconds: float | None = None) -> Hops:
    """A recording as the running instrument hears it."""
    x = read_sound(data / f"{file}.flac", RATE).samples
    x = x if seconds is None else x[: round(seconds * RATE)]
    violin = open_instrument("violin", Design(RATE))
    header, hop = violin.header, violin.hop
    y = np.zeros(hop, dtype=np.float32)
    rows = []
    gate = 0.0
    for first in range(0, len(x) - hop + 1, hop):
        violin.process_into(x[first : first + hop], y)
        voice, octave = header["voice"], header["octave"]
        before, gate = gate, float(voice["gate"])
        rows.append((float(octave["last_st"]), float(header["analysis"]["f0_confidence"]), int(voice["voiced"]), before))
    sung_st, confidence, voiced, gate_before = np.array(rows).T
    begins = (voiced == 1) & (np.concatenate([[0], voiced[:-1]]) == 0) & (gate_before == 0.0)
    return Hops(sung_st, confidence, voiced == 1, begins)


def in_range_percent(name: str, sung: Hops) -> float:
    """Share of the sounding hops that lie between the 1st and the 99th percentile of what the instrument learnt from."""
    card = load_bundle(find_instrument(name)).card
    low, middle, high = (127.0 * float(f0_scaled(hz)) for hz in (card.f0_hz.p01, card.f0_hz.p50, card.f0_hz.p99))
    octave = np.zeros(1, dtype=header_dtype.fields["octave"][0])
    reset_octave(octave[0], low, middle, high)
    inside = []
    for sung_st, confidence, sounds, begins in zip(sung.sung_st, sung.confidence, sung.sounds, sung.begins, strict=True):
        shift = follow_octave(octave[0], float(sung_st), float(confidence), bool(begins), bool(sounds))
        if sounds:
            inside.append(low <= sung_st + shift <= high)
    return 100.0 * float(np.mean(inside))
