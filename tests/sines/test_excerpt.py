"""Of several sounds in a recording the same one is fitted, wherever frames begin and whatever the sample rate is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.sines.distance import snr_db
from jambox.sines.excerpt import active_part
from tests.data import shared_data
from tests.sines.figures import PLAY_RATE, fitted, played, scale_off_cents
from tests.sines.real_inputs import at_96_khz, stereo
from tests.sines.sounds import BARK, RATE

Samples = NDArray[np.float64]
CLEAR_S, HOARSE_S, LONG_S = 1.0, (0.3, 1.7, 2.4), 0.2
# The bark of the recording that is a series of harmonics more than any other.
BARK_FROM_S, BARK_TO_S = 1.43, 1.61


def barking() -> Samples:
    """A clear bark among three hoarse ones, whose pitch wanders, all as loud and each from a stroke on, [n] at RATE."""
    source = np.random.default_rng(3)
    samples = 1e-4 * source.standard_normal(3 * RATE)
    t = np.arange(round(LONG_S * RATE)) / RATE
    loud = np.clip(t / 0.001, 0.0, 1.0) * np.sin(np.pi * np.linspace(0.25, 1.0, len(t)))
    for at_s in (CLEAR_S, *HOARSE_S):
        wander = np.convolve(source.standard_normal(len(t)), np.hanning(200), "same")
        hoarse = 0.0 if at_s == CLEAR_S else 0.25 / np.std(wander)
        cycles = np.cumsum((500.0 + 150.0 * np.sin(np.pi * t / LONG_S)) * np.exp(hoarse * wander)) / RATE
        x = loud * np.asarray(sum(np.sin(2.0 * np.pi * k * cycles + k) / k for k in range(1, 7)))
        first = round(at_s * RATE)
        samples[first : first + len(x)] += 0.1 * x / np.sqrt(np.mean(x**2))
    return samples


def mono(samples: Samples) -> Samples:
    return samples if samples.ndim == 1 else samples.mean(axis=1)


def later(by: int) -> Callable[[Samples, int], tuple[Samples, int]]:
    return lambda x, rate: (np.pad(x, (220 - by, 0)), rate)


@pytest.mark.parametrize("changed", [later(0), later(80), later(160), at_96_khz], ids=["0", "80", "160", "96-khz"])
def test_of_sounds_that_stand_out_alike_the_clearest_is_taken(
    changed: Callable[[Samples, int], tuple[Samples, int]],
) -> None:
    samples, rate = changed(barking(), RATE)
    part = active_part(mono(samples), rate)
    assert abs(part.start / rate - CLEAR_S) < 0.03
    assert abs(part.stop / rate - CLEAR_S - LONG_S) < 0.03


@pytest.mark.parametrize(
    "changed", [later(0), later(110), later(165), at_96_khz, stereo], ids=["0", "110", "165", "96", "stereo"]
)
def test_of_the_barks_of_a_dog_the_same_is_taken(changed: Callable[[Samples, int], tuple[Samples, int]]) -> None:
    x = read_sound(shared_data("test", BARK)).samples.astype(np.float64)
    samples, rate = changed(x, RATE)
    part = active_part(mono(samples), rate)
    assert BARK_FROM_S - 0.05 < part.start / rate < BARK_FROM_S + 0.005
    assert BARK_TO_S < part.stop / rate < BARK_TO_S + 0.05


def test_a_few_samples_less_before_the_bark_change_next_to_nothing_of_its_fit() -> None:
    x = read_sound(shared_data("test", BARK)).samples.astype(np.float64)
    found = []
    for first in (0, 165):
        bark = x[first:][active_part(x[first:], RATE)]
        fit, _ = fitted(bark, partials=64)
        found.append(snr_db(bark, fit.render()))
        assert scale_off_cents(played(fit, PLAY_RATE)) < 10.0
    assert min(found) > 30.0
    assert max(found) - min(found) < 3.0
