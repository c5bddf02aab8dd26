"""One input played at 44.1, 48 and 96 kHz: how alike the three outputs are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from jambox.analysis.weighting import a_weighting_db
from jambox.audiofile import resample
from jambox.instrument import Instrument

SAMPLE_RATES = (44_100, 48_000, 96_000)
# Thirds of an octave from 110 Hz to 18 kHz.
BAND_EDGES_HZ = 18_000.0 * 2.0 ** (-np.arange(23)[::-1] / 3.0)
# Bands this far below the loudest are below hearing; their level says nothing about the sound.
INAUDIBLE_DB = -80.0
At = Callable[[int], Instrument]


def play_at_all_rates(at: At, x: NDArray[np.float32], rate: int, params: dict[str, float]) -> dict[int, NDArray[np.float32]]:
    """Output for the input `x` at `rate`, resampled to each rate."""
    outputs = {}
    for sample_rate in SAMPLE_RATES:
        instrument = at(sample_rate)
        instrument.reset(params)
        outputs[sample_rate] = instrument.process(resample(x, rate, sample_rate))
    return outputs


def _power(y: NDArray[np.float32], sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Power of each bin, for a mean square of the signal as their sum, and its frequency."""
    spectrum = np.abs(np.fft.rfft(y.astype(np.float64))) ** 2 * 2.0 / len(y) ** 2
    return spectrum, np.fft.rfftfreq(len(y), 1.0 / sample_rate)


def loudness_db(y: NDArray[np.float32], sample_rate: int) -> float:
    """A-weighted level of the whole, up to 20 kHz."""
    power, f_hz = _power(y, sample_rate)
    heard = (f_hz > 20.0) & (f_hz < 20_000.0)
    return float(10.0 * np.log10(np.sum(power[heard] * 10.0 ** (a_weighting_db(f_hz[heard]) / 10.0))))


def third_octaves_db(y: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """Level of every third of an octave of BAND_EDGES_HZ."""
    power, f_hz = _power(y, sample_rate)
    places = np.searchsorted(f_hz, BAND_EDGES_HZ)
    return 10.0 * np.log10(np.add.reduceat(power, places)[:-1] + 1e-30)


def onsets_s(y: NDArray[np.float32], sample_rate: int, starts_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """When the level over 3 ms first comes within 20 dB of a note's own, for notes that begin at `starts_s`."""
    width = round(0.003 * sample_rate)
    window = np.hanning(width + 2)[1:-1]
    level = np.convolve(y.astype(np.float64) ** 2, window / np.sum(window), mode="same")
    found = []
    for start_s in starts_s:
        first = round(start_s * sample_rate)
        note = level[first : first + round(0.1 * sample_rate)]
        found.append((first + float(np.argmax(note >= 0.01 * np.max(note)))) / sample_rate)
    return np.array(found)


def differences(
    outputs: dict[int, NDArray[np.float32]], lowest_hz: float, starts_s: NDArray[np.float64] | None = None
) -> dict[str, float]:
    """Largest difference of any rate to 48 kHz: loudness_db, bands_db and, if note starts are given, onset_ms.

    bands_db is of the bands from the lowest note played up. Below it, as below_db tells, there are only the noise and what
    the attacks of notes spill over, which depends on the phase that each happens to begin with.
    """
    reference = outputs[48_000]
    bands = third_octaves_db(reference, 48_000)
    audible = bands > np.max(bands) + INAUDIBLE_DB
    with_notes = BAND_EDGES_HZ[1:] > lowest_hz
    result = {"loudness_db": 0.0, "bands_db": 0.0, "below_db": 0.0}
    if starts_s is not None:
        result["onset_ms"] = 0.0
    for sample_rate, y in outputs.items():
        loudness = abs(loudness_db(y, sample_rate) - loudness_db(reference, 48_000))
        apart = np.abs(third_octaves_db(y, sample_rate) - bands)
        result["loudness_db"] = max(result["loudness_db"], loudness)
        result["bands_db"] = max(result["bands_db"], float(np.max(apart[audible & with_notes])))
        result["below_db"] = max(result["below_db"], float(np.max(apart[audible & ~with_notes], initial=0.0)))
        if starts_s is not None:
            late = onsets_s(y, sample_rate, starts_s) - onsets_s(reference, 48_000, starts_s)
            result["onset_ms"] = max(result["onset_ms"], 1e3 * float(np.max(np.abs(late))))
    return result
