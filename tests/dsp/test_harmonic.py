"""The harmonic bank against sines of the C library in float64."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.dsp.harmonic import audible_harmonics, nyquist_fade, render_harmonics
from tests.dsp.bank import hop_by_hop_reference, render_bank
from tests.dsp.blocks import BLOCK_SIZES, peak_error_db

RATE = 48_000
N = RATE // 2


def glide(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """An octave up and down in half a second, so that harmonics pass Nyquist both ways."""
    return 300.0 * 2.0 ** np.sin(2.0 * np.pi * 2.0 * t)


def saw(t: NDArray[np.float64], n_harmonics: int = 100) -> NDArray[np.float64]:
    """Falling amplitudes that tremble, peaks within full scale; shape [H, len(t)]."""
    k = np.arange(1, n_harmonics + 1)
    trembling = 1.0 + 0.5 * np.sin(2.0 * np.pi * np.outer(1.0 + k % 7, t))
    return 0.1 * trembling / k[:, None]


@pytest.mark.parametrize("sample_rate", [44_100, 48_000, 96_000])
def test_a_hundred_gliding_harmonics_are_within_140_db_of_float64_sines(sample_rate: int) -> None:
    # The sum is float32; the bound of the bank itself shows below full scale of 2^-24.
    y = render_bank(glide, saw, N, sample_rate)
    reference = hop_by_hop_reference(glide, saw, N, sample_rate)
    assert peak_error_db(y, reference.astype(np.float32)) <= -140.0


@pytest.mark.parametrize("f0_hz", [20.0, 50.0, 2500.0, 12_000.0, 23_999.0])
def test_the_extremes_of_pitch_are_as_exact(f0_hz: float) -> None:
    def steady(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full_like(t, f0_hz)

    y = render_bank(steady, saw, N, RATE)
    assert peak_error_db(y, hop_by_hop_reference(steady, saw, N, RATE).astype(np.float32)) <= -140.0


def test_the_phase_has_not_drifted_after_a_minute() -> None:
    def steady(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full_like(t, 439.37)

    def one(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full((1, len(t)), 0.5)

    n = 60 * RATE
    y = render_bank(steady, one, n, RATE)
    reference = 0.5 * np.sin(2.0 * np.pi * ((439.37 / RATE * np.arange(n - RATE + 1, n + 1)) % 1.0))
    assert peak_error_db(y[-RATE:], reference) <= -130.0


@pytest.mark.parametrize("block", BLOCK_SIZES)
def test_any_block_size_gives_the_same_samples(block: int) -> None:
    whole = render_bank(glide, saw, N, RATE)
    assert np.array_equal(render_bank(glide, saw, N, RATE, block), whole)


def test_a_partial_fades_out_before_nyquist_and_none_is_counted_above() -> None:
    assert nyquist_fade(0.44 * RATE, RATE) == 1.0
    assert nyquist_fade(0.475 * RATE, RATE) == pytest.approx(0.5)
    assert nyquist_fade(0.5 * RATE, RATE) == 0.0
    assert audible_harmonics(1000.0, 100, RATE) == 24
    assert audible_harmonics(100.0, 100, RATE) == 100
    assert audible_harmonics(0.0, 100, RATE) == 0


def test_nothing_folds_back_when_a_glide_carries_harmonics_past_nyquist() -> None:
    """Energy below the fundamental, where only aliases could be, is 90 dB below the sound."""

    def rising(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1500.0 + 1000.0 * t / 0.5

    def even(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full((100, len(t)), 0.01)

    y = render_bank(rising, even, N, RATE).astype(np.float64)
    spectrum = np.abs(np.fft.rfft(y * np.blackman(N))) ** 2
    f_hz = np.fft.rfftfreq(N, 1.0 / RATE)
    below = np.sum(spectrum[(f_hz > 20.0) & (f_hz < 1300.0)]) / np.sum(spectrum)
    assert 10.0 * np.log10(below) <= -90.0


def test_the_bank_adds_to_what_is_there_and_silence_adds_nothing() -> None:
    out = np.full(64, 0.25, dtype=np.float32)
    still = np.ones(4, dtype=np.float32)
    scratch = np.zeros(5 * 64)
    render_harmonics(out, 0, 64, scratch, 0.0, 220.0, 220.0, 0, 64, still, still, 0, 192, 0.0, 0.0, float(RATE))
    assert np.all(out == np.float32(0.25))
    render_harmonics(out, 0, 64, scratch, 0.0, 0.0, 0.0, 0, 64, still, still, 0, 192, 1.0, 1.0, float(RATE))
    assert np.all(out == np.float32(0.25))


@pytest.mark.parametrize(("f0_from", "f0_to"), [(0.001, 20_000.0), (1e6, 1e6), (1e-300, 1e-300), (50.0, 0.0)])
def test_extreme_pitches_stay_finite_and_bounded(f0_from: float, f0_to: float) -> None:
    out = np.zeros(64, dtype=np.float32)
    loud = np.full(100, 1.0, dtype=np.float32)
    render_harmonics(out, 0, 64, np.zeros(5 * 64), 0.3, f0_from, f0_to, 0, 64, loud, loud, 0, 192, 1.0, 1.0, float(RATE))
    assert np.all(np.isfinite(out))
    assert np.max(np.abs(out)) <= 100.5
