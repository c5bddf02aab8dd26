"""Morph: two instruments step their networks side by side, and a frame between theirs is what sounds.

Between means: each harmonic's and each noise band's level in dB on the straight line from one to the other. That alone could
be darker in the middle than both: a tilt then brings the spectral centroid to its own straight line, and the whole is made
as loud (A-weighted) as its line says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.control.scaling import st_in_hz
from jambox.dsp.harmonic import audible_harmonics
from jambox.instrument.pool import choice
from jambox.instrument.tone import place_of, read_at
from jambox.kernels import kernel
from jambox.params import INDEX as P

# `morph_by`
BY_PITCH, BY_LOUDNESS = 1, 2
_SMALLEST = 1e-12
NEWTON_STEPS = 3


@kernel
def morph_share(h: Any, midi: float, loudness_db: float) -> float:
    """[audio] Share of the second instrument in a note of that pitch and loudness: by hand, and by what moves it."""
    if h.morphing == 0:
        return 0.0
    value = h.param_value
    share = value[P.morph]
    by = choice(value[P.morph_by])
    if by == BY_PITCH:
        share += _way(midi, value[P.morph_low_st], value[P.morph_high_st])
    elif by == BY_LOUDNESS:
        share += _way(loudness_db, value[P.morph_soft_db], value[P.morph_loud_db])
    return float(min(max(share, 0.0), 1.0))


@kernel
def touch_share(h: Any, key: float) -> float:
    """[audio] Share of the second instrument in how a key is touched: what is known of it before the note is loud."""
    if h.morphing == 0:
        return 0.0
    value = h.param_value
    share = value[P.morph]
    if choice(value[P.morph_by]) == BY_PITCH:
        share += _way(key, value[P.morph_low_st], value[P.morph_high_st])
    return float(min(max(share, 0.0), 1.0))


@kernel
def middle_st(h: Any, key: float) -> float:
    """[audio] The middle of what the instrument plays, as a MIDI pitch; of two, as much of each as `key` is touched with."""
    n = h.notes
    return float(n.middle_st + touch_share(h, key) * (n.middle_b_st - n.middle_st))


@kernel
def _way(position: float, start: float, end: float) -> float:
    """How far a position is from start to end, 0 to 1; the two may lie either way round."""
    if start == end:
        return 1.0 if position >= end else 0.0
    return float(min(max((position - start) / (end - start), 0.0), 1.0))


@kernel
def _between(first: float, second: float, share: float) -> float:
    return float(max(first, _SMALLEST) ** (1.0 - share) * max(second, _SMALLEST) ** share)


@kernel
def _power(
    h: Any, f32: NDArray[np.float32], amplitudes: NDArray[np.float32], noise: NDArray[np.float32], midi: float
) -> float:
    """A-weighted power of a frame."""
    weight_at = h.weights_at + h.network.harmonic_weight_at
    weight = f32[weight_at : h.weights_at + h.weights_size]
    noise_at = h.weights_at + h.network.noise_weight_at
    power = 0.0
    for k in range(h.n_harmonics):
        power += amplitudes[k] ** 2 * read_at(weight, place_of(h, f32, midi, k))
    for band in range(h.n_bands):
        power += noise[band] ** 2 * f32[noise_at + band]
    return float(power)


@kernel
def _centre(amplitudes: NDArray[np.float32], n: int) -> float:
    """Spectral centroid of the first n harmonics, as the number of a harmonic."""
    power, moment = 1e-30, 0.0
    for k in range(n):
        power += amplitudes[k] ** 2
        moment += (k + 1.0) * amplitudes[k] ** 2
    return float(moment / power)


@kernel
def _tilt_to(amplitudes: NDArray[np.float32], octaves_above: NDArray[np.float32], n: int, centre: float) -> None:
    """Tilt the harmonics until the centroid of the first n lies there (Newton's method)."""
    for _ in range(NEWTON_STEPS):
        power, moment, octaves, both = 1e-30, 0.0, 0.0, 0.0
        for k in range(n):
            part = float(amplitudes[k]) ** 2
            power += part
            moment += (k + 1.0) * part
            octaves += octaves_above[k] * part
            both += (k + 1.0) * octaves_above[k] * part
        # The slope of the centroid over the tilt is the covariance of both, under the spectrum.
        slope = 2.0 * np.log(2.0) * (both - moment * octaves / power) / power
        if slope < 1e-6:
            return
        tilt = min(max((centre - moment / power) / slope, -1.0), 1.0)
        for k in range(amplitudes.shape[0]):
            amplitudes[k] *= np.float32(2.0 ** (tilt * octaves_above[k]))


@kernel
def morph_frame(h: Any, f32: NDArray[np.float32], row: int, midi: float, share: float) -> None:
    """[audio] The newest frame of a row becomes the one between it and the second instrument's; at the ends, one of them."""
    if share == 0.0:
        return
    n = h.n_harmonics
    first = f32[h.amplitudes_to_at + row * n : h.amplitudes_to_at + (row + 1) * n]
    second = f32[h.amplitudes_b_at + row * n : h.amplitudes_b_at + (row + 1) * n]
    first_noise = f32[h.noise_to_at + row * h.n_bands : h.noise_to_at + (row + 1) * h.n_bands]
    second_noise = f32[h.noise_b_at + row * h.n_bands : h.noise_b_at + (row + 1) * h.n_bands]
    if share == 1.0:
        for k in range(n):
            first[k] = second[k]
        for band in range(h.n_bands):
            first_noise[band] = second_noise[band]
        return
    heard = audible_harmonics(st_in_hz(midi), n, h.sample_rate)
    centre = (1.0 - share) * _centre(first, heard) + share * _centre(second, heard)
    power_first = _power(h, f32, first, first_noise, midi)
    power_second = _power(h, f32, second, second_noise, midi)
    for k in range(n):
        first[k] = np.float32(_between(first[k], second[k], share))
    for band in range(h.n_bands):
        first_noise[band] = np.float32(_between(first_noise[band], second_noise[band], share))
    _tilt_to(first, f32[h.octaves_above_at : h.octaves_above_at + n], heard, centre)
    power = power_first ** (1.0 - share) * power_second**share
    louder = np.float32(np.sqrt(power / max(_power(h, f32, first, first_noise, midi), 1e-30)))
    for k in range(n):
        first[k] *= louder
    for band in range(h.n_bands):
        first_noise[band] *= louder
