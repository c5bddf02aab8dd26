"""Atoms: one partial of a sound as the fit handles it, in samples, and what a change of it does to them. [main]

An atom sounds from its onset on: Re(A rise e^(-d t) e^(i (w t + c t^2 / 2))), t in samples since the onset.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jambox.sines.partials import rising

Complex = NDArray[np.complex128]
# An atom is taken to have ended when it has decayed by so many nepers (87 dB).
ENDED_NEPERS = 10.0


@dataclass
class Atom:
    """Onset (a sample) and rise (samples); w (rad/sample), c (rad/sample^2), d (nepers/sample); complex amplitude A."""

    onset: int
    rise: float
    w: float
    c: float
    d: float
    a: complex = 0j

    def end(self, n: int) -> int:
        """The sample at which it has died away, in a sound of n samples."""
        return n if self.d * (n - self.onset) <= ENDED_NEPERS else min(n, self.onset + int(np.ceil(ENDED_NEPERS / self.d)))

    def shape(self, n: int) -> Complex:
        """The atom with A = 1 from its onset to its end, complex."""
        t = np.arange(self.end(n) - self.onset, dtype=np.float64)
        curve: Complex = np.exp(t * (-self.d + 1j * (self.w + 0.5 * self.c * t)))
        if self.rise > 0.0:
            span = int(np.ceil(self.rise))
            curve[:span] *= rising(t[:span], self.rise)
        return curve


def amplitude_of(shape: Complex, target: NDArray[np.float64]) -> tuple[complex, float]:
    """The best complex amplitude of a shape for a target of its length, and the energy that it takes from it."""
    re, im = shape.real, -shape.imag
    aa, bb, ab = re @ re, im @ im, re @ im
    det = aa * bb - ab * ab
    x, y = re @ target, im @ target
    if det <= 1e-9 * aa * bb or aa <= 0.0:
        gain = x / aa if aa > 0.0 else 0.0
        return complex(gain, 0.0), float(gain * x)
    p, q = (bb * x - ab * y) / det, (aa * y - ab * x) / det
    return complex(p, q), float(p * x + q * y)


def fit_amplitude(atom: Atom, residual: NDArray[np.float64]) -> float:
    """Set the atom's amplitude to the best one for a residual, shape [n]; the energy that it takes."""
    shape = atom.shape(len(residual))
    atom.a, energy = amplitude_of(shape, residual[atom.onset : atom.onset + len(shape)])
    return energy


def add_atom(samples: NDArray[np.float64], atom: Atom, gain: float = 1.0) -> None:
    """Add an atom to samples, shape [n], in place."""
    shape = atom.shape(len(samples))
    samples[atom.onset : atom.onset + len(shape)] += gain * (atom.a * shape).real


def columns_of(atom: Atom, n: int) -> NDArray[np.float64]:
    """How the atom's samples change with Re A, Im A, w / |A|, d / |A|, c / |A|, [5, end - onset].

    Rows are relative to the amplitude, so that soft partials move as freely as loud ones.
    """
    shape = atom.shape(n)
    t = np.arange(len(shape), dtype=np.float64)
    turned = shape * (atom.a / max(abs(atom.a), 1e-300))
    rows = np.empty((5, len(shape)))
    rows[0], rows[1] = shape.real, -shape.imag
    rows[2], rows[3] = -t * turned.imag, -t * turned.real
    rows[4] = 0.5 * t * rows[2]
    return rows
