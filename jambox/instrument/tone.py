"""Tone: what is done to a frame of the network before it sounds. Tilt, odd and even, the drawn curve, the body moved.

Frames come once a control hop and ramp; so does all of this.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.control.layout import BODY_LOWEST_MIDI, BODY_POINTS, BODY_POINTS_PER_SEMITONE
from jambox.dsp.stretched import advance_offsets
from jambox.instrument.levels import gain, gain_or_off
from jambox.instrument.rows import N_ROWS
from jambox.kernels import kernel
from jambox.params import INDEX as P
from jambox.params import N_DRAWN_HARMONICS

# A body moved under a harmonic changes it by at most this.
MOST_DB = 40.0


@kernel
def aim_tone(h: Any, f32: NDArray[np.float32]) -> None:
    """[audio] Gains of all harmonics, as the parameters are now; `tone_shaped` says whether there is any."""
    value = h.param_value
    balance = value[P.odd_even]
    shaped = balance != 0.0
    for i in range(N_DRAWN_HARMONICS):
        shaped = shaped or value[P.harmonic_01_db + i] != 0.0
    h.tone_shaped = 1 if shaped else 0
    if not shaped:
        return
    for i in range(h.n_harmonics):
        drawn = gain_or_off(value[P.harmonic_01_db + min(i, N_DRAWN_HARMONICS - 1)])
        # From 0: the first harmonic is an odd one.
        part = min(1.0, 1.0 - balance) if i % 2 == 0 else min(1.0, 1.0 + balance)
        f32[h.tone_gains_at + i] = np.float32(drawn * part)


@kernel
def _tilt(amplitudes: NDArray[np.float32], octaves_above: NDArray[np.float32], tilt_db: float) -> None:
    """So many dB an octave onto the harmonics, their power unchanged."""
    before, after = 1e-30, 1e-30
    for k in range(amplitudes.shape[0]):
        before += amplitudes[k] ** 2
        amplitudes[k] = np.float32(amplitudes[k] * gain(tilt_db * octaves_above[k]))
        after += amplitudes[k] ** 2
    back = np.float32(np.sqrt(before / after))
    for k in range(amplitudes.shape[0]):
        amplitudes[k] *= back


@kernel
def read_at(table: NDArray[np.float32], place: float) -> float:
    """[audio] A table over frequency (control/layout.py) between two of its points, its ends going on."""
    at = min(max(place, 0.0), BODY_POINTS - 1.001)
    low = int(at)
    return float(table[low] + (at - low) * (table[low + 1] - table[low]))


@kernel
def place_of(h: Any, f32: NDArray[np.float32], midi: float, k: int) -> float:
    """[audio] Where harmonic k (from 0) of a note lies in such a table."""
    return float(BODY_POINTS_PER_SEMITONE * (midi - BODY_LOWEST_MIDI + 12.0 * f32[h.octaves_above_at + k]))


@kernel
def _move_body(h: Any, f32: NDArray[np.float32], amplitudes: NDArray[np.float32], midi: float, share: float) -> None:
    """The body's resonances so many semitones higher, as loud (A-weighted) as before; of two bodies, both in their share."""
    moved = BODY_POINTS_PER_SEMITONE * h.param_value[P.formant_st]
    first = f32[h.weights_at + h.network.body_at : h.weights_at + h.network.body_at + BODY_POINTS]
    second = first
    if h.morphing == 1:
        second = f32[h.weights_b_at + h.network_b.body_at : h.weights_b_at + h.network_b.body_at + BODY_POINTS]
    weight_at = h.weights_at + h.network.harmonic_weight_at
    weight = f32[weight_at : weight_at + BODY_POINTS]
    before, after = 1e-30, 1e-30
    for k in range(amplitudes.shape[0]):
        place = place_of(h, f32, midi, k)
        change_db = (1.0 - share) * (read_at(first, place - moved) - read_at(first, place))
        if share > 0.0:
            change_db += share * (read_at(second, place - moved) - read_at(second, place))
        heard = read_at(weight, place)
        before += amplitudes[k] ** 2 * heard
        amplitudes[k] = np.float32(amplitudes[k] * gain(min(max(change_db, -MOST_DB), MOST_DB)))
        after += amplitudes[k] ** 2 * heard
    back = np.float32(np.sqrt(before / after))
    for k in range(amplitudes.shape[0]):
        amplitudes[k] *= back


@kernel
def shape_timbre(h: Any, f32: NDArray[np.float32], row: int, midi: float, tilt_db: float, share: float) -> None:
    """[audio] The newest frame of a row, at MIDI pitch `midi`, shaped by the parameters and its note's own tilt; `share` is
    what the second instrument has of it. An instrument of which only torch knows the weights keeps its body."""
    at = h.amplitudes_to_at + row * h.n_harmonics
    amplitudes = f32[at : at + h.n_harmonics]
    if h.param_value[P.formant_st] != 0.0 and h.network.n_harmonics > 0:
        _move_body(h, f32, amplitudes, midi, share)
    if tilt_db != 0.0:
        _tilt(amplitudes, f32[h.octaves_above_at : h.octaves_above_at + h.octaves_above_size], tilt_db)
    if h.tone_shaped == 1:
        for k in range(h.n_harmonics):
            amplitudes[k] *= f32[h.tone_gains_at + k]


@kernel
def stretch_octaves(h: Any) -> float:
    """[audio] Octaves that each octave of partials is too wide."""
    return float(h.param_value[P.stretch_cents] / 1200.0)


@kernel
def begin_stretch(h: Any) -> None:
    """[audio] At a hop's start: with a stretch, every row's partials have phases of their own."""
    if h.param_value[P.stretch_cents] != 0.0:
        for row in range(N_ROWS):
            h.stretched[row] = 1


@kernel
def advance_stretch(
    h: Any, f32: NDArray[np.float32], row: int, f0_from: float, f0_to: float, played: int, length: int
) -> None:
    """[audio] The partials of a row after so many samples of its piece; without stretch they become harmonics again."""
    if h.stretched[row] == 0:
        return
    at = h.stretch_offsets_at + row * h.n_harmonics
    offsets = f32[at : at + h.n_harmonics]
    some = advance_offsets(offsets, f0_from, f0_to, played, length, h.hop, stretch_octaves(h), h.sample_rate)
    h.stretched[row] = 1 if some else 0
