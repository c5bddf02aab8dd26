"""The transform inside the callback against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.dsp.fft import design_twiddles, inverse_real_fft, real_fft

SIZES = (4, 8, 64, 128, 256, 1024)


@pytest.mark.parametrize("n", SIZES)
def test_the_spectrum_is_that_of_numpy(n: int) -> None:
    x = np.random.default_rng(n).standard_normal(n)
    re, im = np.zeros(n // 2 + 1), np.zeros(n // 2 + 1)
    real_fft(x, re, im, np.zeros(n), design_twiddles(n))
    reference = np.fft.rfft(x)
    assert np.max(np.abs(re + 1j * im - reference)) <= 1e-12 * np.max(np.abs(reference))


@pytest.mark.parametrize("n", SIZES)
def test_there_and_back_is_the_same_signal(n: int) -> None:
    x = np.random.default_rng(n + 1).standard_normal(n)
    re, im, y = np.zeros(n // 2 + 1), np.zeros(n // 2 + 1), np.zeros(n)
    real_fft(x, re, im, np.zeros(n), design_twiddles(n))
    inverse_real_fft(re, im, y, np.zeros(n), design_twiddles(n))
    assert np.max(np.abs(y - x)) <= 1e-12


@pytest.mark.parametrize("n", SIZES)
def test_the_inverse_of_any_spectrum_is_that_of_numpy(n: int) -> None:
    source = np.random.default_rng(n + 2)
    spectrum = source.standard_normal(n // 2 + 1) + 1j * source.standard_normal(n // 2 + 1)
    spectrum[0] = spectrum[0].real
    spectrum[-1] = spectrum[-1].real
    y = np.zeros(n)
    inverse_real_fft(spectrum.real.copy(), spectrum.imag.copy(), y, np.zeros(n), design_twiddles(n))
    assert np.max(np.abs(y - np.fft.irfft(spectrum, n))) <= 1e-12


@pytest.mark.parametrize("n", [0, 1, 2, 3, 6, 100])
def test_a_size_that_is_no_power_of_two_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        design_twiddles(n)
