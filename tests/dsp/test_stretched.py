"""Stretched partials against sines in float64, and any split of a hop against the whole."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.dsp.stretched import advance_offsets, render_stretched

RATE, HOP, RAMP, HOPS = 48_000.0, 64, 192, 30
N = 40
F0_HZ = np.linspace(200.0, 300.0, HOPS + 1)
AMPLITUDES = (1.0 / np.arange(1, N + 1)).astype(np.float32)


def rendered(stretch: float, pieces: list[int], until: int = HOPS) -> NDArray[np.float64]:
    """A glide with a stretch up to hop `until` and none after it, each hop in the given pieces."""
    out = np.zeros(HOPS * HOP, dtype=np.float32)
    offsets = np.zeros(N, dtype=np.float32)
    scratch = np.zeros(5 * HOP)
    phase = 0.0
    for i in range(HOPS):
        now = stretch if i < until else 0.0
        start, end, at = float(F0_HZ[i]), float(F0_HZ[i + 1]), 0
        for count in pieces:
            hop_out = out[i * HOP : (i + 1) * HOP]
            render_stretched(
                hop_out, at, count, scratch, phase, start, end, at, HOP, HOP, now, offsets, AMPLITUDES, AMPLITUDES, at, RAMP,
                0.1, 0.1, RATE,
            )  # fmt: skip
            at += count
        advance_offsets(offsets, start, end, HOP, HOP, HOP, now, RATE)
        phase += (HOP * start + (end - start) * (HOP + 1) / 2.0) / RATE
        phase -= np.floor(phase)
    return out.astype(np.float64)


@pytest.mark.parametrize("stretch", [-0.05, 0.01, 0.08])
def test_partials_are_the_sines_of_their_own_frequencies(stretch: float) -> None:
    n = np.arange(1, HOP + 1)
    hz = np.concatenate([F0_HZ[i] + (F0_HZ[i + 1] - F0_HZ[i]) * n / HOP for i in range(HOPS)])
    cycles = np.cumsum(hz) / RATE
    wanted = np.zeros(len(hz))
    for k in range(1, N + 1):
        ratio = k ** (1.0 + stretch)
        fade = np.clip((0.5 - ratio * hz / RATE) / 0.05, 0.0, 1.0)
        wanted += 0.1 * AMPLITUDES[k - 1] * fade * np.sin(2.0 * np.pi * ratio * cycles)
    # Offsets are kept in float32.
    assert np.max(np.abs(rendered(stretch, [HOP]) - wanted)) < 2e-5


@pytest.mark.parametrize("pieces", [[1] * HOP, [5, 59], [63, 1], [16] * 4])
def test_any_split_of_a_hop_gives_the_same_samples(pieces: list[int]) -> None:
    assert np.array_equal(rendered(0.03, pieces, until=15), rendered(0.03, [HOP], until=15))


def test_partials_on_their_way_back_make_no_step() -> None:
    y = rendered(0.03, [HOP], until=10)
    own = max(np.max(np.abs(np.diff(rendered(stretch, [HOP])))) for stretch in (0.0, 0.03))
    assert np.max(np.abs(np.diff(y))) <= 1.1 * own
