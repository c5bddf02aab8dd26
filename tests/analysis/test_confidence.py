"""Notes are told from breath and hiss, at every level, and soon after they begin."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.analysis import analyse
from tests.analysis.figures import gate, onset_figures
from tests.analysis.scoring import SAMPLE_RATE
from tests.analysis.sounds import NOISES, noise


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("level_db", [-50.0, -35.0, -20.0])
def test_noise_is_never_a_note(kind: str, level_db: float) -> None:
    audio = 10.0 ** (level_db / 20.0) * noise(kind, 8 * SAMPLE_RATE, 201)
    confidence = analyse(audio.astype(np.float32), SAMPLE_RATE).f0_confidence
    assert np.max(confidence) <= 0.5
    assert np.mean(confidence) < 0.1


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_noise_is_no_note_at_other_rates(kind: str, rate: int) -> None:
    audio = 0.02 * noise(kind, 4 * rate, 202, rate)
    assert np.max(analyse(audio.astype(np.float32), rate).f0_confidence) <= 0.5


@pytest.mark.parametrize("kind", NOISES)
def test_bursts_of_noise_are_no_notes(kind: str) -> None:
    audio = 0.1 * noise(kind, 4 * SAMPLE_RATE, 203)
    audio *= np.arange(len(audio)) % 9600 < 4800
    confidence = analyse(audio.astype(np.float32), SAMPLE_RATE).f0_confidence
    assert np.mean(gate(confidence)) <= 0.001


def test_a_faint_tone_is_a_note() -> None:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    audio = 10.0 ** (-50.0 / 20.0) * np.sqrt(2.0) * np.sin(2.0 * np.pi * 220.0 * t)
    track = analyse(audio.astype(np.float32), SAMPLE_RATE)
    assert np.min(track.f0_confidence[50:]) > 0.9


@pytest.mark.parametrize("snr_db", [20.0, 10.0])
def test_a_plain_tone_in_pink_noise_is_a_note(snr_db: float) -> None:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    audio = 0.1 * np.sqrt(2.0) * np.sin(2.0 * np.pi * 220.0 * t) + 0.1 * 10.0 ** (-snr_db / 20.0) * noise(
        "pink", len(t), 204
    )
    assert np.mean(analyse(audio.astype(np.float32), SAMPLE_RATE).f0_confidence[100:] > 0.5) > 0.98


def test_a_note_is_sure_within_two_periods_and_6_ms() -> None:
    assert max(onset_figures().values()) < 6.0


def test_pitch_is_held_after_a_note() -> None:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    audio = 0.1 * np.sin(2.0 * np.pi * 330.0 * t) * (t < 0.5)
    track = analyse(audio.astype(np.float32), SAMPLE_RATE)
    late = track.time_s > 0.55
    assert np.all(track.f0_confidence[late] == 0.0)
    assert np.ptp(track.f0_hz[late]) == 0.0
    assert abs(1200.0 * np.log2(track.f0_hz[-1] / 330.0)) < 50.0
