"""Decaying, chirping partials in float64: what a table of them sounds like, the reference of the playing kernel. [main]"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.control.modal import COLUMNS, END_FADE_S, TRACK_STEP_S, ModalSound, follows, track_cycles
from jambox.dsp.harmonic import FADE_END, FADE_START

# Nothing is heard of a partial that has decayed by so many nepers (139 dB).
INAUDIBLE_NEPERS = 16.0


def rising(n_after: NDArray[np.float64], rise: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain of a partial `n_after` its onset (any unit, as `rise`): half a cosine from 0 to 1, or at once where `rise` is 0;
    of the shape that both have together."""
    risen = np.where(np.greater(rise, 0.0), n_after / np.where(np.greater(rise, 0.0), rise, 1.0), n_after >= 0.0)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(risen, 0.0, 1.0)))


def cycles_at(track_hz: NDArray[np.float64], time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cycles that a pitch (see `track_cycles`) has come at any times from 0 to the track's end, of their shape."""
    at = np.clip(np.floor(time_s / TRACK_STEP_S).astype(np.int64), 0, len(track_hz) - 2)
    past_s = time_s - at * TRACK_STEP_S
    bend = (track_hz[at + 1] - track_hz[at]) / TRACK_STEP_S
    return np.asarray(track_cycles(track_hz)[at] + track_hz[at] * past_s + 0.5 * bend * past_s**2)


def render_sound(
    sound: ModalSound, ratio: float, sample_rate: float, n: int, fade_at_nyquist: bool = True
) -> NDArray[np.float64]:
    """`n` samples of a sound's partials at `ratio` times its pitch, as its definition has them (jambox/control/modal.py)."""
    time_s = np.minimum(np.arange(n) / sample_rate, (len(sound.track_hz) - 1) * TRACK_STEP_S)
    cycles = cycles_at(sound.track_hz, time_s)
    at_onset = cycles_at(sound.track_hz, sound.column("onset_s"))
    track_hz = np.interp(time_s, np.arange(len(sound.track_hz)) * TRACK_STEP_S, sound.track_hz)
    more, more_hz = (ratio - 1.0) * cycles, (ratio - 1.0) * track_hz
    partials = sound.partials.copy()
    harmonic = partials[:, COLUMNS.index("harmonic")]
    own = ~follows(harmonic)
    partials[:, COLUMNS.index("phase_cycles")] += own * harmonic * (ratio - 1.0) * at_onset
    for name in ("frequency_hz", "chirp_hz_per_s"):
        partials[own, COLUMNS.index(name)] *= ratio
    return _rendered(partials, sample_rate, n, fade_at_nyquist, np.where(own, 0.0, harmonic), more, more_hz)


def render_partials(partials: NDArray[np.float64], sample_rate: float, n: int) -> NDArray[np.float64]:
    """`n` samples of partials (columns of COLUMNS, [K, 8]) at their own pitch, whatever lies above half the sample rate."""
    none = np.zeros(n)
    return _rendered(partials, sample_rate, n, False, np.zeros(len(partials)), none, none)


def _rendered(
    partials: NDArray[np.float64],
    sample_rate: float,
    n: int,
    fade_at_nyquist: bool,
    harmonic: NDArray[np.float64],
    more: NDArray[np.float64],
    more_hz: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The sum of all, each `harmonic` times `more` [n] cycles ahead of itself, which is `more_hz` [n] faster.

    With `fade_at_nyquist` a partial fades out between 0.45 and 0.5 of the sample rate, at every sample.
    """
    y = np.zeros(n)
    for row, h in zip(partials, harmonic, strict=True):
        f_hz, chirp, amplitude, phase, decay, onset_s, rise_s = (float(row[i]) for i in range(len(COLUMNS) - 1))
        first = int(np.ceil(onset_s * sample_rate - 1e-9))
        length_s = INAUDIBLE_NEPERS / decay if decay > 0.0 else np.inf
        last = int(min(n, np.ceil((onset_s + length_s) * sample_rate)))
        if last <= first:
            continue
        t = np.arange(first, last) / sample_rate - onset_s
        gain = amplitude * np.exp(-decay * t) * rising(t, rise_s)
        if fade_at_nyquist:
            share = np.abs(f_hz + chirp * t + h * more_hz[first:last]) / sample_rate
            gain *= np.clip((FADE_END - share) / (FADE_END - FADE_START), 0.0, 1.0)
        y[first:last] += gain * np.cos(2.0 * np.pi * (phase + f_hz * t + 0.5 * chirp * t * t + h * more[first:last]))
    return y


def end_fade(n: int, duration_s: float, sample_rate: float) -> NDArray[np.float64]:
    """Gain of the whole sound at its first n samples: 1, then half a cosine down to 0 at its end."""
    left_s = duration_s - np.arange(n) / sample_rate
    return rising(left_s, END_FADE_S)
