"""Test signals played on an instrument through the real renderer, at the level and in the range that its card states."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
from numpy.typing import NDArray

from jambox.control.card import Card
from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from jambox.render import render_samples
from jambox.units import hz_to_midi, midi_to_hz

RATE = 48_000
EDGE_S = 0.012
# Harmonics of the played voice, each this many dB below the one before.
_N_HARMONICS, _FALL_DB = 6, 6.0

Signal = NDArray[np.float32]


def opened(folder: Path, **params: float) -> Instrument:
    """The instrument in `folder` at RATE, with default settings but for `params`, and without adapting to who plays: what
    is asked is what it must play."""
    return open_instrument(folder, Design(RATE), {"auto_octave": 0.0, "auto_level": 0.0} | params)


def rendered(instrument: Instrument, x: Signal) -> Signal:
    """What the real renderer makes of `x`, from a fresh state."""
    return render_samples(instrument, x).samples


def loud_gain(loudness_db: float, f0_hz: float, n_harmonics: int = 1) -> float:
    """Amplitude of the first of n harmonics at which their A-weighted level is loudness_db."""
    k = np.arange(1, n_harmonics + 1)
    power_db = librosa.A_weighting(k * f0_hz, min_db=None) - _FALL_DB * (k - 1)
    return float(10.0 ** (loudness_db / 20.0) / np.sqrt(0.5 * np.sum(10.0 ** (power_db / 10.0))))


def note(f0_hz: float, loudness_db: float, seconds: float, edge_s: float = EDGE_S, n_harmonics: int = 1) -> Signal:
    """A held note of n harmonics with raised-cosine ends; loudness_db is its A-weighted level."""
    t = np.arange(round(seconds * RATE)) / RATE
    edges = np.clip(np.minimum(t, seconds - t) / edge_s, 0.0, 1.0)
    wave = sum(10.0 ** (-_FALL_DB * (k - 1) / 20.0) * np.sin(2.0 * np.pi * k * f0_hz * t) for k in range(1, n_harmonics + 1))
    return np.asarray(
        loud_gain(loudness_db, f0_hz, n_harmonics) * wave * (0.5 - 0.5 * np.cos(np.pi * edges)), dtype=np.float32
    )


def voiced_note(f0_hz: float, loudness_db: float, seconds: float) -> Signal:
    """A note with the harmonics of a soft voice."""
    return note(f0_hz, loudness_db, seconds, n_harmonics=_N_HARMONICS)


def rest(seconds: float) -> Signal:
    """Silence."""
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def chromatic_hz(card: Card) -> NDArray[np.float64]:
    """Every semitone of the range in which the card says that the instrument was trained."""
    low, high = (hz_to_midi(hz) for hz in (card.f0_hz.p01, card.f0_hz.p99))
    return np.asarray(midi_to_hz(np.arange(np.ceil(low - 0.5), np.floor(high + 0.5) + 1.0)), dtype=np.float64)
