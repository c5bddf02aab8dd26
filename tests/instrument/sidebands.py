"""What the hop clock leaves around the harmonics of a steady note that went through the live tracker.

Pitch and loudness of a steady tone are constant when they are evaluated at every sample, so the reference is a sum of
lines: all energy beside them, where harmonics plus or minus multiples of the hop rates lie, was put there by hops.
"""

from __future__ import annotations

import numpy as np

from jambox.frames import control_hop_size
from jambox.instrument import Instrument
from tests.instrument.sounds import tone

DRY = {"reverb_mix": 0.0, "noise_level_db": -60.0}
SETTLING_S = 0.5
SECONDS = 2.0
WITHIN_HZ = 5.0
# Nearer to a harmonic than this its own line, spread by the window, is what would be measured.
CLEAR_OF_HARMONICS_HZ = 15.0
HIGHEST_OFFSET_HZ = 3000.0


def tracker_sideband_db(instrument: Instrument, f0_hz: float, snr_db: float = 30.0, seed: int = 0) -> float:
    """Worst energy within 5 Hz of a harmonic ± k × hop rates, in dB of that harmonic, for a tone in white noise."""
    rate = instrument.sample_rate
    x = tone(f0_hz, SETTLING_S + SECONDS, rate)
    noise = np.random.default_rng(seed).standard_normal(len(x))
    level = np.sqrt(np.mean(x.astype(np.float64) ** 2)) * 10.0 ** (-snr_db / 20.0)
    instrument.reset(DRY)
    y = instrument.process((x + level * noise).astype(np.float32))[round(SETTLING_S * rate) :].astype(np.float64)
    power = np.concatenate([[0.0], np.cumsum(np.abs(np.fft.rfft(y * np.blackman(len(y)))) ** 2)])
    bin_hz = rate / len(y)

    def energy(centre_hz: float) -> float:
        low, high = round((centre_hz - WITHIN_HZ) / bin_hz), round((centre_hz + WITHIN_HZ) / bin_hz)
        return float(power[high + 1] - power[low])

    card = instrument.card
    assert card is not None
    step_hz = rate / control_hop_size(rate)
    worst = 0.0
    for harmonic in range(1, min(card.n_harmonics, int(0.44 * rate / f0_hz)) + 1):
        line = energy(harmonic * f0_hz)
        for k in range(1, int(HIGHEST_OFFSET_HZ / step_hz) + 1):
            for place_hz in (harmonic * f0_hz + k * step_hz, harmonic * f0_hz - k * step_hz):
                away_hz = abs(place_hz / f0_hz - round(place_hz / f0_hz)) * f0_hz
                if 20.0 < place_hz < 0.48 * rate and away_hz > CLEAR_OF_HARMONICS_HZ:
                    worst = max(worst, energy(place_hz) / line)
    return float(10.0 * np.log10(worst + 1e-30))
