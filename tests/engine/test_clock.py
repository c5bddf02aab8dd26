"""The clock of the stream: jitter is smoothed, drift is followed, callbacks that come late are not believed."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.engine.clock import MONOTONIC, STREAM, clock_dtype, follow_clock, sample_at

RATE, BLOCK = 48_000, 128


def followed(drift: float, late_s: float, seconds: float, seed: int = 1) -> tuple[np.ndarray, float]:
    """A clock whose device is off by `drift`, and calls up to `late_s` late; its error in samples over the last second."""
    source = np.random.default_rng(seed)
    clock = np.zeros(1, dtype=clock_dtype)
    errors = []
    for block in range(round(seconds * RATE / BLOCK)):
        began_s = 100.0 + block * BLOCK / (RATE * (1.0 + drift))
        late = 0.0 if source.random() < 0.3 else late_s * source.random()
        follow_clock(clock[0], STREAM, began_s + late, block * BLOCK, BLOCK, float(RATE))
        errors.append(sample_at(clock[0], began_s) - block * BLOCK)
    return np.array(errors[-RATE // BLOCK :]), float(clock[0]["sample_s"]) * RATE


@pytest.mark.parametrize("drift", [0.0, 2e-4, -2e-4])
def test_samples_are_found_within_a_tenth_of_a_block_of_jitter(drift: float) -> None:
    errors, nominal = followed(drift, late_s=0.001, seconds=12.0)
    # Calls come up to 48 samples late.
    assert np.max(np.abs(errors)) < 13.0
    assert np.std(errors) < 4.0
    assert abs(nominal * (1.0 + drift) - 1.0) < 1e-4


def test_a_pause_of_the_device_begins_anew_at_once() -> None:
    clock = np.zeros(1, dtype=clock_dtype)
    for block in range(100):
        follow_clock(clock[0], STREAM, 5.0 + block * BLOCK / RATE, block * BLOCK, BLOCK, float(RATE))
    follow_clock(clock[0], STREAM, 9.0, 100 * BLOCK, BLOCK, float(RATE))
    assert sample_at(clock[0], 9.0) == pytest.approx(100 * BLOCK)
    assert sample_at(clock[0], 9.0 + 0.001) == pytest.approx(100 * BLOCK + 48)
    # Another clock's seconds have nothing to do with these.
    follow_clock(clock[0], MONOTONIC, 9.001, 101 * BLOCK, BLOCK, float(RATE))
    assert sample_at(clock[0], 9.001) == pytest.approx(101 * BLOCK)


def test_before_the_first_block_every_moment_is_sample_0() -> None:
    assert sample_at(np.zeros(1, dtype=clock_dtype)[0], 17.0) == 0.0
