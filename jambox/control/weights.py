"""What a partial counts for in the loudness feature: A-weighting, on the grid of the body and for every noise band. [any]"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.analysis.weighting import a_weighting_db
from jambox.control.layout import BODY_LOWEST_MIDI, BODY_POINTS, BODY_POINTS_PER_SEMITONE
from jambox.dsp.noise import N_NOISE_BANDS, noise_band_centres_hz
from jambox.units import midi_to_hz


def harmonic_weights() -> NDArray[np.float64]:
    """Power in the loudness of a sine of amplitude 1 at each point of the body's response, [BODY_POINTS].

    Nothing at the last point, 22 kHz: what lies there or above is not played at most sample rates.
    """
    points_hz = midi_to_hz(BODY_LOWEST_MIDI + np.arange(BODY_POINTS) / BODY_POINTS_PER_SEMITONE)
    weights = 0.5 * 10.0 ** (a_weighting_db(points_hz) / 10.0)
    weights[-1] = 0.0
    return np.asarray(weights)


def noise_weights(n_noise_bands: int) -> NDArray[np.float64]:
    """Power in the loudness of a noise band of RMS amplitude 1, [n_noise_bands]; bands that do not exist count nothing."""
    weights = np.zeros(n_noise_bands)
    n = min(n_noise_bands, N_NOISE_BANDS)
    weights[:n] = 10.0 ** (a_weighting_db(noise_band_centres_hz()[:n]) / 10.0)
    return weights
