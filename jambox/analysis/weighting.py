"""Filters of the analysis, designed off the audio thread: the A-weighting curve and the bands that pitch is judged in.

All are second-order sections [b0, b1, b2, a1, a2] (a0 = 1), run in transposed direct form II by `samples.push_samples`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Pole frequencies of the A curve, IEC 61672-1:2013 annex E.
_POLE_1_HZ = 20.598997
_POLE_2_HZ = 107.65265
_POLE_3_HZ = 737.86223
_POLE_4_HZ = 12194.217
_FIT_UP_TO_HZ = 20_000.0
_FIT_POINTS = 400
_FIT_ROUNDS = 20


def a_weighting_db(f_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain in dB of the analogue A curve at `f_hz` (> 0), 0 dB at 1 kHz; same shape. IEC 61672-1 annex E."""

    def curve(f: NDArray[np.float64]) -> NDArray[np.float64]:
        s = f.astype(np.float64) ** 2
        low = s**2 / ((s + _POLE_1_HZ**2) * np.sqrt((s + _POLE_2_HZ**2) * (s + _POLE_3_HZ**2)))
        return np.asarray(low / (s + _POLE_4_HZ**2))

    return np.asarray(20.0 * np.log10(curve(np.asarray(f_hz)) / curve(np.array([1000.0]))))


def design_a_weighting(sample_rate: float) -> NDArray[np.float64]:
    """[main] Three sections, shape [3, 5], that follow the A curve within 0.3 dB from 20 Hz to 16 kHz at 44.1 to 96 kHz.

    The poles below 1 kHz are mapped by z = exp(sT), which is exact there. What then is missing, chiefly the double pole at
    12 kHz that a bilinear transform would warp, is fitted by a minimum-phase second-order section: its squared magnitude
    is a ratio of polynomials in cos(w), linear least squares iterated (Sanathanan and Koerner 1963).
    Held by tests/analysis/test_weighting.py.
    """
    sections = np.zeros((3, 5))
    for row, (first_hz, second_hz) in enumerate(((_POLE_1_HZ, _POLE_1_HZ), (_POLE_2_HZ, _POLE_3_HZ))):
        sections[row] = design_high_passes(first_hz, second_hz, sample_rate)
    f_hz = np.linspace(10.0, min(_FIT_UP_TO_HZ, 0.47 * sample_rate), _FIT_POINTS)
    target = 10.0 ** (a_weighting_db(f_hz) / 10.0) / np.abs(response(sections[:2], f_hz, sample_rate)) ** 2
    sections[2] = _fit_section(np.cos(2.0 * np.pi * f_hz / sample_rate), target)
    at_1k = np.abs(response(sections, np.array([1000.0]), sample_rate))[0]
    sections[2, :3] /= at_1k
    return sections


def _fit_section(c: NDArray[np.float64], power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minimum-phase section whose squared magnitude at cos(w) = `c` is nearest to `power` in relative error."""
    powers_of_c = np.stack([np.ones_like(c), c, c**2], axis=1)
    numerator_terms = denominator_terms = np.array([1.0, 0.0, 0.0])
    for _ in range(_FIT_ROUNDS):
        weight = 1.0 / (power * (powers_of_c @ denominator_terms))
        matrix = np.concatenate([powers_of_c, -power[:, None] * powers_of_c[:, 1:]], axis=1) * weight[:, None]
        solution = np.linalg.lstsq(matrix, power * weight, rcond=None)[0]
        numerator_terms = solution[:3]
        denominator_terms = np.concatenate([[1.0], solution[3:]])
    b = _minimum_phase(numerator_terms)
    a = _minimum_phase(denominator_terms)
    return np.concatenate([b / a[0], a[1:] / a[0]])


def _minimum_phase(terms: NDArray[np.float64]) -> NDArray[np.float64]:
    """[c0, c1, c2] whose squared magnitude is terms[0] + terms[1] cos(w) + terms[2] cos(w)^2, zeros inside the circle."""
    roots = np.roots(terms[::-1]).astype(np.complex128)
    inside = []
    for root in roots:
        z = root + np.sqrt(root * root - 1.0)
        inside.append(z if abs(z) <= 1.0 else 1.0 / z)
    polynomial = np.real(np.poly(np.array(inside)))
    gain = np.sqrt((terms[0] + terms[1] + terms[2]) / np.sum(polynomial) ** 2)
    return np.asarray(polynomial * gain)


def design_low_pass(cutoff_hz: float, q: float, sample_rate: float) -> NDArray[np.float64]:
    """[main] One low-pass section, shape [5]; bilinear, after the RBJ cookbook."""
    w = 2.0 * np.pi * cutoff_hz / sample_rate
    alpha = np.sin(w) / (2.0 * q)
    one_minus = 1.0 - np.cos(w)
    return np.asarray(np.array([one_minus / 2, one_minus, one_minus / 2, -2.0 * np.cos(w), 1.0 - alpha]) / (1.0 + alpha))


def design_high_passes(first_hz: float, second_hz: float, sample_rate: float) -> NDArray[np.float64]:
    """[main] Two first-order high-passes in one section, shape [5]: +6 dB an octave between their corners."""
    p, q = np.exp(-2.0 * np.pi * np.array([first_hz, second_hz]) / sample_rate)
    return np.array([1.0, -2.0, 1.0, -(p + q), p * q])


def response(sections: NDArray[np.float64], f_hz: NDArray[np.float64], sample_rate: float) -> NDArray[np.complex128]:
    """Complex response of a cascade of sections, shape [n, 5], at `f_hz`; same shape as `f_hz`."""
    z = np.exp(-2j * np.pi * np.asarray(f_hz) / sample_rate)
    total = np.ones(len(z), dtype=np.complex128)
    for b0, b1, b2, a1, a2 in np.atleast_2d(sections):
        total *= (b0 + b1 * z + b2 * z * z) / (1.0 + a1 * z + a2 * z * z)
    return total
