"""The large designs of an instrument, which take longer to make than to read: its rooms and its noise loops. [main]"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import soxr
from numpy.typing import NDArray

from jambox.dsp import noise as noise_module
from jambox.dsp import room as room_module
from jambox.dsp.noise import design_noise_loops
from jambox.dsp.room import DESIGN_RATE, ROOMS, design_room
from jambox.instrument.kept import kept


def all_rooms(own: tuple[NDArray[np.float64], int] | None, sample_rate: int) -> list[NDArray[np.float64]]:
    """Impulse responses at `sample_rate`, by the values of the parameter `room`; `own` with its rate is the first."""
    ours = [(_kept_room(name), DESIGN_RATE) for name in list(ROOMS)[0 if own is None else 1 :]]
    return [_at_rate(*room, sample_rate) for room in (ours if own is None else [own, *ours])]


def _kept_room(name: str) -> NDArray[np.float64]:
    return kept(f"room-{name}", room_module.__file__, lambda: design_room(**asdict(ROOMS[name])))


def _at_rate(room: NDArray[np.float64], room_rate: int, sample_rate: int) -> NDArray[np.float64]:
    if room_rate == sample_rate:
        return room
    return np.asarray(soxr.resample(room, room_rate, sample_rate) * (room_rate / sample_rate))


def kept_noise(sample_rate: int, seed: int) -> NDArray[np.float32]:
    """The noise loops; only those of the usual seed are kept, which are some 20 MB."""
    if seed != 0:
        return design_noise_loops(sample_rate, seed)
    return kept(f"noise-{sample_rate}", noise_module.__file__, lambda: design_noise_loops(sample_rate))
