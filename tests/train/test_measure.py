"""Known harmonics and known noise are recovered from their sum."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.dsp.noise import noise_band_centres_hz
from jambox.train.demodulate import demodulate, refine_f0
from jambox.train.measure import frame_centres, measure, weighted_powers
from jambox.train.playback import Playback
from jambox.train.prepare import LOUDEST_RUMBLE_DB, continue_above, limit_rumble

RATE, HOP = 48_000, 192


def played(f0_hz: np.ndarray, amplitudes: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Audio whose frames lie where `measure` looks for them."""
    n = len(f0_hz)
    audio = Playback(RATE, HOP).play(f0_hz, np.tile(amplitudes, (n, 1)), np.tile(noise, (n, 1)))
    return np.concatenate([np.zeros(int(frame_centres(1)[0]) + 1, dtype=np.float32), audio])


def vibrato(f0_hz: float, n: int) -> np.ndarray:
    return f0_hz * np.exp2(0.25 / 12.0 * np.sin(2.0 * np.pi * 6.0 * np.arange(n) * 0.004))


@pytest.mark.parametrize("f0_hz", [65.4, 220.0, 1100.0])
def test_harmonics_of_a_tone_with_vibrato_are_recovered_within_half_a_db(f0_hz: float) -> None:
    n = 400
    k = np.arange(1, 101)
    amplitudes = np.where(k * f0_hz < 20_000.0, 0.2 / k, 0.0)
    f0 = vibrato(f0_hz, n)
    audio = played(f0, amplitudes, np.zeros(65))
    found = measure(audio, f0 * np.exp2(10.0 / 1200.0), 20_000.0)
    middle = slice(60, -60)
    counted = (k * f0_hz < 18_000.0) & (k <= 40)
    error_db = 20.0 * np.log10(found.amplitudes[middle][:, counted] / amplitudes[counted])
    assert np.max(np.abs(np.median(error_db, axis=0))) < 0.5
    cents = 1200.0 * np.log2(found.f0_hz[middle] / f0[middle])
    assert np.median(np.abs(cents)) < 1.0
    assert np.median(found.harmonic_share[middle]) > 0.995


@pytest.mark.parametrize("f0_hz", [110.0, 440.0])
def test_noise_bands_beside_harmonics_are_recovered_in_power(f0_hz: float) -> None:
    n = 1000
    k = np.arange(1, 101)
    amplitudes = np.where(k * f0_hz < 20_000.0, 0.1 / k, 0.0)
    noise = 0.004 * np.exp2(-np.arange(65) / 24.0)
    f0 = np.full(n, f0_hz)
    found = measure(played(f0, amplitudes, noise), f0, 20_000.0)
    power = np.mean(found.noise[60:-60] ** 2, axis=0)
    error_db = 10.0 * np.log10(power / noise**2)
    # A low tone leaves little noise between its harmonics, and its jitter spreads the highest of them.
    assert abs(np.mean(error_db[25:62])) < 0.9
    assert np.max(np.abs(error_db[25:62])) < 3.0


def test_noise_alone_is_not_taken_for_strong_harmonics() -> None:
    n = 600
    noise = np.full(65, 0.01)
    f0 = np.full(n, 300.0)
    found = measure(played(f0, np.zeros(100), noise), f0, 20_000.0)
    harmonic, rest = weighted_powers(found.f0_hz, found.amplitudes, found.noise)
    assert np.mean(harmonic[60:-60]) < 0.15 * np.mean(rest[60:-60])


def test_the_level_of_the_parts_is_the_loudness_feature_within_a_quarter_db() -> None:
    from jambox.analysis import analyse
    from jambox.train.guide import control_rows

    n = 500
    k = np.arange(1, 101)
    f0 = np.full(n, 330.0)
    audio = played(f0, np.where(k < 55, 0.1 / k, 0.0), np.full(65, 0.0005))
    found = measure(audio, f0, 20_000.0)
    parts = 10.0 * np.log10(sum(weighted_powers(found.f0_hz, found.amplitudes, found.noise)))
    heard = control_rows(analyse(audio, RATE).loudness_db)
    assert abs(np.median(parts[60:-60] - heard[60:440])) < 0.25


def test_refinement_finds_a_pitch_40_cents_away() -> None:
    n = 300
    f0 = np.full(n, 440.0)
    audio = played(f0, 0.2 / np.arange(1, 101), np.zeros(65))
    rough = f0 * np.exp2(40.0 / 1200.0)
    found = refine_f0(audio, rough, frame_centres(n), RATE, 3, 60.0)
    found = refine_f0(audio, found, frame_centres(n), RATE, 12, 25.0)
    assert np.max(np.abs(1200.0 * np.log2(found[50:-50] / 440.0))) < 1.0


def test_demodulation_equals_a_direct_sum_within_1e_6() -> None:
    random = np.random.default_rng(0)
    audio = random.standard_normal(4000).astype(np.float32)
    phase = 2.0 * np.pi * np.cumsum(np.full(4000, 500.0)) / RATE
    centres, lengths = np.array([100, 2000]), np.array([1440, 1442])
    real, imaginary = np.zeros((2, 5)), np.zeros((2, 5))
    demodulate(audio, phase, centres, lengths, np.array([5, 4]), real, imaginary)
    for j in range(2):
        at = centres[j] - lengths[j] // 2 + np.arange(lengths[j])
        inside = (at >= 0) & (at < 4000)
        window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(lengths[j]) / lengths[j])
        for k in range(1, 5):
            expected = 4.0 / lengths[j] * np.sum(window[inside] * audio[at[inside]] * np.exp(-1j * k * phase[at[inside]]))
            assert abs(expected - (real[j, k - 1] + 1j * imaginary[j, k - 1])) < 1e-6
    assert real[1, 4] == 0.0


def test_levels_above_the_bandwidth_continue_the_slope_below_it() -> None:
    f_hz = np.arange(1, 41) * 500.0
    line = -12.0 * np.log2(f_hz / 500.0)
    levels = np.where(f_hz < 10_000.0, line, -120.0)[None].copy()
    continue_above(levels, f_hz[None], 10_000.0)
    assert np.max(np.abs(levels[0] - line)) < 1e-6


def test_a_rooms_rumble_below_a_note_is_held_down_and_the_notes_own_noise_is_not() -> None:
    noise_db = np.full((2, 65), 5.0)
    limit_rumble(noise_db, np.array([220.0, 880.0]), 150.0)
    for row, highest_hz in zip(noise_db, (110.0, 150.0), strict=True):
        assert np.array_equal(row < 5.0, noise_band_centres_hz() < highest_hz)
        assert np.all(row[row < 5.0] == LOUDEST_RUMBLE_DB)
