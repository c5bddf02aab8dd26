"""Telling an instrument's body from its source: what belongs to a frequency, and what to the number of a harmonic. [main]

Every frame of a recording is a harmonic's own level (which follows the loudness) plus the response of the body where that
harmonic lies. A line through each harmonic's level over loudness, and one response over frequency for all of them, are found
together by least squares. Training starts from them and refines both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.control.layout import BODY_LOWEST_MIDI, BODY_POINTS, BODY_POINTS_PER_SEMITONE
from jambox.units import hz_to_midi

# What holds the response where few harmonics fall: it is smooth, and it is flat.
_SMOOTH, _FLAT = 1.0, 0.002
# A trained response is averaged over some half a semitone: what is finer belongs to the notes that happened to be recorded,
# and would make the timbre tremble with the jitter of a tracker. Binomial, standard deviation 0.35 semitones.
_SETTLING = np.array([1.0, 8.0, 28.0, 56.0, 70.0, 56.0, 28.0, 8.0, 1.0]) / 256.0

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


def body_position(f0_hz: Vector, n_harmonics: int) -> tuple[NDArray[np.int64], Matrix]:
    """Point of the response below each harmonic, [T,H], and the share of the next one, 0 to 1, [T,H]."""
    midi = hz_to_midi(np.asarray(f0_hz, dtype=np.float64))[:, None] + 12.0 * np.log2(np.arange(1, n_harmonics + 1))
    at = np.clip(BODY_POINTS_PER_SEMITONE * (midi - BODY_LOWEST_MIDI), 0.0, BODY_POINTS - 1.001)
    low = at.astype(np.int64)
    return low, at - low


def body_db(body: Vector, f0_hz: Vector, n_harmonics: int) -> Matrix:
    """What a response [BODY_POINTS] in dB adds to the harmonics of f0_hz [T]: [T,H]."""
    low, share = body_position(f0_hz, n_harmonics)
    return np.asarray(body[low] * (1.0 - share) + body[low + 1] * share)


def find_body(f0_hz: Vector, loudness_db: Vector, harmonics_db: Matrix, weight: Matrix) -> Vector:
    """Response in dB at the points of `layout.BODY_POINTS`, from pitch [T], loudness [T], levels [T,H] and weights [T,H].

    Least squares over one line per harmonic and the response, the latter held smooth and near 0 dB.
    """
    n_harmonics = harmonics_db.shape[1]
    low, share = body_position(f0_hz, n_harmonics)
    k = np.broadcast_to(np.arange(n_harmonics), low.shape)
    louder = (loudness_db - loudness_db.mean())[:, None] / 20.0
    first_body = 2 * n_harmonics
    columns = (k, n_harmonics + k, first_body + low, first_body + low + 1)
    values = (np.ones_like(share), np.broadcast_to(louder, share.shape), 1.0 - share, share)
    n = first_body + BODY_POINTS
    normal = np.zeros(n * n)
    right = np.zeros(n)
    for column, value in zip(columns, values, strict=True):
        right += np.bincount(column.ravel(), (weight * value * harmonics_db).ravel(), minlength=n)
        for other, factor in zip(columns, values, strict=True):
            normal += np.bincount((column * n + other).ravel(), (weight * value * factor).ravel(), minlength=n * n)
    matrix = normal.reshape(n, n)
    scale = weight.sum() / BODY_POINTS
    bend = np.diff(np.eye(BODY_POINTS), 2, axis=0)
    matrix[first_body:, first_body:] += scale * (_SMOOTH * bend.T @ bend + _FLAT * np.eye(BODY_POINTS))
    matrix[: 2 * n_harmonics, : 2 * n_harmonics] += 1e-6 * scale * np.eye(2 * n_harmonics)
    return np.asarray(np.linalg.solve(matrix, right)[first_body:])


def settled(body: Vector, highest_hz: float) -> Vector:
    """A trained response [BODY_POINTS] averaged over half a semitone, and level above highest_hz, where nothing was heard:
    there it is the mean of the three semitones below."""
    reach = len(_SETTLING) // 2
    smooth = np.convolve(np.pad(body, reach, mode="edge"), _SETTLING, "valid")
    last = round(BODY_POINTS_PER_SEMITONE * (float(hz_to_midi(highest_hz)) - BODY_LOWEST_MIDI))
    if last < BODY_POINTS:
        smooth[last:] = smooth[last - 3 * BODY_POINTS_PER_SEMITONE : last].mean()
    return smooth
