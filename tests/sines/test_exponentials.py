"""Damped exponentials against their definition, amplitudes against numpy's least squares."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.sines.exponentials import as_complex, columns, correlation, powers, render, solve_amplitudes
from jambox.sines.mixtures import draw_mixtures, frequency_bound


@pytest.mark.parametrize("n_samples", [1, 2, 64, 1000, 4096])
def test_powers_are_those_of_the_definition(n_samples: int) -> None:
    rng = np.random.default_rng(0)
    z = np.append(rng.uniform(0.0, 1.0, 50), 1.0) * np.exp(1j * rng.uniform(-np.pi, np.pi, 51))
    n = np.arange(n_samples)
    expected = np.abs(z[:, None]) ** n * np.exp(1j * np.angle(z[:, None]) * n)
    assert np.max(np.abs(powers(z, n_samples) - expected)) < 1e-12


def test_amplitudes_are_those_of_least_squares() -> None:
    rng = np.random.default_rng(1)
    z = rng.uniform(0.9, 1.0, (3, 4)) * np.exp(1j * rng.uniform(0.1, 3.0, (3, 4)))
    x = rng.standard_normal((3, 200))
    parts = solve_amplitudes(columns(z, 200), x)
    for trial in range(3):
        expected = np.linalg.lstsq(columns(z, 200)[trial].T, x[trial], rcond=None)[0]
        np.testing.assert_allclose(parts[trial], expected, rtol=1e-6, atol=1e-8)
    assert np.max(np.abs(render(z, as_complex(parts), 200) - (parts[:, None] @ columns(z, 200))[:, 0])) < 1e-12


def test_two_equal_exponentials_share_an_amplitude_and_stay_finite() -> None:
    z = np.exp(1j * np.array([[0.5, 0.5]]))
    x = 3.0 * np.cos(0.5 * np.arange(256))[None]
    parts = solve_amplitudes(columns(z, 256), x)
    assert np.all(np.isfinite(parts))
    assert np.max(np.abs(render(z, as_complex(parts), 256) - x)) < 1e-4


@pytest.mark.parametrize("off_cycles", [0.0, 0.1, 0.25])
def test_the_phase_by_correlation_is_off_by_half_the_range_times_the_frequency_error(off_cycles: float) -> None:
    n_samples, omega, phase = 2000, 1.1, 0.7
    x = 0.4 * np.cos(omega * np.arange(n_samples) + phase)[None]
    off = 2.0 * np.pi * off_cycles / n_samples
    found = correlation(x, np.array([omega - off]))[0]
    assert np.angle(found) - phase == pytest.approx(0.5 * off * (n_samples - 1), abs=2e-3)
    assert 2.0 / n_samples * np.abs(found) == pytest.approx(0.4 * np.sinc(off_cycles), rel=2e-3)


def test_mixtures_have_the_gaps_and_the_noise_they_promise() -> None:
    drawn = draw_mixtures(np.random.default_rng(2), 200, 1024, 8, snr_db=10.0, apart_bins=3.0)
    assert np.min(np.diff(drawn.omega, axis=1)) >= 3.0 * 2.0 * np.pi / 1024 * (1.0 - 1e-9)
    noise = drawn.x - drawn.clean
    snr_db = 10.0 * np.log10(np.mean(drawn.clean**2, axis=1) / np.mean(noise**2, axis=1))
    assert np.mean(snr_db) == pytest.approx(10.0, abs=0.2)


def test_the_bound_is_the_inverse_of_the_information_that_the_samples_hold() -> None:
    n_samples, omega, phase, amplitude, sigma = 512, 0.9, 0.3, 0.7, 0.2
    n = np.arange(n_samples)
    angle = omega * n + phase
    slopes = np.stack([-amplitude * n * np.sin(angle), np.cos(angle), -amplitude * np.sin(angle)])
    exact = np.linalg.inv(slopes @ slopes.T / sigma**2)[0, 0]
    assert frequency_bound(np.array(amplitude), np.array(sigma), n_samples) == pytest.approx(exact, rel=0.01)
