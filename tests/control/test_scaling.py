"""One scaling for training, kernels and other hosts."""

from __future__ import annotations

import numpy as np

from jambox.control.scaling import (
    f0_scaled,
    f0_unscaled,
    loudness_scaled,
    loudness_unscaled,
    scale_f0,
    scale_loudness,
)


def test_a4_is_69_of_127_and_minus_30_db_is_0_7() -> None:
    assert abs(float(f0_scaled(440.0)) - 69.0 / 127.0) < 1e-12
    assert abs(float(loudness_scaled(-30.0)) - 0.7) < 1e-12


def test_kernels_and_arrays_agree_within_1e_12_also_outside_of_the_range() -> None:
    for f_hz in (0.0, 1.0, 8.5, 55.0, 440.0, 5000.0, 30_000.0):
        assert abs(scale_f0(f_hz) - float(f0_scaled(f_hz))) < 1e-12
    for level in (-300.0, -120.0, -60.0, 0.0, 10.0, 90.0):
        assert abs(scale_loudness(level) - float(loudness_scaled(level))) < 1e-12


def test_scaling_is_undone_within_a_millionth() -> None:
    f_hz = np.geomspace(30.0, 8000.0, 50)
    np.testing.assert_allclose(f0_unscaled(f0_scaled(f_hz)), f_hz, rtol=1e-6)
    levels = np.linspace(-110.0, 10.0, 50)
    np.testing.assert_allclose(loudness_unscaled(loudness_scaled(levels)), levels, atol=1e-6)
