"""The gliding pitch of a sound, and which of its partials follow it when it is played at another pitch. [main]

Partials that lie about one harmonic of a gliding sound are together that harmonic: their beating is its envelope. Multiplied
each by the ratio of two pitches they would beat by another pattern, and the harmonic would be another one, of another pitch.
So those that belong to the series keep their distance in Hz to their harmonic of the gliding pitch, which alone is
multiplied (`harmonic` is a whole number). What belongs to no series, as the partials of a bell, and what stands still, is
multiplied itself. So is a pulse, which begins at its own phase besides (`harmonic` 0).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.control.modal import COLUMNS, TRACK_STEP_S, ModalSound, follows, track_cycles
from jambox.sines.partials import rising
from jambox.sines.pitch import LESS_EACH, mean_frequencies, reference_pitch

Vector = NDArray[np.float64]

# A first track, over 15 ms, is where the partials near to harmonics are; each look is nearer than the last (cents).
_FIRST_WINDOW_S = 0.015
_WIDTHS_CENTS = (150.0, 150.0, 150.0, 80.0, 80.0, 80.0)
# Then it is where the harmonics themselves are, each the sum of its partials, over 30 ms.
_ROUNDS = 10
_WINDOW_S = 0.03
_MOST_OCTAVES = 2.0
# All partials are looked at together at so many moments at the most: two seconds without a gap.
_MOST_MOMENTS = 4000
# Where nearly all the energy lies so near (cents) to harmonics, some at least that count, a sound is one series; it glides
# where its pitch strays by more (cents) from its mean. Then partials that are within so many cents of a harmonic, and within
# that share of the distance between harmonics, belong to it.
_ONE_SERIES, _NEAR_CENTS, _LEAST_HARMONICS, _COUNTS = 0.8, 100.0, 3, 1e-3
_GLIDES_CENTS = 10.0
_FAR_CENTS, _FAR_SHARE = 300.0, 0.35


def followed(
    partials: Vector, noise: NDArray[np.float32], noise_step_s: float, duration_s: float, told_hz: float | None = None
) -> ModalSound:
    """A sound of partials (columns of COLUMNS, [K, 8], in order of their onsets) and noise, with the track of its pitch and
    the harmonic of every partial; `told_hz` is its pitch as somebody hears it."""
    partials = partials.copy()
    time_s = np.arange(0.0, duration_s + 2.0 * TRACK_STEP_S, TRACK_STEP_S)
    sound = ModalSound(partials, noise, noise_step_s, duration_s, np.ones(len(time_s)))
    seldom = slice(None, None, max(1, len(time_s) // _MOST_MOMENTS))
    some_s = time_s[seldom]
    moments = _moments(sound, some_s)
    track_hz = np.interp(time_s, some_s, _first_track(*moments, float(some_s[1]), reference_pitch(sound, told_hz).hz))
    middle_hz = float(np.median(track_hz))
    limits = middle_hz * 2.0**-_MOST_OCTAVES, middle_hz * 2.0**_MOST_OCTAVES
    # What has decayed before one cycle is over is a pulse and has no pitch. Its phase decides what sounds of it, which may
    # be next to nothing of a huge amplitude: it says nothing about the series, and keeps its phase at every pitch.
    pulse = partials[:, COLUMNS.index("decay_per_s")] > mean_frequencies(sound)[0]
    if _glides(moments[0], np.where(pulse, 0.0, moments[1]), track_hz[seldom]):
        for _ in range(_ROUNDS):
            place, harmonic = _places(*moments, track_hz[seldom])
            belongs = (_off_cents(place, harmonic) < _FAR_CENTS) & ~pulse
            harmonic = np.where(belongs & (np.abs(place - harmonic) < _FAR_SHARE), harmonic, place)
            track_hz = np.clip(track_hz + _off_hz(sound, harmonic, time_s, track_hz), *limits)
    else:
        harmonic = _places(*moments, track_hz[seldom])[0]
        # A place that happens to be a whole number would mean the opposite.
        harmonic = np.where(follows(harmonic), harmonic * (1.0 + 1e-9), harmonic)
    partials[:, COLUMNS.index("harmonic")] = np.where(pulse, 0.0, harmonic)
    return ModalSound(partials, noise, noise_step_s, duration_s, track_hz)


def _smoothed(x: Vector, window_s: float, step_s: float = TRACK_STEP_S) -> Vector:
    """Sum over a Hann window, [n], the same number of values."""
    width = min(round(window_s / step_s), (len(x) - 1) // 2)
    window = np.hanning(width // 2 * 2 + 3)[1:-1]
    return np.asarray(np.convolve(x, window, "same"))


def _moments(sound: ModalSound, time_s: Vector) -> tuple[Vector, Vector]:
    """Frequency (Hz) and energy of every partial at every time, [n, K] each."""
    after = time_s[:, None] - sound.column("onset_s")
    now_hz = np.maximum(np.abs(sound.column("frequency_hz") + sound.column("chirp_hz_per_s") * after), 1.0)
    rise = rising(after, sound.column("rise_s"))
    return now_hz, (sound.column("amplitude") * np.exp(-sound.column("decay_per_s") * after.clip(0.0)) * rise) ** 2


def _first_track(now_hz: Vector, energy: Vector, step_s: float, reference_hz: float) -> Vector:
    """Where the partials near to harmonics say that the pitch is, every `step_s`; [n]."""
    f0_hz = np.full(len(now_hz), reference_hz)
    for width in _WIDTHS_CENTS:
        harmonic = np.maximum(np.round(now_hz / f0_hz[:, None]), 1.0)
        cents = 1200.0 * np.log2(now_hz / (harmonic * f0_hz[:, None]))
        weight = energy * np.exp(-0.5 * (cents / width) ** 2) * LESS_EACH ** (harmonic - 1.0)
        total = _smoothed(weight.sum(axis=1), _FIRST_WINDOW_S, step_s)
        moved = _smoothed((weight * cents).sum(axis=1), _FIRST_WINDOW_S, step_s) / np.maximum(total, 1e-300)
        f0_hz = f0_hz * 2.0 ** (np.where(total > 0.0, moved, 0.0) / 1200.0)
    return np.asarray(f0_hz)


def _places(now_hz: Vector, energy: Vector, track_hz: Vector) -> tuple[Vector, Vector]:
    """For every partial its place in the series of the track, mean over its energy, and the harmonic next to it; [K]."""
    share = energy / np.maximum(energy.sum(axis=0), 1e-300)
    place = np.exp((share * np.log(now_hz / track_hz[:, None])).sum(axis=0))
    return place, np.maximum(np.round(place), 1.0)


def _off_cents(place: Vector, harmonic: Vector) -> Vector:
    return np.asarray(np.abs(1200.0 * np.log2(place / harmonic)))


def _glides(now_hz: Vector, moments: Vector, track_hz: Vector) -> bool:
    """Whether a sound, whose partials have these energies, is one series of harmonics that does not stand still."""
    place, harmonic = _places(now_hz, moments, track_hz)
    energy, inside = moments.sum(axis=0), _off_cents(place, harmonic) < _NEAR_CENTS
    numbers = {int(h) for h in harmonic[inside & (energy > _COUNTS * energy.sum())]}
    if energy[inside].sum() <= _ONE_SERIES * energy.sum() or len(numbers) < _LEAST_HARMONICS:
        return False
    octaves, weights = np.log2(track_hz), moments.sum(axis=1)
    mean = np.average(octaves, weights=weights)
    return bool(1200.0 * np.sqrt(np.average((octaves - mean) ** 2, weights=weights)) > _GLIDES_CENTS)


def _off_hz(sound: ModalSound, harmonic: Vector, time_s: Vector, track_hz: Vector) -> Vector:
    """How far the harmonics' own frequencies lie above the track (Hz of the fundamental), mean over their energy; [n].

    The frequency of a sum of partials is the rate at which its phase turns.
    """
    cycles = track_cycles(track_hz)
    sums: dict[float, NDArray[np.complex128]] = {}
    inside = follows(harmonic)
    for row, h in zip(sound.partials[inside], harmonic[inside], strict=True):
        f_hz, chirp, amplitude, phase, decay, onset_s, rise_s, _ = row
        after = time_s - onset_s
        level = np.where(after >= 0.0, amplitude * np.exp(-decay * after.clip(0.0)) * rising(after, rise_s), 0.0)
        turned = phase + f_hz * after + 0.5 * chirp * after**2 - h * cycles
        sums[h] = sums.get(h, 0.0) + level * np.exp(2j * np.pi * turned)
    off, energy = np.zeros(len(time_s)), np.zeros(len(time_s))
    for h, wave in sums.items():
        off += np.imag(np.conj(wave) * np.gradient(wave, TRACK_STEP_S)) / (2.0 * np.pi * h)
        energy += np.abs(wave) ** 2
    off, energy = _smoothed(off, _WINDOW_S), _smoothed(energy, _WINDOW_S)
    return np.asarray(np.where(energy > 1e-12 * np.max(energy, initial=0.0), off / np.maximum(energy, 1e-300), 0.0))
