"""Designs that take longer to make than to read or to copy: the rooms, the noise loops, the analysis. [main]"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from jambox.analysis import design_analysis
from jambox.analysis.state import analysis_state_dtype
from jambox.dsp import noise as noise_module
from jambox.dsp import room as room_module
from jambox.dsp.noise import design_noise_loops
from jambox.dsp.reverb import ReverbDesign, design_reverb
from jambox.dsp.room import DESIGN_RATE, ROOMS, decay_time_s, design_room
from jambox.instrument.kept import kept


@dataclass(frozen=True)
class Room:
    """A room at some rate, for hops of some size: its partitions, and the time in which it falls by 60 dB."""

    reverb: ReverbDesign
    decay_s: float


def all_rooms(own: tuple[NDArray[np.float64], int] | None, sample_rate: int, hop: int) -> list[Room]:
    """Rooms by the values of the parameter `room`; `own`, an impulse response with its rate, is the first."""
    ours = [_our_room(name, sample_rate, hop) for name in list(ROOMS)[0 if own is None else 1 :]]
    return ours if own is None else [_room(*own, sample_rate, hop), *ours]


# The instruments of a stage play at one rate.
@lru_cache(maxsize=len(ROOMS))
def _our_room(name: str, sample_rate: int, hop: int) -> Room:
    response = kept(f"room-{name}", room_module.__file__, lambda: design_room(**asdict(ROOMS[name])))
    return _room(response, DESIGN_RATE, sample_rate, hop)


def _room(response: NDArray[np.float64], response_rate: int, sample_rate: int, hop: int) -> Room:
    response = _at_rate(response, response_rate, sample_rate)
    return Room(design_reverb(response, hop), decay_time_s(response, sample_rate))


def _at_rate(room: NDArray[np.float64], room_rate: int, sample_rate: int) -> NDArray[np.float64]:
    if room_rate == sample_rate:
        return room
    return np.asarray(soxr.resample(room, room_rate, sample_rate) * (room_rate / sample_rate))


@lru_cache(maxsize=1)
def analysis_at(sample_rate: int) -> NDArray[Any]:
    """The analysis with its filters designed, a record of analysis_state_dtype, to be copied."""
    state = np.zeros((), dtype=analysis_state_dtype)
    design_analysis(state, sample_rate)
    return state


def kept_noise(sample_rate: int, seed: int) -> NDArray[np.float32]:
    """The noise loops; only those of the usual seed are kept, which are some 20 MB."""
    if seed != 0:
        return design_noise_loops(sample_rate, seed)
    return kept(f"noise-{sample_rate}", noise_module.__file__, lambda: design_noise_loops(sample_rate))
