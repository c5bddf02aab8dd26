"""The pitch of a sum of partials: the fundamental of the harmonic series that holds most of its energy. [main]"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jambox.control.modal import ModalSound
from jambox.sines.partials import render_sound, rising

_LOWEST_HZ, _HIGHEST_HZ = 30.0, 8000.0
_STRONGEST = 24
_MOST_HARMONICS = 20
# A partial counts as a harmonic where it lies within this (standard deviation, cents) of one.
_WIDTH_CENTS = 40.0
# What is told may be a semitone off; each look is nearer. A series there has this share of the energy at the least.
_TOLD_WIDTHS_CENTS, _LEAST_TOLD = (80.0, 80.0, 40.0, 40.0), 1e-3
# Higher harmonics say less about a fundamental: without this an octave below would always win.
LESS_EACH = 0.85
# The energy of a partial is integrated so finely, until it has decayed by so many nepers.
_STEPS, _NEPERS = 512, 8.0
# Where it is heard: at these ratios and this rate, over moments so long, of so many periods at the least, so many of them to
# each, clear ones only.
_RATIOS = tuple(2.0 ** (st / 12.0) for st in (-18, -12, -6, 0, 6, 12, 18))
_RATE = 48_000
_MOMENT_S, _PERIODS, _MOMENTS_AHEAD = 0.015, 8.0, 16
_ABOUT_OCTAVES, _CLEAR = 0.4, 0.5


@dataclass(frozen=True)
class Pitch:
    """In Hz, and how it was found, in words for the card."""

    hz: float
    how: str
    is_series: bool = False


def reference_pitch(sound: ModalSound, told_hz: float | None = None) -> Pitch:
    """The pitch at which a sound is said to be: energy-weighted over its partials and over its time.

    `told_hz` is what somebody hears, to a semitone or so: then it is that of the series there, else that very pitch.
    """
    mean_hz, energy = mean_frequencies(sound)
    audible = (mean_hz > _LOWEST_HZ) & (mean_hz < _HIGHEST_HZ)
    if not np.any(audible):
        audible = np.ones(len(mean_hz), dtype=bool)
    mean_hz, energy = mean_hz[audible], energy[audible]
    if told_hz is not None:
        return _near(told_hz, mean_hz, energy)
    strongest = np.argsort(energy)[::-1][:_STRONGEST]
    candidates = (mean_hz[strongest][:, None] / np.arange(1, 9)).ravel()
    candidates = candidates[candidates >= min(_LOWEST_HZ, float(np.min(mean_hz[strongest])))]
    scores = [float(np.sum(_belonging(f0, mean_hz, energy)[1])) for f0 in candidates]
    f0 = float(candidates[int(np.argmax(scores))])
    for _ in range(4):
        harmonic, weight = _belonging(f0, mean_hz, energy)
        f0 = float(np.exp(np.average(np.log(mean_hz / harmonic), weights=np.maximum(weight, 1e-300))))
    harmonic, weight = _belonging(f0, mean_hz, energy)
    numbers = {int(h) for h in harmonic[weight > 1e-3 * np.sum(weight)]}
    if len(numbers) < 2:
        return Pitch(f0, "its strongest partial")
    return Pitch(f0, "the fundamental of its strongest series of partials, mean over its energy", True)


def _near(told_hz: float, mean_hz: NDArray[np.float64], energy: NDArray[np.float64]) -> Pitch:
    f0 = told_hz
    for width_cents in _TOLD_WIDTHS_CENTS:
        harmonic, weight = _belonging(f0, mean_hz, energy, width_cents)
        if np.sum(weight) < _LEAST_TOLD * np.sum(energy):
            return Pitch(told_hz, "as it was told")
        f0 = float(np.exp(np.average(np.log(mean_hz / harmonic), weights=weight)))
    return Pitch(f0, "the fundamental of the series of partials at the pitch that was told", True)


def mean_frequencies(sound: ModalSound) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of every partial: its mean frequency over its energy (Hz), and that energy; both [K].

    Integrated over the midpoints of _STEPS: a partial that has hardly begun to rise when it has decayed, or when the sound
    ends, has next to none, however large its amplitude.
    """
    decay = np.maximum(sound.column("decay_per_s"), 1e-3)
    left_s = np.maximum(sound.duration_s - sound.column("onset_s"), 1e-6)
    span_s = np.minimum(left_s, _NEPERS / decay)
    after_s = span_s * ((np.arange(_STEPS) + 0.5) / _STEPS)[:, None]
    power = (sound.column("amplitude") * np.exp(-decay * after_s) * rising(after_s, sound.column("rise_s"))) ** 2
    total = np.sum(power, axis=0)
    mean_s = np.sum(power * after_s, axis=0) / np.maximum(total, 1e-300)
    return np.abs(sound.column("frequency_hz") + sound.column("chirp_hz_per_s") * mean_s), total * span_s / _STEPS


def heard_pitch(sound: ModalSound, told_hz: float | None = None) -> Pitch:
    """The pitch at which a followed sound is heard: with a series of partials, that which puts all its notes in tune.

    A glide is heard over so many periods, and so at another of its pitches by high notes than by low ones, if only by some
    cents: the middle of what all say. Without a series: `reference_pitch`.
    """
    found = reference_pitch(sound, told_hz)
    if not found.is_series:
        return found
    octaves = []
    for ratio in _RATIOS:
        y = render_sound(sound, ratio, _RATE, round(sound.duration_s * _RATE))
        heard = _mean_octave(y, ratio * found.hz)
        if heard is not None:
            octaves.append(heard - np.log2(ratio))
    if not octaves:
        return found
    return Pitch(float(2.0 ** (0.5 * (min(octaves) + max(octaves)))), found.how, True)


def _mean_octave(y: NDArray[np.float64], near_hz: float) -> float | None:
    """Mean, over its energy, of the pitches (as log2 of Hz) at which the autocorrelation of a sound's moments is largest;
    None if no moment has a clear one."""
    n = round(max(_MOMENT_S, _PERIODS / near_hz) * _RATE)
    size = 1 << int(np.ceil(np.log2(2 * n)))
    window = np.hanning(n)
    low, high = (round(_RATE / (near_hz * 2.0**octaves)) for octaves in (_ABOUT_OCTAVES, -_ABOUT_OCTAVES))
    own = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2)[: high + 2]
    moments = np.lib.stride_tricks.sliding_window_view(np.pad(y, n), n)[:: max(n // _MOMENTS_AHEAD, 1)]
    octaves, energies = [], []
    for moment in moments:
        likeness = np.fft.irfft(np.abs(np.fft.rfft(moment * window, size)) ** 2)[: high + 2] / own
        at = low + int(np.argmax(likeness[low:high]))
        if likeness[0] <= 0.0 or likeness[at] < _CLEAR * likeness[0] or not low < at < high - 1:
            continue
        before, here, after = likeness[at - 1 : at + 2]
        octaves.append(np.log2(_RATE / (at + 0.5 * (before - after) / (before - 2.0 * here + after))))
        energies.append(float(moment @ moment))
    return float(np.average(octaves, weights=energies)) if octaves else None


def _belonging(
    f0: float, mean_hz: NDArray[np.float64], energy: NDArray[np.float64], width_cents: float = _WIDTH_CENTS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For every partial: the harmonic of f0 that it is nearest to, and the energy with which it speaks for f0."""
    harmonic = np.clip(np.round(mean_hz / f0), 1.0, None)
    cents = 1200.0 * np.log2(mean_hz / (harmonic * f0))
    weight = energy * np.exp(-0.5 * (cents / width_cents) ** 2) * LESS_EACH ** (harmonic - 1.0)
    return harmonic, np.where(harmonic <= _MOST_HARMONICS, weight, 0.0)
