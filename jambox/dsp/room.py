"""A room of our own making, for instruments that bring none: decaying noise, darker the longer it rings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

DESIGN_RATE = 48_000
_MIDDLE_HZ = (200.0, 2000.0)


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
