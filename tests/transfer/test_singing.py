"""Sing in, a violin comes out: the first promise of the program, judged at its output."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.audiofile import read_sound
from tests.data import shared_data
from tests.transfer.singing import (
    Transfer,
    border_step_ratio,
    loudness_correlation,
    melody_kept,
    offset_db,
    sung_violin,
    synthetic_violin,
)


@pytest.fixture(scope="module", params=["recorded", "synthesised"])
def transfer(request: pytest.FixtureRequest) -> Transfer:
    return sung_violin(shared_data()) if request.param == "recorded" else synthetic_violin()


def test_the_melody_is_kept(transfer: Transfer) -> None:
    assert melody_kept(transfer) >= 0.92


def test_the_loudness_is_followed(transfer: Transfer) -> None:
    assert loudness_correlation(transfer) >= 0.9


def test_the_sound_is_clean(transfer: Transfer) -> None:
    assert np.all(np.isfinite(transfer.y))
    assert np.max(np.abs(transfer.y)) < 1.0
    assert offset_db(transfer.y) < -50.0
    for border in (64, 192):
        assert border_step_ratio(transfer.y, border) <= 1.0


def test_a_step_at_block_borders_would_be_found() -> None:
    tone = (0.1 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)).astype(np.float32)
    assert border_step_ratio(tone, 64) <= 1.0
    tone[64 * 100 :] += np.float32(0.002)
    assert border_step_ratio(tone, 64) > 2.0


@pytest.mark.parametrize("name", ["whistling_porrasm_1", "voice_singing_sms_singing-female"])
def test_other_inputs_come_out_whole(name: str) -> None:
    from jambox.instrument import Design
    from jambox.instrument.opening import open_instrument
    from jambox.render import render_samples

    x = read_sound(shared_data("test", f"{name}.flac"), 48_000).samples[: 48_000 * 5]
    y = render_samples(open_instrument("cello", Design(48_000), {"pitch_shift_st": -12}), x).samples
    assert np.all(np.isfinite(y))
    assert 0.01 < np.max(np.abs(y)) < 1.0
