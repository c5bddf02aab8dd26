"""Every loss against its closed form, or the plain sum that it stands for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from jambox.sines.losses import LOSSES, signal_gradient

N = 512
OMEGA = 2.0 * np.pi * 20.0 / N  # whole periods: sums over sinusoids are exact


def value(name: str, y: np.ndarray, x: np.ndarray) -> float:
    return float(LOSSES[name](torch.from_numpy(y[None]), torch.from_numpy(x[None]))[0])


def wave(amplitude: float = 1.0, phase: float = 0.0) -> np.ndarray:
    return amplitude * np.cos(OMEGA * np.arange(N) + phase)


@pytest.mark.parametrize("phase", [0.0, 0.4, 2.0, np.pi])
def test_squared_error_and_axis_agreement_are_one_cosine_of_the_phase(phase: float) -> None:
    assert value("mse", wave(phase=phase), wave()) == pytest.approx(1.0 - np.cos(phase), abs=1e-12)
    assert value("axis_agreement", wave(3.0, phase), wave()) == pytest.approx(1.0 - np.cos(phase), abs=1e-12)


def test_the_absolute_error_of_a_sinusoid_is_two_over_pi_of_its_amplitude() -> None:
    assert value("mae", wave(0.7), np.zeros(N)) == pytest.approx(0.7 * 2.0 / np.pi, rel=1e-2)


def test_magnitudes_are_deaf_to_phase_and_count_levels_as_squared_error_does() -> None:
    assert value("dft_magnitude", wave(phase=1.0), wave()) == pytest.approx(0.0, abs=1e-12)
    assert value("dft_magnitude", wave(0.25), wave()) == pytest.approx(0.75**2 / 2.0, rel=1e-9)


def test_a_level_change_costs_its_share_of_the_magnitudes_and_its_nepers_at_every_scale() -> None:
    x = 1000.0 * np.random.default_rng(0).standard_normal(4096)
    magnitudes = []
    for size in (2048, 1024, 512, 256, 128, 64):
        window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)
        frames = np.lib.stride_tricks.sliding_window_view(x, size)[:: size // 4] * window
        magnitudes.append(np.mean(np.abs(np.fft.rfft(frames, axis=1))) * 2.0 / size)
    expected = 0.5 * np.mean(magnitudes) + np.log(2.0)
    assert value("multi_scale_spectral", 0.5 * x, x) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("order", [1, 2])
def test_differences_weigh_an_error_by_its_frequency(order: int) -> None:
    gain = (2.0 * np.sin(OMEGA / 2.0)) ** (2 * order)
    assert value(f"difference_{order}", wave(0.3), np.zeros(N)) == pytest.approx(gain * 0.3**2 / 2.0, rel=1e-2)


def test_pairwise_slopes_are_the_mean_over_all_pairs() -> None:
    y, x = np.random.default_rng(1).standard_normal((2, 40))
    pairs = [(((y[j] - y[i]) - (x[j] - x[i])) / (j - i)) ** 2 for i, j in itertools.combinations(range(40), 2)]
    assert value("pairwise_slopes", y, x) == pytest.approx(np.mean(pairs), rel=1e-10)


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_finite_differences_and_vanish_for_equals(name: str) -> None:
    rng = np.random.default_rng(2)
    y, x = rng.standard_normal((2, 1, 64))
    slope = signal_gradient(name)(y, x)
    h = 1e-6
    for i in (0, 17, 63):
        step = np.zeros_like(y)
        step[0, i] = h
        numeric = (value(name, (y + step)[0], x[0]) - value(name, (y - step)[0], x[0])) / (2.0 * h)
        assert slope[0, i] == pytest.approx(numeric, rel=1e-4, abs=1e-8)
    assert np.max(np.abs(signal_gradient(name)(x.copy(), x))) < 1e-6
