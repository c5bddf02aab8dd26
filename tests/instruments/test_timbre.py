"""The classifier's ears: no level, no pitch, but the resonances of a body."""

from __future__ import annotations

import numpy as np

from tests.instruments.corpus import changed
from tests.instruments.timbre import HEARD_RATE, N_FEATURES, Heard, features, hear


def body(f0_hz: float, resonances_hz: tuple[float, ...], gain: float = 0.1) -> Heard:
    """A second and a half of a pulse train through resonances."""
    t = np.arange(int(1.5 * HEARD_RATE)) / HEARD_RATE
    x = np.zeros(len(t))
    for k in range(1, int(11_000.0 / f0_hz)):
        response = sum(1.0 / (1.0 + ((k * f0_hz - centre) / 150.0) ** 2) for centre in resonances_hz) + 0.02
        x += response / k * np.sin(2.0 * np.pi * k * f0_hz * t + k * k)
    return hear((gain * x / np.abs(x).max()).astype(np.float32))


def test_level_leaves_no_trace() -> None:
    loud, soft = (features(body(220.0, (600.0, 1500.0), gain)) for gain in (0.5, 0.02))
    assert loud.shape == soft.shape == (len(loud), N_FEATURES)
    assert len(loud) >= 1
    assert np.max(np.abs(loud - soft)) < 0.3


def test_the_line_through_the_harmonics_tells_the_body_more_than_the_pitch() -> None:
    line = slice(12, 24)
    here, up, other = (
        features(body(f0_hz, resonances))[0][line]
        for f0_hz, resonances in ((150.0, (600.0, 1500.0)), (178.0, (600.0, 1500.0)), (150.0, (1000.0, 3000.0)))
    )
    assert np.linalg.norm(here - up) < 0.4 * np.linalg.norm(here - other)


def test_what_is_changed_stays_a_sound_with_a_pitch() -> None:
    heard = body(220.0, (600.0, 1500.0))
    for seed in range(5):
        other = changed(heard, np.random.default_rng(seed))
        assert np.all(np.isfinite(other.audio))
        assert np.all(np.isfinite(features(other)))
        ratio = np.median(other.f0_hz[other.f0_hz > 0.0]) / 220.0
        assert abs(np.log2(len(heard.audio) / len(other.audio)) - np.log2(ratio)) < 0.01
