"""The side signal: as loud as the mid at every frequency, and unlike it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from jambox.dsp.width import FEEDBACK, delays, design_width, reset_width, widen, width_dtype, width_size
from jambox.kernels import kernel
from tests.dsp.blocks import error_db

RATE = 48_000


@kernel
def render_width(state: Any, lines: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]) -> None:
    for i in range(len(x)):
        y[i] = np.float32(widen(state, lines, x[i]))


def fresh(rate: int = RATE) -> tuple[Any, NDArray[np.float32]]:
    state: Any = np.zeros(1, dtype=width_dtype)[0]
    design_width(state, rate)
    return state, np.zeros(width_size(rate), dtype=np.float32)


def side(x: NDArray[np.float32], rate: int = RATE) -> NDArray[np.float32]:
    y = np.empty_like(x)
    render_width(*fresh(rate), x, y)
    return y


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_it_is_a_row_of_allpass_sections(rate: int) -> None:
    x = np.random.default_rng(3).standard_normal(rate // 2).astype(np.float32)
    expected = x.astype(np.float64)
    for delay in delays(rate):
        zeros = np.zeros(delay - 1)
        expected = lfilter([-FEEDBACK, *zeros, 1.0], [1.0, *zeros, -FEEDBACK], expected)
    assert error_db(side(x, rate), expected) <= -120.0


def test_every_frequency_keeps_its_power() -> None:
    impulse = np.zeros(RATE, dtype=np.float32)
    impulse[0] = 1.0
    assert np.max(np.abs(np.abs(np.fft.rfft(side(impulse).astype(np.float64))) - 1.0)) <= 1e-5


def test_noise_and_its_side_are_strangers() -> None:
    x = np.random.default_rng(4).standard_normal(4 * RATE).astype(np.float32)
    assert abs(np.corrcoef(x, side(x))[0, 1]) <= 0.1


def test_a_reset_one_is_a_fresh_one_and_silence_empties_it() -> None:
    x = np.random.default_rng(5).standard_normal(5000).astype(np.float32)
    state, lines = fresh()
    y = np.empty_like(x)
    render_width(state, lines, x, y)
    silence = np.zeros(2 * RATE, dtype=np.float32)
    render_width(state, lines, silence, silence.copy())
    assert not np.any(lines)
    reset_width(state)
    again = np.empty_like(x)
    render_width(state, lines, x, again)
    assert np.array_equal(again, y)
