"""Stepping an instrument by torch itself: any TorchScript file that keeps the contract, whatever is inside of it. [main]

TorchScript is code. A file without Jambox weights and card was made by somebody else and is run only when the caller says
that the user trusts it. Import this module only when the torchscript runtime is asked for: it imports torch.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from jambox.control.bundle import has_bundle, load_bundle, model_file
from jambox.errors import BadModel

_WARM_UP_CALLS = 20


class TorchScriptNetwork:
    """The voices of a TorchScript instrument, frozen in memory, on one thread.

    `trusted` must be True for a file that carries no Jambox weights. BadModel if the file is no TorchScript, breaks the
    contract, or is not trusted. Call `warm_up` once more on the thread that will step.
    """

    def __init__(self, path: Path | str, *, trusted: bool = False) -> None:
        file = model_file(path)
        if has_bundle(file):
            load_bundle(file)
        elif not trusted:
            raise BadModel(f"{file} was not made by Jambox and would run code of its own: it plays only when you trust it.")
        torch.set_num_threads(1)
        self._file = file
        self._module, self._initial = _load(file)
        self._state = self._initial
        self._states: dict[int, torch.Tensor] = {}
        harmonics, noise = self._checked_step()
        self.n_harmonics = len(harmonics)
        self.n_noise_bands = len(noise)
        self.warm_up()

    def step(self, f0_scaled: float, loudness_scaled: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """One control frame: harmonic amplitudes [H] and noise magnitudes [N], linear."""
        with torch.inference_mode():
            pitch = torch.full((1, 1), float(f0_scaled))
            loudness = torch.full((1, 1), float(loudness_scaled))
            amplitude, distribution, noise, self._state = self._module(pitch, loudness, self._state)
            return (amplitude * distribution)[0].numpy(), noise[0].numpy()

    def step_rows(
        self,
        rows: NDArray[np.int64],
        fresh: NDArray[np.bool_],
        f0_scaled: NDArray[np.float64],
        loudness_scaled: NDArray[np.float64],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """One control frame of n voices, each row with a state of its own; all arguments of shape [n].

        Where `fresh`, the row begins anew. Harmonic amplitudes [n, H] and noise magnitudes [n, N], linear.
        """
        with torch.inference_mode():
            states = [
                self._initial if new else self._states.get(int(row), self._initial)
                for row, new in zip(rows, fresh, strict=True)
            ]
            pitch = torch.from_numpy(f0_scaled.astype(np.float32))[:, None]
            loudness = torch.from_numpy(loudness_scaled.astype(np.float32))[:, None]
            amplitude, distribution, noise, state = self._module(pitch, loudness, torch.cat(states))
            for i, row in enumerate(rows):
                self._states[int(row)] = state[i : i + 1]
            return (amplitude * distribution).numpy(), noise.numpy()

    def reset(self) -> None:
        """Make every voice a fresh one."""
        self._state = self._initial
        self._states.clear()

    def warm_up(self) -> None:
        """Let the torch of this thread specialise itself; the voice is a fresh one afterwards."""
        for _ in range(_WARM_UP_CALLS):
            self.step(0.5, 0.5)
        self.reset()

    def _checked_step(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A first step; BadModel unless its outputs have the shapes of the contract and are finite numbers."""
        try:
            harmonics, noise = self.step(0.5, 0.5)
        except Exception as error:  # foreign code may raise anything
            raise BadModel(f"{self._file} does not keep the contract of an instrument: its forward failed.") from error
        kept = harmonics.ndim == 1 and noise.ndim == 1 and self._state.shape == self._initial.shape
        if not kept or not (np.all(np.isfinite(harmonics)) and np.all(np.isfinite(noise))):
            raise BadModel(
                f"{self._file} does not keep the contract of an instrument: its outputs have other shapes or no values."
            )
        return harmonics, noise


def _load(file: Path) -> tuple[Any, torch.Tensor]:
    """The frozen module and the state [1,S] of a fresh voice."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            module = torch.jit.load(str(file), map_location="cpu").eval()  # type: ignore[no-untyped-call]
            with torch.inference_mode():
                # Normal memory: an inference tensor could not be fed back as a state.
                initial = torch.zeros(1, int(module.state_size))
            return torch.jit.freeze(module), initial
    except (RuntimeError, ValueError, AttributeError, OSError) as error:
        raise BadModel(f"{file} is no TorchScript instrument: it has no readable module with a state_size.") from error
