"""What the hop clock leaves around the harmonics of a steady note that went through the live tracker.

Pitch, loudness and timbre of the run are read at their hops; the reference evaluates the smooth curves through them (cubic
splines) at every sample and synthesises in float64. What the output has beyond it was put there by hops. Besides, all that
lies at those places is told, as if the note were a sum of lines: in it is what noise in the sound does to the tracker.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from jambox.dsp.harmonic import FADE_END, FADE_START
from jambox.frames import ANALYSIS_HOPS_PER_CONTROL_HOP, control_hop_size
from jambox.instrument import Instrument
from tests.instrument.sounds import tone

DRY = {"auto_octave": 0.0, "reverb_mix": 0.0, "noise_level_db": -60.0, "gate_db": -100.0}
RATE = 48_000
SETTLING_S = 0.5
SECONDS = 1.5
WITHIN_HZ = 5.0
# Nearer to a harmonic than this its own line, spread by the window, is what would be measured.
CLEAR_OF_HARMONICS_HZ = 15.0
HIGHEST_OFFSET_HZ = 3000.0


def noisy_tone(f0_hz: float, snr_db: float, seed: int) -> NDArray[np.float32]:
    """A steady voiced tone with white noise below it."""
    x = tone(f0_hz, SETTLING_S + SECONDS, RATE)
    level = np.sqrt(np.mean(x.astype(np.float64) ** 2)) * 10.0 ** (-snr_db / 20.0)
    return (x + level * np.random.default_rng(seed).standard_normal(len(x))).astype(np.float32)


def tracker_sideband_db(instrument: Instrument, f0_hz: float, snr_db: float = 30.0, seed: int = 0) -> dict[str, float]:
    """Worst energy within 5 Hz of a harmonic ± k × hop rates, in dB of that harmonic, for a tone in white noise.

    "of_hops": of the difference to the reference; "in_all": of the output.
    """
    x = noisy_tone(f0_hz, snr_db, seed)
    y, reference = _play(instrument, x)
    heard, expected, added = _power(y), _power(reference), _power(y - reference)
    bin_hz = RATE / (len(y) - round(SETTLING_S * RATE))

    def energy(power: NDArray[np.float64], centre_hz: float) -> float:
        low, high = round((centre_hz - WITHIN_HZ) / bin_hz), round((centre_hz + WITHIN_HZ) / bin_hz)
        return float(power[high + 1] - power[low])

    n_harmonics = min(instrument.memory.row("amplitudes_to").size, int(FADE_START * 0.98 * RATE / f0_hz))
    step_hz = RATE / control_hop_size(RATE)
    of_hops = in_all = 0.0
    for harmonic in range(1, n_harmonics + 1):
        line = energy(expected, harmonic * f0_hz)
        for k in range(1, int(HIGHEST_OFFSET_HZ / step_hz) + 1):
            for place_hz in (harmonic * f0_hz + k * step_hz, harmonic * f0_hz - k * step_hz):
                away_hz = abs(place_hz / f0_hz - round(place_hz / f0_hz)) * f0_hz
                if 20.0 < place_hz < 0.48 * RATE and away_hz > CLEAR_OF_HARMONICS_HZ:
                    of_hops = max(of_hops, energy(added, place_hz) / line)
                    in_all = max(in_all, energy(heard, place_hz) / line)
    return {name: float(10.0 * np.log10(worst + 1e-30)) for name, worst in (("of_hops", of_hops), ("in_all", in_all))}


def _power(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Running sum over frequency of the power of what follows the settling, beginning with 0."""
    settled = y[round(SETTLING_S * RATE) :]
    return np.concatenate([[0.0], np.cumsum(np.abs(np.fft.rfft(settled * np.blackman(len(settled)))) ** 2)])


def _play(instrument: Instrument, x: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The output for `x`, and the same note in float64 from controls evaluated at every sample."""
    hop, ramp = instrument.hop, control_hop_size(RATE)
    n = len(x) // ramp * ramp
    voice, newest = instrument.header["voice"], instrument.memory.row("amplitudes_to")
    y = np.zeros(n, dtype=np.float32)
    f0_hz, gain = np.zeros((2, n // hop + 1))
    timbre = np.zeros((n // ramp + 1, newest.size))
    start, phase = round(SETTLING_S * RATE) // hop, 0.0
    instrument.reset(DRY)
    for i in range(n // hop):
        if i == start:
            phase = float(voice["phase"])
        instrument.process_into(x[i * hop : (i + 1) * hop], y[i * hop : (i + 1) * hop])
        # What a hop has read is reached at its end, a frame of the network at the end of a control hop.
        f0_hz[i + 1] = voice["f0_to_hz"]
        gain[i + 1] = voice["harmonics_gain_to"]
        timbre[i // ANALYSIS_HOPS_PER_CONTROL_HOP + 1] = newest
    f0_hz[f0_hz == 0.0] = f0_hz[-1]
    position = np.arange(1, n + 1)
    at_hop, at_ramp = np.arange(n // hop + 1) * hop, np.arange(n // ramp + 1) * ramp
    smooth_hz = CubicSpline(at_hop, f0_hz)(position)
    cycles = np.cumsum(smooth_hz) / RATE
    cycles += phase - cycles[start * hop - 1]
    out = np.zeros(n)
    for k in range(1, newest.size + 1):
        fade = np.clip((FADE_END - k * smooth_hz / RATE) / (FADE_END - FADE_START), 0.0, 1.0)
        if np.any(fade > 0.0):
            out += CubicSpline(at_ramp, timbre[:, k - 1])(position) * fade * np.sin(2.0 * np.pi * ((k * cycles) % 1.0))
    return y.astype(np.float64), out * CubicSpline(at_hop, gain)(position)
