"""What sines leave over, as the noise that every instrument has: levels of its bands over time. [main]"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.dsp.noise import N_NOISE_BANDS, design_noise_loops, noise_band_weights, noise_loop_lengths

# Levels are measured so often, over twice as long.
STEP_S = 0.004
_WINDOW_S = 0.012


def noise_magnitudes(residual: NDArray[np.float64], sample_rate: int) -> NDArray[np.float32]:
    """RMS of every noise band, [frames, bands], one frame each STEP_S from the first sample on, of a residual [n]."""
    window_size = round(_WINDOW_S * sample_rate)
    window = np.hanning(window_size + 2)[1:-1]
    window /= np.sqrt(np.sum(window**2))
    n_frames = int(np.ceil(len(residual) / sample_rate / STEP_S)) + 1
    padded = np.pad(residual, (window_size // 2, 2 * window_size + round(STEP_S * sample_rate)))
    starts = np.round(np.arange(n_frames) * STEP_S * sample_rate).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window_size)[starts] * window
    size = 1 << int(np.ceil(np.log2(window_size)) + 1)
    # Of white noise every bin has the same expected power, and all bins together the mean square.
    power = np.abs(np.fft.rfft(frames, size, axis=1)) ** 2 / (size / 2)
    weights = noise_band_weights(np.fft.rfftfreq(size, 1.0 / sample_rate).astype(np.float64))
    return np.asarray(np.sqrt(power @ weights.T), dtype=np.float32)


def render_noise_table(magnitudes: NDArray[np.float32], sample_rate: int, n: int) -> NDArray[np.float64]:
    """`n` samples of noise with the levels of a table, [frames, bands]."""
    lengths = noise_loop_lengths(sample_rate)
    loops = design_noise_loops(sample_rate)
    frame_at = np.arange(n) / (STEP_S * sample_rate)
    known = np.arange(len(magnitudes))
    y = np.zeros(n)
    start = 0
    for band in range(N_NOISE_BANDS):
        gains = magnitudes[:, band].astype(np.float64)
        if np.any(gains > 0.0):
            y += np.interp(frame_at, known, gains, right=0.0) * np.resize(loops[start : start + lengths[band]], n)
        start += int(lengths[band])
    return y
