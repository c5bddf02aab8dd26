"""The noise bands: levels, places, repetition and the same waveform at every sample rate."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from jambox.dsp.noise import (
    HIGHEST_CENTRE_HZ,
    LOWEST_HZ,
    N_NOISE_BANDS,
    design_noise_loops,
    noise_band_centres_hz,
    noise_band_weights,
    noise_loop_lengths,
    render_noise,
)
from jambox.frames import control_hop_size
from tests.dsp.blocks import BLOCK_SIZES, error_db, pieces

RATE = 48_000


@pytest.fixture(scope="module")
def loops() -> NDArray[np.float32]:
    return design_noise_loops(RATE)


def played(
    loops: NDArray[np.float32],
    gains: NDArray[np.float64],
    n: int,
    sample_rate: int = RATE,
    block: int = 1 << 30,
    start: int = 0,
) -> NDArray[np.float32]:
    """`n` samples; `gains` (shape [frames, bands]) are reached one control hop after another."""
    lengths = noise_loop_lengths(sample_rate).astype(np.float64)
    ramp = control_hop_size(sample_rate)
    steps = gains.astype(np.float32)
    out = np.zeros(n, dtype=np.float32)
    for first, count in pieces(n, block, ramp):
        at = min(first // ramp, len(steps) - 1)
        after = min(at + 1, len(steps) - 1)
        render_noise(out, first, count, loops, lengths, start + first, steps[at], steps[after], first % ramp, ramp)
    return out


def restless(n: int) -> NDArray[np.float64]:
    """Gains that change from frame to frame, some bands silent now and then."""
    source = np.random.default_rng(9)
    gains = np.abs(source.standard_normal((n // control_hop_size(RATE) + 2, N_NOISE_BANDS)))
    return np.where(gains < 0.3, 0.0, 0.05 * gains)


def float64_reference(loops: NDArray[np.float32], gains: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Looped bands with gains ramped in double precision."""
    ramp = control_hop_size(RATE)
    at = np.arange(len(gains)) * ramp
    out = np.zeros(n)
    base = 0
    for band, length in enumerate(noise_loop_lengths(RATE)):
        loop = loops[base : base + length].astype(np.float64)
        gain = np.interp(np.arange(1, n + 1), at, gains.astype(np.float32)[:, band])
        out += gain * loop[np.arange(n) % length]
        base += int(length)
    return out


def test_ramped_bands_are_within_110_db_of_float64(loops: NDArray[np.float32]) -> None:
    n = 2 * RATE
    gains = restless(n)
    assert error_db(played(loops, gains, n), float64_reference(loops, gains, n)) <= -110.0


def test_the_weights_of_all_bands_add_up_to_one() -> None:
    f_hz = np.linspace(LOWEST_HZ, HIGHEST_CENTRE_HZ, 5000)
    assert np.max(np.abs(np.sum(noise_band_weights(f_hz), axis=0) - 1.0)) <= 1e-12
    outside = noise_band_weights(np.array([0.0, 10.0, 19.9, 21_001.0, 22_050.0]))
    assert np.max(outside) <= 1e-30


def test_the_power_of_a_band_is_the_square_of_its_gain(loops: NDArray[np.float32]) -> None:
    """Root mean square of one band alone over its own loop: within 0.001 dB of its gain."""
    for band in range(0, N_NOISE_BANDS, 8):
        gains = np.zeros((1, N_NOISE_BANDS))
        gains[0, band] = 0.25
        y = played(loops, gains, int(noise_loop_lengths(RATE)[band])).astype(np.float64)
        assert abs(20.0 * np.log10(np.sqrt(np.mean(y**2)) / 0.25)) <= 1e-3


def test_a_band_sounds_where_its_weight_is_and_nowhere_else(loops: NDArray[np.float32]) -> None:
    for band in (0, 1, 20, 40, 63, 64):
        length = int(noise_loop_lengths(RATE)[band])
        gains = np.zeros((1, N_NOISE_BANDS))
        gains[0, band] = 0.5
        power = np.abs(np.fft.rfft(played(loops, gains, length).astype(np.float64))) ** 2
        weight = noise_band_weights(np.fft.rfftfreq(length, 1.0 / RATE))[band]
        assert 10.0 * np.log10(np.sum(power[weight == 0.0]) / np.sum(power)) <= -110.0
        centre = noise_band_centres_hz()[band]
        mean_hz = np.sum(power * np.fft.rfftfreq(length, 1.0 / RATE)) / np.sum(power)
        assert abs(mean_hz / centre - 1.0) < 0.35


def test_equal_densities_give_a_flat_spectrum(loops: NDArray[np.float32]) -> None:
    """Gains of white noise through the weights: every band measures within 1 dB of white over a long stretch."""
    f_hz = np.fft.rfftfreq(20 * RATE, 1.0 / RATE)
    weights = noise_band_weights(f_hz)
    width = np.sum(weights, axis=1)
    y = played(loops, 0.1 * np.sqrt(width / width.max())[None, :], 20 * RATE).astype(np.float64)
    density = weights @ (np.abs(np.fft.rfft(y)) ** 2) / width
    level_db = 10.0 * np.log10(density / np.median(density))
    assert np.max(np.abs(level_db[12:])) <= 1.0
    assert np.max(np.abs(level_db)) <= 2.5


@pytest.mark.parametrize("block", BLOCK_SIZES)
def test_any_block_size_gives_the_same_samples(loops: NDArray[np.float32], block: int) -> None:
    n = 12_000
    gains = restless(n)
    assert np.array_equal(played(loops, gains, n, block=block), played(loops, gains, n))


def test_a_loop_goes_round_without_a_seam(loops: NDArray[np.float32]) -> None:
    gains = np.full((1, N_NOISE_BANDS), 0.1)
    start = int(noise_loop_lengths(RATE)[0]) - 500
    across = played(loops, gains, 1000, start=start)
    steps = np.abs(np.diff(across))
    assert steps[490:510].max() <= steps.max()
    assert np.array_equal(across[500:], played(loops, gains, 500, start=start + 500))


def test_one_seed_is_one_noise_and_another_seed_another() -> None:
    one, again, other = (design_noise_loops(RATE, seed) for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    correlation = np.mean(one.astype(np.float64) * other)
    assert abs(correlation) < 0.02


@pytest.mark.parametrize("sample_rate", [44_100, 96_000])
def test_every_sample_rate_plays_the_same_waveform(loops: NDArray[np.float32], sample_rate: int) -> None:
    """Resampled to 48 kHz the noise is that of 48 kHz within -60 dB, away from the ends."""
    gains = np.full((1, N_NOISE_BANDS), 0.05)
    seconds = 3
    reference = played(loops, gains, seconds * RATE)
    y = played(design_noise_loops(sample_rate), gains, seconds * sample_rate, sample_rate)
    again = soxr.resample(y, sample_rate, RATE, quality="VHQ")
    assert error_db(again[RATE // 2 : -RATE // 2], reference[RATE // 2 : -RATE // 2]) <= -60.0


def test_extreme_gains_stay_finite(loops: NDArray[np.float32]) -> None:
    for level in (0.0, 1e-30, 1e6):
        y = played(loops, np.full((1, N_NOISE_BANDS), level), 1000)
        assert np.all(np.isfinite(y))
    assert np.all(played(loops, np.zeros((1, N_NOISE_BANDS)), 1000) == 0.0)


def test_a_day_into_the_run_the_loops_still_stand_where_they_should(loops: NDArray[np.float32]) -> None:
    gains = np.full((1, N_NOISE_BANDS), 0.1)
    start = 24 * 3600 * RATE
    y = played(loops, gains, 256, start=start)
    reference = np.zeros(256)
    base = 0
    for length in noise_loop_lengths(RATE):
        reference += np.float32(0.1) * loops[base + (start + np.arange(256)) % length].astype(np.float64)
        base += int(length)
    assert error_db(y, reference) <= -110.0
