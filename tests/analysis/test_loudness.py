"""Loudness against filters run by scipy, tones of known level, and its own response to steps."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from numpy.typing import NDArray

from jambox.analysis import analyse
from jambox.analysis.weighting import a_weighting_db, design_a_weighting
from tests.analysis.sounds import noise

RATES = (44_100, 48_000, 96_000)


def tone(f0_hz: float, seconds: float, rate: int, amplitude: float = 1.0) -> NDArray[np.float32]:
    return (amplitude * np.sin(2.0 * np.pi * f0_hz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("f0_hz", [55.0, 110.0, 220.0, 440.0, 997.0, 2400.0])
def test_a_steady_tone_has_its_weighted_level_without_ripple(rate: int, f0_hz: float) -> None:
    loudness_db = analyse(tone(f0_hz, 1.0, rate), rate).loudness_db[-300:]
    expected_db = -3.0103 + float(a_weighting_db(np.array([f0_hz]))[0])
    assert np.max(np.abs(loudness_db - expected_db)) < 0.1
    assert np.ptp(loudness_db) < 0.05


def test_noise_has_the_level_that_scipy_measures_over_8_ms() -> None:
    rate = 48_000
    audio = (0.03 * noise("pink", rate, 3)).astype(np.float32)
    track = analyse(audio, rate)
    sections = np.insert(design_a_weighting(rate), 3, 1.0, axis=1)
    power = scipy.signal.sosfilt(sections, audio.astype(np.float64)) ** 2
    window = int(0.008 * rate)
    mean = np.convolve(power, np.ones(window) / window)[: len(power)]
    expected_db = 10.0 * np.log10(mean[np.arange(63, len(power), 64)])
    unvoiced = track.f0_confidence < 0.3
    unvoiced[:6] = False
    assert np.mean(unvoiced) > 0.95
    assert np.max(np.abs(track.loudness_db - expected_db[: len(track.loudness_db)])[unvoiced]) < 1e-6


def test_one_sound_is_as_loud_at_every_rate() -> None:
    wide = scipy.signal.resample_poly(noise("pink", 48_000 * 2, 4), 2, 1) * 0.05
    by_rate = {}
    for rate in RATES:
        audio = scipy.signal.resample(wide, len(wide) * rate // 96_000)
        track = analyse(audio.astype(np.float32), rate)
        by_rate[rate] = 10.0 * np.log10(np.mean(10.0 ** (track.loudness_db[100:-100] / 10.0)))
    assert max(by_rate.values()) - min(by_rate.values()) < 0.2


def test_a_step_of_20_db_is_half_followed_in_2_ms_up_and_8_ms_down() -> None:
    rate, change = 48_000, 24_000
    for up in (True, False):
        audio = tone(440.0, 1.0, rate, 0.1)
        audio[change:] *= 10.0 if up else 1.0
        audio[:change] *= 1.0 if up else 10.0
        track = analyse(audio, rate)
        after = track.time_s > change / rate
        half_db = 0.5 * (track.loudness_db[350] + track.loudness_db[-1])
        passed = track.loudness_db[after] > half_db if up else track.loudness_db[after] < half_db
        assert track.time_s[after][np.argmax(passed)] - change / rate < (0.002 if up else 0.0082)


def test_silence_lies_on_the_floor() -> None:
    track = analyse(np.zeros(48_000, dtype=np.float32), 48_000)
    assert np.all(track.loudness_db == -120.0)
    assert np.all(track.f0_confidence == 0.0)
    assert np.all(track.f0_hz == 0.0)
