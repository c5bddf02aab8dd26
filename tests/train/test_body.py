"""A body that was put into a sound is found again, whatever the source does."""

from __future__ import annotations

import numpy as np

from jambox.control.layout import BODY_LOWEST_MIDI, BODY_POINTS, BODY_POINTS_PER_SEMITONE
from jambox.control.scaling import f0_scaled
from jambox.train.body import body_db, find_body, settled

K = np.arange(1, 101)


def response(f_hz: np.ndarray) -> np.ndarray:
    """Resonances at 290, 1100 and 3000 Hz, up to 10 dB."""
    return sum(
        peak * np.exp(-0.5 * (np.log2(f_hz / centre) / width) ** 2)
        for peak, centre, width in ((8.0, 290.0, 0.15), (-7.0, 1100.0, 0.2), (10.0, 3000.0, 0.3))
    )


def test_the_response_is_found_within_1_db_from_few_notes_in_several_dynamics() -> None:
    random = np.random.default_rng(0)
    notes = 196.0 * 2.0 ** (np.array([0, 3, 5, 8, 11, 14, 17, 20, 24, 27]) / 12.0)
    f0_hz = np.repeat(notes, 60) * 2.0 ** (random.normal(0.0, 0.2, 600) / 12.0)
    loudness_db = random.uniform(-40.0, -10.0, 600)
    source = -9.0 * np.log2(K) + np.outer(loudness_db + 25.0, 0.15 * np.log2(K))
    f_hz = f0_hz[:, None] * K
    levels = source + response(f_hz) + random.normal(0.0, 2.0, f_hz.shape)
    found = find_body(f0_hz, loudness_db, levels, (f_hz < 16_000.0).astype(np.float64))
    points_hz = 440.0 * 2.0 ** ((BODY_LOWEST_MIDI + np.arange(BODY_POINTS) / BODY_POINTS_PER_SEMITONE - 69.0) / 12.0)
    heard = (points_hz > 250.0) & (points_hz < 8000.0)
    # A tilt over frequency may as well be one of the harmonics: what is left after it counts.
    error = (found - response(points_hz))[heard]
    octaves = np.log2(points_hz[heard])
    error -= np.polyval(np.polyfit(octaves, error, 1), octaves)
    assert np.max(np.abs(error)) < 1.5
    assert np.sqrt(np.mean(error**2)) < 0.7


def test_the_body_lies_on_the_points_that_the_kernel_reads() -> None:
    body = np.random.default_rng(1).normal(0.0, 5.0, BODY_POINTS)
    f0_hz = np.array([55.0, 440.0])
    midi = 127.0 * f0_scaled(f0_hz)[:, None] + 12.0 * np.log2(K)
    at = np.clip(BODY_POINTS_PER_SEMITONE * (midi - BODY_LOWEST_MIDI), 0.0, BODY_POINTS - 1)
    np.testing.assert_allclose(body_db(body, f0_hz, 100), np.interp(at, np.arange(BODY_POINTS), body), atol=0.05)


def test_a_settled_body_keeps_what_is_broad_loses_what_is_fine_and_is_level_above_what_was_heard() -> None:
    semitones = np.arange(BODY_POINTS) / BODY_POINTS_PER_SEMITONE
    broad = 6.0 * np.sin(2.0 * np.pi * semitones / 12.0)
    fine = 3.0 * np.sin(2.0 * np.pi * semitones / 0.75)
    last = round(BODY_POINTS_PER_SEMITONE * (69.0 + 12.0 * np.log2(15_000.0 / 440.0) - BODY_LOWEST_MIDI))
    heard = slice(10, last - 10)
    assert np.max(np.abs(settled(broad, 15_000.0) - broad)[heard]) < 0.12
    assert np.max(np.abs(settled(fine, 15_000.0))[heard]) < 0.05
    assert np.ptp(settled(broad, 15_000.0)[last:]) == 0.0
    assert np.array_equal(settled(broad, 24_000.0)[:last], settled(broad, 15_000.0)[:last])
