"""A network of gated sines written out as the plain sum of sines that it is, the loudest of them. [any]"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jambox.sines.exponentials import Complex, Real, as_complex, columns

KEPT = 8192  # between layers; what is dropped is the quietest
_SAME_HZ = 1e-6
_RIDGE = 1e-5  # of a sine's own energy: no two large amplitudes cancel each other


def expand(
    layers: Sequence[tuple[Real, Real]], weights: Sequence[Real], highest_hz: float, most: int
) -> tuple[Real, Complex]:
    """Frequencies in Hz and complex amplitudes c, [K] each, K <= most: the network is nearly Re(sum of c exp(2 pi i f t)).

    layers: frequency in Hz and phase in radians of each unit, layer by layer; weights [ours, before] of each but the first.
    Frequencies above highest_hz are left out, as they would alias.
    """
    hz, phase = layers[0]
    # Row: which sine; column: how much of it each unit of the layer holds.
    amounts = np.diag(-1j * np.exp(1j * phase))
    for (gate_hz, gate_phase), weight in zip(layers[1:], weights, strict=True):
        mixed = amounts @ weight.T
        turn = -0.25j * np.exp(1j * gate_phase)
        unit = np.tile(np.arange(len(gate_hz)), 3 * len(hz))
        frequencies = np.concatenate(
            [np.repeat(hz, len(gate_hz)), *(np.add.outer(hz, s * gate_hz).ravel() for s in (1, -1))]
        )
        values = np.concatenate([(0.5 * mixed).ravel(), (mixed * turn).ravel(), (mixed * np.conj(turn)).ravel()])
        hz, amounts = _gathered(frequencies, values, unit, len(gate_hz), KEPT)
    c = amounts.sum(axis=1)
    c = np.where(hz < 0.0, np.conj(c), c)
    inside = np.abs(hz) < highest_hz
    hz, gathered = _gathered(np.abs(hz)[inside], c[inside], np.zeros(int(inside.sum()), dtype=int), 1, most)
    return hz, gathered[:, 0]


def condense(hz: Real, c: Complex, signal: Real, sample_rate: int, most: int) -> tuple[Real, Complex]:
    """At most `most` of the sines for all of them: the loudest in each half of a bin, their amplitudes solved anew so that
    they come nearest to `signal` [n] (what lies closer together than that, n samples cannot tell apart)."""
    n = len(signal)
    order = np.argsort(-np.abs(c), kind="stable")
    _, first = np.unique(np.rint(hz[order] * 2.0 * n / sample_rate), return_index=True)
    kept = order[np.sort(first)[:most]]
    kept = kept[np.argsort(hz[kept], kind="stable")]
    design = columns(np.exp(2j * np.pi * hz[kept] / sample_rate)[None], n)[0]
    gram = design @ design.T
    gram[np.diag_indices_from(gram)] += _RIDGE * n
    return hz[kept], as_complex(np.linalg.solve(gram, design @ signal))


def _gathered(hz: Real, values: Complex, unit: np.ndarray, n_units: int, most: int) -> tuple[Real, Complex]:
    """The loudest sines as rows, with what each unit holds of them, [F], [F, n_units]; equal frequencies become one."""
    _, index = np.unique(np.rint(hz / _SAME_HZ).astype(np.int64), return_inverse=True)
    key = index * n_units + unit
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    merged = np.add.reduceat(values[order], starts)
    row, column = np.divmod(key[order][starts], n_units)
    first_hz = np.zeros(index.max() + 1)
    first_hz[index] = hz
    strength = np.bincount(row, np.abs(merged) ** 2, len(first_hz))
    loudest = np.sort(np.argsort(-strength, kind="stable")[:most])
    place = np.full(len(first_hz), -1)
    place[loudest] = np.arange(len(loudest))
    kept = place[row] >= 0
    amounts = np.zeros((len(loudest), n_units), dtype=np.complex128)
    amounts[place[row[kept]], column[kept]] = merged[kept]
    return first_hz[loudest], amounts
