"""Presets played for the checks: a voice, a chord, both at once; and what is heard then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from jambox.instrument import Instrument
from jambox.instrument.note_events import NoteEvent, note_off, note_on
from jambox.presets import Preset
from tests.instrument.sounds import tone

RATE = 48_000
VOICE, KEYS = "voice", "keys"
Who = Literal["voice", "keys", "both"]
BOTH_VOICE, ONLY_VOICE, ONLY_KEYS, KEYS_PITCH, VOICE_PITCH = range(5)
CHORD_ST = (0, 4, 7)
# Keys go down so soon, and up so long before the end.
KEYS_DOWN_S, KEYS_UP_S = 0.05, 0.35
CHORD_S = 1.6


@dataclass(frozen=True)
class Scene:
    """What goes in: samples of a voice (float32 [n]), and keys held meanwhile."""

    voice: NDArray[np.float32]
    keys: tuple[int, ...]


def source_of(preset: Preset) -> int:
    """Who plays, as the parameter `source` counts."""
    return round(preset.params.get("source", 0.0))


def scenes(preset: Preset, voice: NDArray[np.float32], middle_key: int) -> dict[Who, Scene]:
    """The ways in which the preset is meant to be played, by its tags."""
    silence = np.zeros(round(CHORD_S * RATE), dtype=np.float32)
    middle_key -= round(preset.params.get("note_transpose_st", 0.0))
    chord = tuple(middle_key + step for step in CHORD_ST)
    source = source_of(preset)
    if source in (KEYS_PITCH, VOICE_PITCH):
        return {"both": Scene(voice, chord if source == KEYS_PITCH else (middle_key,))}
    meant: dict[Who, Scene] = {}
    if VOICE in preset.tags:
        meant["voice"] = Scene(voice, ())
    if KEYS in preset.tags:
        meant["keys"] = Scene(silence, chord)
    return meant


def single(preset: Preset, middle_key: int, seconds: float = 0.9) -> dict[Who, tuple[Scene, float]]:
    """Scenes of one note in the middle of the instrument, and the pitch in Hz that must be heard."""
    transpose = round(preset.params.get("note_transpose_st", 0.0))
    shift_st = preset.params.get("pitch_shift_st", 0.0)
    # The automatic octave finds what is sung in the middle where it should be; the shift is added to that.
    found = preset.params.get("auto_octave", 1.0) == 1.0
    voice = tone(_hz(middle_key - (0.0 if found else shift_st)), seconds, RATE)
    played_key = middle_key + (shift_st if found else 0.0)
    key = middle_key - transpose
    return {
        "voice": (Scene(voice, ()), _hz(played_key)),
        "keys": (Scene(np.zeros_like(voice), (key,)), _hz(middle_key)),
        # The other pitch lies a fourth away.
        "both": (Scene(voice, (key + 5,)), _hz(middle_key + 5 if source_of(preset) == KEYS_PITCH else played_key)),
    }


def _hz(key: float) -> float:
    return float(440.0 * 2.0 ** ((key - 69.0) / 12.0))


def played(instrument: Instrument, params: dict[str, float], scene: Scene) -> NDArray[np.float64]:
    """What comes out, of shape [n]."""
    instrument.reset(params)
    up = len(scene.voice) - round(KEYS_UP_S * RATE)
    events: list[NoteEvent] = []
    for key in scene.keys:
        events += [note_on(key, 0.7, time=round(KEYS_DOWN_S * RATE)), note_off(key, time=up)]
    for event in sorted(events, key=lambda event: event.time):
        instrument.play(event)
    return instrument.process(scene.voice).astype(np.float64)


def integrated_loudness(y: NDArray[np.float64]) -> float:
    """Loudness in LUFS of mono samples at 48 kHz, gated in blocks of 400 ms (ITU-R BS.1770-4, annex 1)."""
    y = lfilter([1.53512485958697, -2.69169618940638, 1.19839281085285], [1.0, -1.69065929318241, 0.73248077421585], y)
    y = lfilter([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621], y)
    blocks = np.lib.stride_tricks.sliding_window_view(y, round(0.4 * RATE))[:: round(0.1 * RATE)]
    power = np.mean(blocks**2, axis=1) + 1e-20
    loud = power[-0.691 + 10.0 * np.log10(power) > -70.0]
    if len(loud) == 0:
        return -np.inf
    gate = np.mean(loud) * 10.0**-1.0
    return float(-0.691 + 10.0 * np.log10(np.mean(loud[loud > gate])))
