"""Where the pitch is now: a measured period is the mean of the recent past, and a gliding pitch has moved on since."""

from __future__ import annotations

import math
from typing import Any

from jambox.kernels import kernel

_CENTS_PER_OCTAVE = 1200.0
# Error of a measurement in perfect sound, and how much noise in the sound adds (see measurement_variance).
_FINEST_CENTS = 2.0
_NOISE_FACTOR = 4.0
_LEAST_NOISE = 1e-4
# How restless pitch is: variance of its slope, cents^2/s^2, gained in each second.
_RESTLESSNESS = 1e8
# A new note may already glide by so much (standard deviation, cents/s).
_NEW_NOTE_SLOPE_CENTS_S = 1250.0
# Further than this from where it was expected, plus one standard deviation, is a new note.
_NEW_NOTE_CENTS = 50.0


@kernel
def measurement_variance(state: Any, lag: float, r: float, curvature: float) -> float:
    """[audio] Variance in cents^2 of the pitch read from a peak of height `r` and curvature per sample^2.

    Noise of power 1 - r shifts a peak the less the sharper it is; neighbouring measurements share most of their sound, so
    that only one hop of it counts as new.
    """
    cents_per_sample = _CENTS_PER_OCTAVE / (math.log(2.0) * lag)
    new_samples = state.hop_s * state.pitch_rate
    noise = _NOISE_FACTOR * max(1.0 - r, _LEAST_NOISE) / (max(curvature, 1e-9) * new_samples)
    return float(_FINEST_CENTS**2 + cents_per_sample**2 * noise)


@kernel
def pitch_now(state: Any, lag: float, window: float, r: float, curvature: float) -> float:
    """[audio] Pitch in Hz at the newest sample, given a period of `lag` samples measured over `window` samples.

    A Kalman filter for pitch and slope with a delayed measurement: what is measured is the pitch half of lag + window ago,
    for a steady glide pitch - slope * delay. A measurement far from what was expected starts a new note.
    """
    measured = _CENTS_PER_OCTAVE * math.log2(state.pitch_rate / lag)
    delay = 0.5 * (lag + window) / state.pitch_rate
    noise = measurement_variance(state, lag, r, curvature)

    t = state.hop_s
    pitch = state.pitch_cents + t * state.slope_cents_s
    slope = state.slope_cents_s
    slope_variance = state.slope_variance + _RESTLESSNESS * t
    covariance = state.covariance + t * state.slope_variance + _RESTLESSNESS * t * t / 2.0
    pitch_variance = (
        state.pitch_variance + 2.0 * t * state.covariance + t * t * state.slope_variance + _RESTLESSNESS * t**3 / 3.0
    )

    surprise = measured - (pitch - delay * slope)
    expected = pitch_variance - 2.0 * delay * covariance + delay * delay * slope_variance + noise
    if state.is_following == 0 or abs(surprise) > _NEW_NOTE_CENTS + math.sqrt(expected):
        state.is_following = 1
        state.pitch_cents = measured
        state.slope_cents_s = 0.0
        state.slope_variance = _NEW_NOTE_SLOPE_CENTS_S**2
        state.covariance = delay * state.slope_variance
        state.pitch_variance = noise + delay * state.covariance
    else:
        pitch_gain = (pitch_variance - delay * covariance) / expected
        slope_gain = (covariance - delay * slope_variance) / expected
        state.pitch_cents = pitch + pitch_gain * surprise
        state.slope_cents_s = slope + slope_gain * surprise
        state.pitch_variance = pitch_variance - pitch_gain * pitch_gain * expected
        state.covariance = covariance - pitch_gain * slope_gain * expected
        state.slope_variance = slope_variance - slope_gain * slope_gain * expected
    return float(2.0 ** (state.pitch_cents / _CENTS_PER_OCTAVE))
