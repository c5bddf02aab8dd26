"""Joint refinement: all partials of a sound moved together, so that each takes what is its own and not its neighbour's.

Damped Gauss-Newton over pitch, decay, chirp and complex amplitude of a block of partials at a time, in order of pitch. The
steps are scaled by what each parameter does to the sound (1 / amplitude^2 in pitch and decay): soft partials move as far as
loud ones. Amplitudes alone are then solved for all partials at once. [main]
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from jambox.sines.atoms import Atom, add_atom, columns_of
from jambox.sines.pursuit import moved_atom

# Partials that move together; neighbours in pitch. Twice as many cost eight times as much to solve.
BLOCK = 48
_TRIES = 3
_DAMPING = 1e-4


def solve_amplitudes(atoms: list[Atom], sound: NDArray[np.float64]) -> None:
    """The complex amplitudes that together leave least of the sound [n], in place (least squares)."""
    n = len(sound)
    gram, slope = _gram([_both(atom, n) for atom in atoms], [atom.onset for atom in atoms], sound)
    scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    gram = gram / np.outer(scale, scale) + 1e-9 * np.eye(len(gram))
    solved = np.linalg.solve(gram, slope / scale) / scale
    for i, atom in enumerate(atoms):
        atom.a = complex(solved[2 * i], solved[2 * i + 1])


def refine_jointly(
    atoms: list[Atom],
    residual: NDArray[np.float64],
    sweeps: int,
    least_gain: float = 0.0,
    told: Callable[[int], None] = lambda sweep: None,
) -> None:
    """Move all atoms so that less is left; `residual` [n] is what they leave over now, and is kept up to date.

    At most `sweeps` times; the last one is that which takes less than the share `least_gain` of the energy that was left.
    """
    n = len(residual)
    damping: dict[tuple[int, int], float] = {}
    for sweep in range(sweeps):
        before = float(residual @ residual)
        # Blocks begin elsewhere in each sweep, so that no two neighbours are always apart.
        order = sorted(range(len(atoms)), key=lambda i: atoms[i].w + 0.5 * atoms[i].c / max(atoms[i].d, 1.0 / n))
        first = -(BLOCK // 2) * (sweep % 2)
        for number, start in enumerate(range(first, len(order), BLOCK)):
            block = [atoms[i] for i in order[max(start, 0) : start + BLOCK]]
            if block:
                place = (sweep % 2, number)
                damping[place] = _step(block, residual, damping.get(place, _DAMPING))
        told(sweep + 1)
        if sweep % 2 == 1 and float(residual @ residual) > (1.0 - least_gain) * before:
            return


def _step(block: list[Atom], residual: NDArray[np.float64], damping: float) -> float:
    """One step of a block, if it helps; the damping for its next."""
    n = len(residual)
    gram, slope = _gram([columns_of(atom, n) for atom in block], [atom.onset for atom in block], residual)
    scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    gram = gram / np.outer(scale, scale)
    before = float(residual @ residual)
    without = residual.copy()
    for atom in block:
        add_atom(without, atom)
    for _ in range(_TRIES):
        delta = (np.linalg.solve(gram + damping * np.eye(len(gram)), slope / scale) / scale).reshape(-1, 5)
        moved = [moved_atom(atom, delta[i], n) for i, atom in enumerate(block)]
        left = without.copy()
        for atom in moved:
            add_atom(left, atom, -1.0)
        if float(left @ left) < before:
            residual[:] = left
            for atom, other in zip(block, moved, strict=True):
                vars(atom).update(vars(other))
            return max(damping * 0.2, 1e-7)
        damping *= 10.0
    return damping


def _both(atom: Atom, n: int) -> NDArray[np.float64]:
    shape = atom.shape(n)
    return np.stack([shape.real, -shape.imag])


def _gram(
    rows: list[NDArray[np.float64]], onsets: list[int], sound: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Inner products of all rows with each other and with the sound; each stack of rows [m, length] begins at its onset."""
    first = min(onsets)
    last = max(onset + each.shape[1] for onset, each in zip(onsets, rows, strict=True))
    table = np.zeros((sum(len(each) for each in rows), last - first))
    at = 0
    for onset, each in zip(onsets, rows, strict=True):
        table[at : at + len(each), onset - first : onset - first + each.shape[1]] = each
        at += len(each)
    return table @ table.T, table @ sound[first:last]
