"""The limiter: never above its ceiling, never in the way below its threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.dsp.limiter import CEILING, RELEASE_S, THRESHOLD, design_limiter, limiter_dtype, process_limiter, reset_limiter
from tests.dsp.blocks import BLOCK_SIZES, error_db, pieces

RATE = 48_000


def fresh() -> Any:
    state: Any = np.zeros(1, dtype=limiter_dtype)[0]
    design_limiter(state, RATE)
    return state


def limited(x: NDArray[np.float32], block: int = 1 << 30, state: Any = None) -> NDArray[np.float32]:
    return limited_pair(x, np.zeros_like(x), block, state)[0]


def limited_pair(
    x: NDArray[np.float32], side: NDArray[np.float32], block: int = 1 << 30, state: Any = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    y, beside = x.copy(), side.copy()
    state = fresh() if state is None else state
    for first, count in pieces(len(x), block, 1 << 30):
        process_limiter(state, y, beside, first, count)
    return y, beside


def bursts(n: int = RATE // 2) -> NDArray[np.float32]:
    """Noise from silence to 40 dB above full scale, in jumps."""
    source = np.random.default_rng(5)
    level = np.repeat(10.0 ** source.uniform(-3.0, 2.0, 50), n // 50)
    return (level * source.standard_normal(len(level))).astype(np.float32)


def reference(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """The law of the limiter in plain float64: peak follower, then gain by its own curve."""
    peak, out = 0.0, np.zeros(len(x))
    release = np.exp(-1.0 / (RELEASE_S * RATE))
    for i, sample in enumerate(x.astype(np.float64)):
        peak = max(abs(sample), peak * release)
        over = max(0.0, peak - THRESHOLD)
        room = CEILING - THRESHOLD
        out[i] = sample if over == 0.0 else sample / peak * (THRESHOLD + room * (1.0 - np.exp(-over / room)))
    return out


def test_no_sample_ever_passes_the_ceiling() -> None:
    y = limited(bursts())
    assert np.max(np.abs(y)) <= CEILING
    assert np.max(np.abs(y)) > 0.97


def test_neither_left_nor_right_passes_it_and_the_sound_stays_in_its_place() -> None:
    x, side = bursts(), bursts()[::-1].copy()
    y, beside = limited_pair(x, side)
    assert np.max(np.abs(y) + np.abs(beside)) <= CEILING * (1.0 + 1e-6)
    loud = (np.abs(x) > 1e-3) & (np.abs(side) > 1e-3)
    assert np.max(np.abs(beside[loud] / side[loud] / (y[loud] / x[loud]) - 1.0)) <= 1e-6


def test_below_the_threshold_every_sample_is_exact() -> None:
    x = (bursts() / np.max(np.abs(bursts())) * THRESHOLD).astype(np.float32)
    assert np.array_equal(limited(x), x)


def test_the_law_is_that_of_a_float64_reference() -> None:
    x = bursts(5000)
    assert error_db(limited(x), reference(x)) <= -120.0


def test_a_long_loud_tone_is_turned_down_not_bent() -> None:
    """Third harmonic of a 440 Hz sine 12 dB above full scale: at least 40 dB below it once the follower has it."""
    n = RATE
    x = (4.0 * np.sin(2.0 * np.pi * 440.0 * np.arange(n) / RATE)).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(limited(x)[n // 2 :] * np.blackman(n // 2)))
    assert 20.0 * np.log10(np.max(spectrum[655:665]) / np.max(spectrum[215:225])) <= -40.0


@pytest.mark.parametrize("block", BLOCK_SIZES)
def test_any_block_size_gives_the_same_samples(block: int) -> None:
    x = bursts(20_000)
    assert np.array_equal(limited(x, block), limited(x))


def test_a_reset_limiter_is_a_fresh_one() -> None:
    state = fresh()
    limited(bursts(), state=state)
    reset_limiter(state)
    x = bursts(10_000)
    assert np.array_equal(limited(x, state=state), limited(x))


def test_extreme_samples_stay_finite_and_silence_empties_the_follower() -> None:
    state = fresh()
    x = np.array([0.0, 1e30, -3.4e38, 1e-40, 0.5], dtype=np.float32)
    y = limited(x, state=state)
    assert np.all(np.isfinite(y))
    assert np.max(np.abs(y)) <= CEILING
    state["peak"] = 1.0
    limited(np.zeros(4 * RATE, dtype=np.float32), state=state)
    assert state["peak"] == 0.0
