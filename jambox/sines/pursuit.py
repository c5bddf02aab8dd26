"""Matching pursuit: the atom that takes most of what is left, found on a grid of scales, onsets and pitches. [main]

One-sided decaying windows of several lengths are laid over the residual at onsets half a window apart; a Fourier transform
of each gives the energy that an atom of that decay and onset takes at every frequency (Goodwin & Vetterli 1999). Several
atoms that hardly overlap are taken from one look; each is then refined by itself, chirp and rise included.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jambox.sines.atoms import Atom, add_atom, amplitude_of, columns_of, fit_amplitude

# Decay times of the grid, shortest first: each this many times the last, from 2 ms on.
_SHORTEST_S = 0.002
_SCALE_STEP = 2.8
_WINDOW_DECAYS = 4.0
# Only peaks of this share of the best one's energy are taken in one look.
_SHARE_OF_BEST = 0.3
_LOWEST_HZ = 20.0
_HIGHEST_SHARE = 0.499
# Rises that are tried, in seconds.
RISES_S = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032)
_NEWTON_STEPS = 8


@dataclass(frozen=True)
class Candidate:
    """A place on the grid and the energy that an atom there takes."""

    energy: float
    onset: int
    w: float
    d: float
    length: int


def decay_times(n: int, sample_rate: float) -> list[float]:
    """Decay times (samples) of the grid for a sound of n samples."""
    scales = []
    scale = _SHORTEST_S * sample_rate
    while scale < n / 1.5:
        scales.append(scale)
        scale *= _SCALE_STEP
    return [*scales, 2.0 * n]


def look(residual: NDArray[np.float64], sample_rate: float, most: int) -> list[Candidate]:
    """Up to `most` places where an atom takes energy from the residual [n], hardly overlapping, best first."""
    n = len(residual)
    found: list[Candidate] = []
    for scale in decay_times(n, sample_rate):
        d = 1.0 / scale
        length = int(min(n, np.ceil(_WINDOW_DECAYS * scale)))
        step = max(1, int(min(scale, n) / 2))
        onsets = np.arange(0, max(1, n - length // 4), step)
        if scale > n:
            onsets = onsets[:1]
        window = np.exp(-d * np.arange(length))
        norms = 0.5 * np.cumsum(window**2)
        size = 1 << int(np.ceil(np.log2(2 * length)))
        padded = np.concatenate([residual, np.zeros(length)])
        frames = np.lib.stride_tricks.sliding_window_view(padded, length)[onsets] * window
        spectrum = np.abs(np.fft.rfft(frames, size, axis=1)) ** 2
        energy = spectrum / (2.0 * norms[np.minimum(length, n - onsets) - 1])[:, None]
        turn = 2.0 * np.pi / size
        low, high = int(np.ceil(2.0 * np.pi * _LOWEST_HZ / sample_rate / turn)), int(2.0 * np.pi * _HIGHEST_SHARE / turn)
        inner = energy[:, 1:-1]
        peaks = (inner >= energy[:, :-2]) & (inner > energy[:, 2:])
        peaks[:, : max(low - 1, 0)] = False
        peaks[:, high:] = False
        rows, bins = np.nonzero(peaks)
        values = inner[rows, bins]
        best = np.argsort(values)[::-1][: 4 * most]
        found += [Candidate(float(values[i]), int(onsets[rows[i]]), float((bins[i] + 1) * turn), d, length) for i in best]
    found.sort(key=lambda each: -each.energy)
    taken: list[Candidate] = []
    for each in found:
        if len(taken) == most or (taken and each.energy < _SHARE_OF_BEST * taken[0].energy):
            break
        if not any(_overlap(each, other) for other in taken):
            taken.append(each)
    return taken


def _overlap(one: Candidate, other: Candidate) -> bool:
    apart_in_time = one.onset >= other.onset + other.length or other.onset >= one.onset + one.length
    return not apart_in_time and abs(one.w - other.w) < 6.0 * max(one.d, other.d) + 12.0 * np.pi / max(
        one.length, other.length
    )


def refine_atom(candidate: Candidate, residual: NDArray[np.float64], sample_rate: float) -> Atom:
    """The atom at a place of the grid, its frequency, decay, chirp, onset and rise moved to where it takes most."""
    atom = Atom(candidate.onset, 0.0, candidate.w, 0.0, candidate.d)
    if candidate.onset > 0:
        atom.rise = min(RISES_S, key=lambda rise: abs(rise * sample_rate - 0.25 / candidate.d)) * sample_rate
    _settle(atom, residual, sample_rate)
    return atom


def retune_atom(atom: Atom, residual: NDArray[np.float64], sample_rate: float) -> None:
    """Look once more where an atom begins and how it rises, beside all others; `residual` is kept up to date."""
    other = Atom(**vars(atom))
    before = float(residual @ residual)
    without = residual.copy()
    add_atom(without, atom)
    _settle(other, without, sample_rate)
    add_atom(without, other, -1.0)
    if float(without @ without) < before:
        residual[:] = without
        vars(atom).update(vars(other))


def _settle(atom: Atom, residual: NDArray[np.float64], sample_rate: float) -> None:
    """Move pitch, decay, chirp, onset and rise of an atom to where it takes most of the residual."""
    best = fit_amplitude(atom, residual)
    best = _newton(atom, residual, best)
    step = max(1, round(0.25 / max(atom.d, 1e-5)))
    while step >= 1:
        best, moved = _better_of(atom, residual, best, step, sample_rate)
        if moved:
            best = _newton(atom, residual, best, 2)
        else:
            step //= 2
    _newton(atom, residual, best)


def _better_of(atom: Atom, residual: NDArray[np.float64], best: float, step: int, sample_rate: float) -> tuple[float, bool]:
    """Try the onset so many samples earlier and later, and the next longer and shorter rise; the best energy and whether it
    grew."""
    n = len(residual)
    rises = [rise * sample_rate for rise in RISES_S]
    at = int(np.argmin([abs(rise - atom.rise) for rise in rises]))
    tries = [(atom.onset + s, atom.rise) for s in (-step, step)]
    tries += [(atom.onset, rises[i]) for i in (at - 1, at + 1) if 0 <= i < len(rises)]
    if atom.onset <= step:
        tries.append((0, 0.0))
    moved = False
    kept = Atom(**vars(atom))
    for onset, rise in tries:
        if not 0 <= onset < n - 8 or (onset > 0 and rise == 0.0):
            continue
        shift = onset - kept.onset
        other = Atom(onset, rise, max(kept.w + kept.c * shift, 1e-4), kept.c, kept.d)
        energy = fit_amplitude(other, residual)
        if energy > best * (1.0 + 1e-6):
            best, moved = energy, True
            vars(atom).update(vars(other))
    return best, moved


def _newton(atom: Atom, residual: NDArray[np.float64], best: float, steps: int = _NEWTON_STEPS) -> float:
    """Gauss-Newton on pitch, decay, chirp and amplitude together, steps shortened until they help; the energy taken."""
    n = len(residual)
    damping = 1e-3
    for _ in range(steps):
        rows = columns_of(atom, n)
        target = residual[atom.onset : atom.onset + rows.shape[1]]
        left = target - (atom.a.real * rows[0] + atom.a.imag * rows[1])
        gram, slope = rows @ rows.T, rows @ left
        scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
        gram = gram / np.outer(scale, scale)
        grown = False
        for _ in range(4):
            delta = np.linalg.solve(gram + damping * np.eye(5), slope / scale) / scale
            other = moved_atom(atom, delta, n)
            shape = other.shape(n)
            other.a, energy = amplitude_of(shape, residual[other.onset : other.onset + len(shape)])
            if energy > best:
                grown = True
                break
            damping = max(damping, 1e-4) * 10.0
        if not grown:
            break
        gained = energy / max(best, 1e-300)
        vars(atom).update(vars(other))
        best = energy
        damping *= 0.2
        if gained < 1.0 + 1e-7:
            break
    return best


def moved_atom(atom: Atom, delta: NDArray[np.float64], n: int) -> Atom:
    """The atom after a step of `columns_of`'s five parameters, kept to what can be: it decays, and stays below Nyquist."""
    size = max(abs(atom.a), 1e-300)
    w = float(np.clip(atom.w + delta[2] / size, 1e-4, 2.0 * np.pi * _HIGHEST_SHARE))
    d = max(atom.d + float(delta[3]) / size, 0.0)
    other = Atom(
        atom.onset, atom.rise, w, atom.c + float(delta[4]) / size, min(d, 0.5), atom.a + complex(delta[0], delta[1])
    )
    life = max(min(other.end(n) - other.onset, 2.0 / max(other.d, 1e-9)), 1.0)
    other.c = float(np.clip(other.c, (1e-4 - w) / life, (2.0 * np.pi * _HIGHEST_SHARE - w) / life))
    return other
