"""Breath is not a note, and a quiet note is."""

from __future__ import annotations

import pytest

from tests.instrument.breathing import (
    DRY,
    LEVELS_DB,
    RATE,
    SECONDS,
    harmonics_of_a_note_db,
    harmonics_of_breath_db,
    level_db,
    onset_after_confidence_ms,
    output,
)
from tests.instrument.conftest import Violin
from tests.instrument.sounds import BREATH_KINDS, breath, tone


@pytest.mark.parametrize("kind", BREATH_KINDS)
@pytest.mark.parametrize("input_db", LEVELS_DB)
def test_the_harmonics_of_breath_lie_40_db_below_those_of_a_note(violin: Violin, kind: str, input_db: float) -> None:
    assert harmonics_of_breath_db(violin(RATE), kind, input_db) <= -40.0


def test_pink_noise_at_50_db_below_full_scale_gives_at_most_60_db_below_in_all(violin: Violin) -> None:
    assert level_db(output(violin(RATE), breath("pink", SECONDS, -50.0), {})) <= -60.0


def test_a_tone_at_50_db_below_full_scale_still_plays(violin: Violin) -> None:
    """Within 30 dB of its input's level, nearly all the time."""
    y = output(violin(RATE), tone(220.0, SECONDS, RATE, -50.0), DRY)
    assert level_db(y) >= -80.0
    assert harmonics_of_a_note_db(violin(RATE), -50.0) >= -80.0
    meters = violin(RATE).meters()
    assert meters["voiced"]
    assert meters["f0_hz"] == pytest.approx(220.0, rel=0.003)


@pytest.mark.parametrize("f0_hz", [110.0, 220.0, 440.0, 880.0])
def test_the_first_harmonic_sounds_within_3_ms_of_confidence(violin: Violin, f0_hz: float) -> None:
    assert max(onset_after_confidence_ms(violin(RATE), f0_hz, 12_000 + offset) for offset in range(0, 192, 24)) <= 3.0
