"""The listener's own error is far below what it is to judge."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.train.judge.pitch import listen

RATE = 48_000


@pytest.mark.parametrize("f0_hz", [65.4, 220.0, 783.3, 1046.9, 2003.0, 2354.0])
def test_exact_tones_are_told_within_half_a_cent(f0_hz: float) -> None:
    t = np.arange(RATE) / RATE
    k = np.arange(1, int(20_000 / f0_hz) + 1)[:, None]
    tone = 0.1 * np.sum(np.sin(2.0 * np.pi * k * f0_hz * t + k) / k, axis=0)
    heard, voiced = listen(tone.astype(np.float32), RATE, 0.75 * f0_hz, 1.33 * f0_hz, 2048 if f0_hz < 130.0 else 512)
    assert voiced[5:-5].mean() > 0.95
    cents = 1200.0 * np.log2(heard[5:-5][voiced[5:-5]] / f0_hz)
    assert np.median(np.abs(cents)) < 0.5


def test_the_pitch_follows_a_vibrato() -> None:
    t = np.arange(RATE) / RATE
    f0_hz = 440.0 * 2.0 ** (40.0 / 1200.0 * np.sin(2.0 * np.pi * 5.0 * t))
    phase = 2.0 * np.pi * np.cumsum(f0_hz) / RATE
    tone = 0.1 * sum(np.sin(k * phase) / k for k in range(1, 30))
    heard, _ = listen(tone.astype(np.float32), RATE, 330.0, 585.0, 512)
    truth = f0_hz[:: RATE // 100]
    cents = 1200.0 * np.log2(heard[5:95] / truth[5:95])
    assert np.percentile(np.abs(cents), 95) < 10.0
