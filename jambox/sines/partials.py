"""Decaying, chirping partials in float64: what a table of them sounds like, the reference of the playing kernel. [main]"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.control.modal import COLUMNS, END_FADE_S
from jambox.dsp.harmonic import FADE_END, FADE_START

# Nothing is heard of a partial that has decayed by so many nepers (139 dB).
INAUDIBLE_NEPERS = 16.0


def rising(n_after: NDArray[np.float64], rise: float) -> NDArray[np.float64]:
    """Gain of a partial `n_after` its onset (any unit, as `rise`): half a cosine from 0 to 1."""
    if rise <= 0.0:
        return np.where(n_after >= 0.0, 1.0, 0.0)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(n_after / rise, 0.0, 1.0)))


def render_partials(
    partials: NDArray[np.float64], ratio: float, sample_rate: float, n: int, fade_at_nyquist: bool = True
) -> NDArray[np.float64]:
    """`n` samples of partials (columns of COLUMNS, [K, 8]) whose frequencies and chirps are `ratio` times their own.

    With `fade_at_nyquist` a partial fades out between 0.45 and 0.5 of the sample rate, at every sample.
    """
    y = np.zeros(n)
    for row in partials:
        f_hz, chirp, amplitude, phase, decay, onset_s, rise_s, travel = (float(row[i]) for i in range(len(COLUMNS)))
        first = int(np.ceil(onset_s * sample_rate - 1e-9))
        length_s = INAUDIBLE_NEPERS / decay if decay > 0.0 else np.inf
        last = int(min(n, np.ceil((onset_s + length_s) * sample_rate)))
        if last <= first:
            continue
        t = np.arange(first, last) / sample_rate - onset_s
        start = phase + (ratio - 1.0) * travel
        gain = amplitude * np.exp(-decay * t) * rising(t, rise_s)
        if fade_at_nyquist:
            share = np.abs(ratio * (f_hz + chirp * t)) / sample_rate
            gain *= np.clip((FADE_END - share) / (FADE_END - FADE_START), 0.0, 1.0)
        y[first:last] += gain * np.cos(2.0 * np.pi * (start + ratio * (f_hz * t + 0.5 * chirp * t * t)))
    return y


def end_fade(n: int, duration_s: float, sample_rate: float) -> NDArray[np.float64]:
    """Gain of the whole sound at its first n samples: 1, then half a cosine down to 0 at its end."""
    left_s = duration_s - np.arange(n) / sample_rate
    return rising(left_s, END_FADE_S)
