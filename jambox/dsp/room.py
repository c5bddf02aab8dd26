"""Rooms of our own making: decaying noise, darker the longer it rings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

DESIGN_RATE = 48_000
_MIDDLE_HZ = (200.0, 2000.0)


@dataclass(frozen=True)
class RoomShape:
    """What `design_room` makes a room from. A second more costs some 0.1 % of a core."""

    length_s: float
    decay_s: float
    predelay_s: float
    damping_hz: float
    seed: int


# By the values of the parameter `room`; the first is the instrument's own, or what an instrument without one has.
ROOMS: dict[str, RoomShape] = {
    "own": RoomShape(1.0, 0.9, 0.012, 5000.0, 28),
    "studio": RoomShape(0.4, 0.35, 0.004, 7000.0, 1),
    "chamber": RoomShape(0.8, 0.7, 0.008, 4000.0, 2),
    "plate": RoomShape(1.3, 1.3, 0.001, 12_000.0, 3),
    "hall": RoomShape(1.6, 1.6, 0.022, 4500.0, 4),
    "church": RoomShape(2.0, 2.4, 0.035, 3000.0, 5),
}
_DECAY_FROM_DB, _DECAY_TO_DB = -5.0, -25.0
_SHORTEST_DECAY_S = 0.02


def design_room(
    length_s: float = 1.0,
    decay_s: float = 0.9,
    predelay_s: float = 0.012,
    damping_hz: float = 5000.0,
    seed: int = 28,
) -> NDArray[np.float64]:
    """[main] Impulse response at DESIGN_RATE, shape [length_s * DESIGN_RATE], as loud as what is sent into it.

    That is, its RMS response between 200 Hz and 2 kHz is 1: a room that is louder there than its share in the mix says
    makes neighbouring notes jump, because what it does to a held note is chance. With the default share no two notes of a
    chromatic scale come out more than 4.1 dB apart (tests/dsp/test_reverb.py).

    decay_s: time in which the low frequencies fall by 60 dB; those at `damping_hz` fall twice as fast, above faster
    still. Exponentially decaying noise per band after Moorer (1979), early part thinned into single echoes.
    """
    n = round(length_s * DESIGN_RATE)
    t = np.arange(n) / DESIGN_RATE
    source = np.random.default_rng(seed)
    noise = source.standard_normal(n)
    # Sparse at first, dense after 60 ms: echoes of walls before the hall.
    density = np.clip((t - predelay_s) / 0.06, 0.0, 1.0) ** 2
    noise *= source.random(n) < np.maximum(density, 0.004 * (t >= predelay_s))
    spectrum = np.fft.rfft(noise)
    f_hz = np.fft.rfftfreq(n, 1.0 / DESIGN_RATE)
    edges_hz = np.array([0.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0, 24000.0])
    response = np.zeros(n)
    for low_hz, high_hz in pairwise(edges_hz):
        band = np.fft.irfft(np.where((f_hz >= low_hz) & (f_hz < high_hz), spectrum, 0.0), n)
        centre_hz = 0.5 * (low_hz + high_hz)
        band_decay_s = decay_s / (1.0 + (centre_hz / damping_hz))
        response += band * np.power(10.0, -3.0 * t / band_decay_s)
    # Nothing above the audible range, and no offset: every sample rate hears the same room.
    spectrum = np.fft.rfft(response)
    spectrum[(f_hz < 30.0) | (f_hz > 20_000.0)] = 0.0
    response = np.fft.irfft(spectrum, n)
    response[t < 0.5 * predelay_s] = 0.0
    response *= np.clip((length_s - t) / 0.05, 0.0, 1.0)
    middle = np.abs(np.fft.rfft(response))[(f_hz > _MIDDLE_HZ[0]) & (f_hz < _MIDDLE_HZ[1])]
    return np.asarray(response / np.sqrt(np.mean(middle**2)))


def decay_time_s(response: NDArray[np.float64], sample_rate: int) -> float:
    """[main] Time in which a room falls by 60 dB, from the backward integral of its energy between -5 and -25 dB.

    Schroeder (1965); what falls faster than can be told counts as 20 ms.
    """
    left = np.cumsum(response[::-1] ** 2)[::-1]
    left_db = 10.0 * np.log10(left / left[0] + 1e-12)
    first, last = int(np.argmax(left_db < _DECAY_FROM_DB)), int(np.argmax(left_db < _DECAY_TO_DB))
    return max(60.0 / (_DECAY_FROM_DB - _DECAY_TO_DB) * (last - first) / sample_rate, _SHORTEST_DECAY_S)
