"""The pitch of a sum of partials: the fundamental of the harmonic series that holds most of its energy. [main]"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jambox.control.modal import ModalSound

_LOWEST_HZ, _HIGHEST_HZ = 30.0, 8000.0
_STRONGEST = 24
_MOST_HARMONICS = 20
# A partial counts as a harmonic where it lies within this (standard deviation, cents) of one.
_WIDTH_CENTS = 40.0
# Higher harmonics say less about a fundamental: without this an octave below would always win.
_LESS_EACH = 0.85
# The energy of a partial is integrated so finely, until it has decayed by so many nepers.
_STEPS, _NEPERS = 512, 8.0
# The gliding pitch of a sound: how often, over how long, and in which steps it is found.
_TRACK_STEP_S = 0.001
_TRACK_WINDOW = np.hanning(15)
_TRACK_WIDTHS_CENTS = (150.0, 150.0, 150.0, 80.0, 80.0, 80.0)


@dataclass(frozen=True)
class Pitch:
    """In Hz, and how it was found, in words for the card."""

    hz: float
    how: str


def reference_pitch(sound: ModalSound) -> Pitch:
    """The pitch at which a sound is said to be: energy-weighted over its partials and over its time."""
    mean_hz, energy = mean_frequencies(sound)
    audible = (mean_hz > _LOWEST_HZ) & (mean_hz < _HIGHEST_HZ)
    if not np.any(audible):
        audible = np.ones(len(mean_hz), dtype=bool)
    mean_hz, energy = mean_hz[audible], energy[audible]
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
    return Pitch(f0, "the fundamental of its strongest series of partials, mean over its energy")


def mean_frequencies(sound: ModalSound) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of every partial: its mean frequency over its energy (Hz), and that energy; both [K].

    Integrated over the midpoints of _STEPS: a partial that has hardly begun to rise when it has decayed, or when the sound
    ends, has next to none, however large its amplitude.
    """
    decay = np.maximum(sound.column("decay_per_s"), 1e-3)
    left_s = np.maximum(sound.duration_s - sound.column("onset_s"), 1e-6)
    span_s = np.minimum(left_s, _NEPERS / decay)
    after_s = span_s * ((np.arange(_STEPS) + 0.5) / _STEPS)[:, None]
    rise = 0.5 - 0.5 * np.cos(np.pi * np.minimum(after_s / np.maximum(sound.column("rise_s"), 1e-9), 1.0))
    power = (sound.column("amplitude") * np.exp(-decay * after_s) * rise) ** 2
    total = np.sum(power, axis=0)
    mean_s = np.sum(power * after_s, axis=0) / np.maximum(total, 1e-300)
    return np.abs(sound.column("frequency_hz") + sound.column("chirp_hz_per_s") * mean_s), total * span_s / _STEPS


def travelled_cycles(sound: ModalSound) -> NDArray[np.float64]:
    """Cycles that every partial's harmonic of the sound's own gliding pitch has gone through before its onset, [K]."""
    onset_s, f_hz = sound.column("onset_s"), sound.column("frequency_hz")
    time_s = np.arange(0.0, sound.duration_s + _TRACK_STEP_S, _TRACK_STEP_S)
    after = time_s[:, None] - onset_s
    now_hz = np.maximum(np.abs(f_hz + sound.column("chirp_hz_per_s") * after), 1.0)
    energy = np.where(
        after >= 0.0, (sound.column("amplitude") * np.exp(-sound.column("decay_per_s") * after.clip(0.0))) ** 2, 0
    )
    f0_hz = np.full(len(time_s), reference_pitch(sound).hz)
    for width in _TRACK_WIDTHS_CENTS:
        harmonic = np.maximum(np.round(now_hz / f0_hz[:, None]), 1.0)
        cents = 1200.0 * np.log2(now_hz / (harmonic * f0_hz[:, None]))
        weight = energy * np.exp(-0.5 * (cents / width) ** 2) * _LESS_EACH ** (harmonic - 1.0)
        total = np.convolve(weight.sum(axis=1), _TRACK_WINDOW, "same")
        moved = np.convolve((weight * cents).sum(axis=1), _TRACK_WINDOW, "same") / np.maximum(total, 1e-300)
        f0_hz = f0_hz * 2.0 ** (np.where(total > 0.0, moved, 0.0) / 1200.0)
    cycles = np.concatenate([[0.0], np.cumsum(0.5 * (f0_hz[1:] + f0_hz[:-1]) * _TRACK_STEP_S)])
    harmonic = np.maximum(np.round(np.abs(f_hz) / np.interp(onset_s, time_s, f0_hz)), 1.0)
    return np.asarray(harmonic * np.interp(onset_s, time_s, cycles))


def _belonging(
    f0: float, mean_hz: NDArray[np.float64], energy: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For every partial: the harmonic of f0 that it is nearest to, and the energy with which it speaks for f0."""
    harmonic = np.clip(np.round(mean_hz / f0), 1.0, None)
    cents = 1200.0 * np.log2(mean_hz / (harmonic * f0))
    weight = energy * np.exp(-0.5 * (cents / _WIDTH_CENTS) ** 2) * _LESS_EACH ** (harmonic - 1.0)
    return harmonic, np.where(harmonic <= _MOST_HARMONICS, weight, 0.0)
