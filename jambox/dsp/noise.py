"""Filtered noise: the breath, bow and reed of an instrument, as 65 bands of looped noise whose gains follow the model.

Each band is a stretch of Gaussian noise, band-limited once when the engine starts, that repeats after its own period
(1 to 2.3 s, all different, so that no common pattern returns). Playing is then one multiply and add a band and sample:
gains ramp sample by sample, no filter delays the sound, and the level of a band is exactly its gain. The bands are
cosine tapers one equivalent rectangular bandwidth apart (Glasberg & Moore 1990) whose powers add up to one. Periods and
spectra are fixed in seconds and Hz: at every sample rate the same waveform is heard.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.kernels import kernel

N_NOISE_BANDS = 65
LOWEST_HZ = 20.0
LOWEST_CENTRE_HZ = 60.0
HIGHEST_CENTRE_HZ = 18_500.0
# Below the Nyquist frequency of the slowest sample rate, so that every rate plays the same top band.
HIGHEST_HZ = 21_000.0
_SHORTEST_PERIOD_S = 1.0
# 44.1, 48 and 96 kHz all have a whole number of samples in 20 ms: periods in such steps are the same at each rate.
_PERIOD_STEP_S = 0.02


def _erb_number(f_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return 21.4 * np.log10(1.0 + 0.00437 * f_hz)


def noise_band_centres_hz() -> NDArray[np.float64]:
    """Centre frequency of every band in Hz, ascending, shape [N_NOISE_BANDS]."""
    ends = _erb_number(np.array([LOWEST_CENTRE_HZ, HIGHEST_CENTRE_HZ]))
    numbers = np.linspace(ends[0], ends[1], N_NOISE_BANDS)
    return (10.0 ** (numbers / 21.4) - 1.0) / 0.00437


def noise_band_weight(band: int, f_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power weight of one band at frequencies `f_hz`, same shape; see noise_band_weights."""
    centres = _erb_number(noise_band_centres_hz())
    distance = (_erb_number(np.maximum(f_hz, 0.0)) - centres[band]) / (centres[1] - centres[0])
    if band == 0:
        distance = np.maximum(distance, 0.0)
    if band == N_NOISE_BANDS - 1:
        distance = np.minimum(distance, 0.0)
    weight = np.cos(0.5 * np.pi * np.clip(distance, -1.0, 1.0)) ** 2
    if band == N_NOISE_BANDS - 1:
        top = np.clip((HIGHEST_HZ - f_hz) / (HIGHEST_HZ - HIGHEST_CENTRE_HZ), 0.0, 1.0)
        weight *= np.sin(0.5 * np.pi * top) ** 2
    return np.where(f_hz < LOWEST_HZ, 0.0, weight)


def noise_band_weights(f_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power weight of every band at frequencies `f_hz`; shape [N_NOISE_BANDS, len(f_hz)].

    The weights sum to 1 between 20 Hz and the highest centre; the top band fades out towards HIGHEST_HZ. Multiply a power
    spectrum by them to get band powers; analysis and synthesis share this one definition.
    """
    f_hz = np.asarray(f_hz, dtype=np.float64)
    return np.stack([noise_band_weight(band, f_hz) for band in range(N_NOISE_BANDS)])


def _band_edges_hz(band: int) -> tuple[float, float]:
    """Where the weight of a band begins and ends."""
    centres = noise_band_centres_hz()
    low = LOWEST_HZ if band == 0 else centres[band - 1]
    high = HIGHEST_HZ if band == N_NOISE_BANDS - 1 else centres[band + 1]
    return float(low), float(high)


def noise_loop_lengths(sample_rate: int) -> NDArray[np.int64]:
    """Samples in the loop of every band at `sample_rate`, shape [N_NOISE_BANDS]."""
    # Neighbours far apart in period: a stride through the steps that shares no factor with their number.
    steps = (np.arange(N_NOISE_BANDS) * 27) % N_NOISE_BANDS
    lengths: NDArray[np.int64] = np.rint((_SHORTEST_PERIOD_S + _PERIOD_STEP_S * steps) * sample_rate).astype(np.int64)
    return lengths


def design_noise_loops(sample_rate: int, seed: int = 0) -> NDArray[np.float32]:
    """[main] The loops of all bands, one after the other, each of root mean square 1; shape [sum(noise_loop_lengths)].

    Takes about 0.15 s and 20 MB at 48 kHz. The same seed gives the same noise at every sample rate.
    """
    lengths = noise_loop_lengths(sample_rate)
    loops = np.empty(int(lengths.sum()), dtype=np.float32)
    start = 0
    for band, length in enumerate(lengths):
        period_s = length / sample_rate
        low_hz, high_hz = _band_edges_hz(band)
        used = np.arange(int(np.floor(low_hz * period_s)), int(np.floor(high_hz * period_s)) + 1)
        parts = np.random.default_rng([seed, band]).standard_normal((2, len(used)))
        spectrum = np.zeros(int(length) // 2 + 1, dtype=np.complex128)
        spectrum[used] = np.sqrt(noise_band_weight(band, used / period_s)) * (parts[0] + 1j * parts[1])
        loop = np.fft.irfft(spectrum, int(length))
        loops[start : start + length] = loop / np.sqrt(np.mean(loop**2))
        start += int(length)
    return loops


@kernel
def render_noise(
    out: NDArray[np.float32],
    first: int,
    count: int,
    loops: NDArray[np.float32],
    lengths: NDArray[np.float64],
    position: int,
    gains_from: NDArray[np.float32],
    gains_to: NDArray[np.float32],
    ramp_start: int,
    ramp_length: int,
) -> None:
    """[audio] Add `count` samples of noise to out[first:]; every band's gain ramps from `gains_from` to `gains_to`.

    `position` counts samples since the start of the run and decides where each loop stands, so that any split into blocks
    gives the same samples. `ramp_start` is how far into a ramp of `ramp_length` samples the first sample lies. `lengths`
    holds the loop lengths (whole numbers), `loops` all loops one after the other.
    """
    base = 0
    step = np.float32(1.0 / ramp_length)
    for band in range(lengths.shape[0]):
        length = int(lengths[band])
        start = gains_from[band]
        slope = (gains_to[band] - start) * step
        if start > 1e-9 or gains_to[band] > 1e-9:
            at = position % length
            done = 0
            while done < count:
                run = min(count - done, length - at)
                for i in range(run):
                    gain = start + slope * np.float32(ramp_start + done + i + 1)
                    out[first + done + i] += gain * loops[base + at + i]
                done += run
                at = 0
        base += length
