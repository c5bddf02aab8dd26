"""How much of the hop clock is left around the harmonics of a vibrato, against controls evaluated at every sample.

A vibrato spreads each harmonic over many bins, so the error is looked at from the harmonic's own point of view: multiplied
by the reference's phase backwards, and without its mirror image at negative frequencies, the harmonic stands at 0 Hz and a
side band at exactly k times a hop rate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import hilbert

from jambox.frames import control_hop_size
from tests.dsp.bank import phase_of, render_bank

F0_HZ = 440.0
SECONDS = 2.0
WITHIN_HZ = 5.0
HIGHEST_OFFSET_HZ = 3000.0


def vibrato_hz(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """6 Hz, 50 cents either way."""
    return F0_HZ * 2.0 ** (50.0 / 1200.0 * np.sin(2.0 * np.pi * 6.0 * t))


def swell(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """12 dB up and down again within a second."""
    return 0.5 * 10.0 ** (-12.0 / 20.0 * 0.5 * (1.0 + np.cos(2.0 * np.pi * t)))


def vibrato_sideband_db(harmonic: int, sample_rate: int) -> float:
    """Worst energy within 5 Hz of one harmonic ± k × hop rates, in dB of that harmonic."""
    n = round(SECONDS * sample_rate)

    def alone(t: NDArray[np.float64]) -> NDArray[np.float64]:
        levels = np.zeros((harmonic, len(t)))
        levels[harmonic - 1] = swell(t)
        return levels

    heard = render_bank(vibrato_hz, alone, n, sample_rate).astype(np.float64)
    phase = harmonic * phase_of(vibrato_hz, n, sample_rate)
    reference = swell(np.arange(1, n + 1) / sample_rate) * np.sin(phase)
    still = np.exp(-1j * phase) * np.blackman(n)
    offset_hz = np.fft.fftfreq(n, 1.0 / sample_rate)
    error = np.abs(np.fft.fft(hilbert(heard - reference) * still)) ** 2
    carrier = float(np.sum((np.abs(np.fft.fft(hilbert(reference) * still)) ** 2)[np.abs(offset_hz) <= WITHIN_HZ]))
    control_rate = sample_rate / control_hop_size(sample_rate)
    worst = 0.0
    for k in range(1, int(HIGHEST_OFFSET_HZ / control_rate) + 1):
        for side in (k * control_rate, -k * control_rate):
            worst = max(worst, float(np.sum(error[np.abs(offset_hz - side) <= WITHIN_HZ])))
    return float(10.0 * np.log10(worst / carrier))
