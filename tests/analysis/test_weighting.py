"""The filters of the analysis against the curves they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.analysis.weighting import (
    a_weighting_db,
    design_a_weighting,
    design_high_passes,
    design_low_pass,
    response,
)

RATES = (44_100, 48_000, 64_000, 72_000, 88_200, 96_000)


def test_the_a_curve_has_the_values_of_the_standard() -> None:
    # IEC 61672-1:2013 table 3, rounded there to 0.1 dB.
    nominal = {10: -70.4, 31.5: -39.4, 100: -19.1, 500: -3.2, 1000: 0.0, 2000: 1.2, 4000: 1.0, 8000: -1.1, 16_000: -6.6}
    exact_hz = np.array([1000.0 * 10.0 ** (np.round(10.0 * np.log10(f / 1000.0)) / 10.0) for f in nominal])
    assert np.max(np.abs(a_weighting_db(exact_hz) - np.array(list(nominal.values())))) < 0.06


@pytest.mark.parametrize("rate", RATES)
def test_the_a_filter_follows_the_curve_at_every_rate(rate: int) -> None:
    sections = design_a_weighting(rate)
    f_hz = np.geomspace(20.0, 16_000.0, 500)
    error_db = 20.0 * np.log10(np.abs(response(sections, f_hz, rate))) - a_weighting_db(f_hz)
    assert np.max(np.abs(error_db)) < 0.1
    assert all(np.max(np.abs(np.roots([1.0, a1, a2]))) < 1.0 for *_, a1, a2 in sections)


def test_a_low_pass_is_3_db_down_at_its_corner_and_the_high_passes_fall_below_theirs() -> None:
    corner = np.array([5000.0])
    assert (
        abs(20.0 * np.log10(abs(response(design_low_pass(5000.0, np.sqrt(0.5), 48_000), corner, 48_000)[0])) + 3.01) < 0.01
    )
    gains_db = 20.0 * np.log10(np.abs(response(design_high_passes(60.0, 1500.0, 48_000), np.array([300.0, 600.0]), 48_000)))
    assert 5.0 < gains_db[1] - gains_db[0] < 6.5
