"""The one interface behind which a network is stepped, and its compiled form for callers outside of the audio thread."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from jambox.control.bundle import Bundle
from jambox.control.compiled import pack_network, scratch_size, state_size, step_networks


class SteppedNetwork(Protocol):
    """A network with one voice of state."""

    n_harmonics: int
    n_noise_bands: int

    def step(self, f0_scaled: float, loudness_scaled: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """One control frame: harmonic amplitudes [H] and noise magnitudes [N], linear."""

    def reset(self) -> None:
        """Make the voice a fresh one."""


class CompiledNetwork:
    """`step_networks` of one voice, with arrays of its own."""

    def __init__(self, bundle: Bundle) -> None:
        record, self._weights = pack_network(bundle)
        self._net: Any = record[0]
        self._state = np.zeros(state_size(bundle), dtype=np.float32)
        self._scratch = np.zeros(scratch_size(bundle), dtype=np.float32)
        self._row = np.zeros(1, dtype=np.int64)
        self._told = np.zeros(2)
        self.n_harmonics = bundle.card.n_harmonics
        self.n_noise_bands = bundle.card.n_noise_bands

    def step(self, f0_scaled: float, loudness_scaled: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """One control frame: harmonic amplitudes [H] and noise magnitudes [N], linear."""
        harmonics = np.empty(self.n_harmonics, dtype=np.float32)
        noise = np.empty(self.n_noise_bands, dtype=np.float32)
        self._told[:] = f0_scaled, loudness_scaled
        step_networks(
            self._net,
            self._weights,
            self._state,
            len(self._state),
            self._scratch,
            len(self._scratch),
            self._row,
            1,
            self._told[:1],
            self._told[1:],
            harmonics,
            noise,
        )
        return harmonics, noise

    def reset(self) -> None:
        """Make the voice a fresh one."""
        self._state[:] = 0.0
