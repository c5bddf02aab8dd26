"""Pitch against known truths: random phrases always, the shared recordings where they are."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from jambox.analysis import analyse
from tests.analysis.figures import cpu_s_per_s, pitch_figures, pooled, singing_figures, step_ms
from tests.analysis.scoring import HELD_OUT_HALF, HELD_OUT_SEEDS, SAMPLE_RATE, TUNING_HALF, TUNING_SEEDS, Sung, score
from tests.analysis.sounds import harmonic_sound, in_room, noise, phrase, with_noise
from tests.data import shared_data


def test_the_halves_and_the_seeds_share_nothing() -> None:
    assert not set(TUNING_HALF) & set(HELD_OUT_HALF)
    assert not set(TUNING_SEEDS) & set(HELD_OUT_SEEDS)
    assert len(HELD_OUT_SEEDS) == 50


def test_random_phrases_that_tuning_never_saw_are_followed() -> None:
    phrases = [phrase(seed) for seed in HELD_OUT_SEEDS[::4]]
    clean = pooled(phrases)
    assert clean.percent_50 >= 95.0
    assert clean.percent_10 >= 88.0
    assert clean.percent_octave <= 1.5
    assert pooled(with_noise(sung, 10.0) for sung in phrases).percent_50 >= 83.0
    assert pooled(in_room(sung) for sung in phrases).percent_50 >= 80.0


def test_a_vibrato_is_followed_without_lag() -> None:
    t = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    f0_hz = 440.0 * 2.0 ** (50.0 / 1200.0 * np.sin(2.0 * np.pi * 6.0 * t))
    audio = 0.1 * harmonic_sound(f0_hz, [1.0 / k for k in range(1, 11)], [0.3 * k for k in range(10)])
    truth_hz = f0_hz[63::64]
    cents = 1200.0 * np.log2(analyse(audio.astype(np.float32), SAMPLE_RATE).f0_hz[100:] / truth_hz[100:])
    assert np.max(np.abs(cents)) < 5.0


@pytest.mark.parametrize("f0_hz", [55.0, 110.0, 220.0, 440.0, 880.0, 1760.0])
def test_a_steady_tone_in_30_db_of_noise_never_jumps(f0_hz: float) -> None:
    n = 4 * SAMPLE_RATE
    tone = harmonic_sound(np.full(n, f0_hz), [1.0 / k for k in range(1, 11)], [0.7 * k for k in range(10)])
    sound = tone / np.sqrt(np.mean(tone**2)) + 10.0 ** (-30.0 / 20.0) * noise("pink", n, 12)
    cents = 1200.0 * np.log2(analyse((0.1 * sound).astype(np.float32), SAMPLE_RATE).f0_hz[100:] / f0_hz)
    assert np.max(np.abs(cents)) < 15.0
    assert np.std(cents) < 3.0


@pytest.mark.parametrize("f0_hz", [110.0, 330.0, 880.0])
def test_a_note_that_stops_at_once_does_not_bend(f0_hz: float) -> None:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = 0.1 * harmonic_sound(np.full(len(t), f0_hz), [1.0, 0.5, 0.33], [1.0, 2.0, 3.0]) * (t < 0.5)
    f0_after_hz = analyse(tone.astype(np.float32), SAMPLE_RATE).f0_hz[300:]
    assert np.max(np.abs(1200.0 * np.log2(f0_after_hz / f0_hz))) < 30.0


def test_a_singer_made_of_formants_and_breath_is_followed_and_heard_as_voiced() -> None:
    """Stands in for the recorded singer: glides, vibrato, three formants, breath 30 dB down, at -36 dBFS."""
    t = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    notes_st = np.repeat([0.0, 2.0, 4.0, 5.0, 7.0, 4.0, 2.0, 0.0], SAMPLE_RATE // 2)
    smooth = np.hanning(2880)
    padded = np.pad(notes_st, 1440, mode="edge")
    glided_st = np.convolve(padded, smooth / smooth.sum(), mode="valid")[: len(t)]
    f0_hz = 130.8 * 2.0 ** ((glided_st + 0.3 * np.sin(2.0 * np.pi * 5.5 * t)) / 12.0)
    k = np.arange(1, 25)
    formants = sum(g / (1.0 + ((k * 150.0 - f) / w) ** 2) for f, g, w in ((600, 1, 120), (1100, 0.5, 150), (2600, 0.2, 250)))
    audio = harmonic_sound(f0_hz, list(formants / k**0.5), list(0.7 * k**2))
    sound = audio / np.sqrt(np.mean(audio**2)) + 10.0 ** (-30.0 / 20.0) * noise("breath", len(t), 9)
    track = analyse((10.0 ** (-36.0 / 20.0) * sound).astype(np.float32), SAMPLE_RATE)
    total = score(track.f0_hz, f0_hz[63::64])
    assert total.percent_50 >= 97.0
    assert np.mean(track.f0_confidence > 0.5) >= 0.98


def test_a_recorded_singer_is_followed_and_heard_as_voiced() -> None:
    figures = singing_figures(shared_data("test", "singing_vocadito_1.flac"))
    assert figures["singing.within_50_percent"] >= 92.0
    assert figures["singing.voiced_above_half_percent"] >= 95.0


def test_the_pitch_recordings_reach_the_limits_in_both_halves() -> None:
    figures = pitch_figures(shared_data("pitch"))
    for half in ("tuning_half", "held_out_half"):
        assert figures[f"pitch.clean.{half}.within_50_percent"] >= 91.0
        assert figures[f"pitch.clean.{half}.within_10_percent"] >= 80.0
        assert figures[f"pitch.clean.{half}.octave_errors_percent"] <= 3.5
        assert figures[f"pitch.snr_10.{half}.within_50_percent"] >= 83.0
        assert figures[f"pitch.room.{half}.within_50_percent"] >= 80.0


def test_a_step_of_a_fifth_is_followed_in_7_ms() -> None:
    assert step_ms(220.0, 330.0) <= 7.5


def test_a_second_of_sound_costs_at_most_80_ms() -> None:
    assert cpu_s_per_s(phrase(1006).audio) <= 0.08


def test_a_second_of_a_recording_costs_at_most_80_ms() -> None:
    audio, _ = soundfile.read(shared_data("pitch", "sf_violin.flac"), dtype="float32")
    assert cpu_s_per_s(audio) <= 0.08


def test_scoring_counts_what_it_says() -> None:
    truth_hz = np.array([0.0, -1.0, 100.0, 100.0, 100.0, 100.0, 100.0])
    f0_hz = np.array([5.0, 5.0, 100.0, 101.0, 200.0, 50.5, 140.0])
    total = score(f0_hz, truth_hz)
    assert (total.voiced, total.within_50, total.within_10, total.octave_errors) == (5, 2, 1, 2)
    assert pooled([Sung("silence", np.zeros(6400, dtype=np.float32), np.full(100, 100.0))]).within_50 == 0
