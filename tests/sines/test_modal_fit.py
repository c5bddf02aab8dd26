"""The modal fit finds the partials of what it is given, and says no in a sentence where there are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from jambox.control.modal import COLUMNS
from jambox.errors import BadInput
from jambox.sines.distance import snr_db
from jambox.sines.excerpt import LONGEST_S, active_part, excerpt
from jambox.sines.modal import ModalFit, ModalSettings, fit_modal
from jambox.sines.pitch import reference_pitch
from tests.sines.sounds import RATE, bark, bell, yelp


def fitted(sound: np.ndarray, **settings: int) -> ModalFit:
    return fit_modal(sound, RATE, ModalSettings(**settings), lambda share, where: None)


def test_the_partials_of_a_bell_are_found_to_a_tenth_of_a_hertz() -> None:
    sound, truth = bell()
    fit = fitted(sound, partials=12)
    table = fit.table()
    table = table[np.argsort(table[:, 0])]
    assert np.max(np.abs(table[:, COLUMNS.index("frequency_hz")] - truth[:, 0])) < 0.1
    assert np.max(np.abs(table[:, COLUMNS.index("decay_per_s")] / truth[:, 1] - 1.0)) < 0.05
    # The last 10 ms fade out.
    n = len(sound) - RATE // 100
    assert snr_db(sound[:n], fit.render()[:n]) >= 60.0


@pytest.mark.parametrize(("make", "least_db"), [(bark, 17.0), (yelp, 13.0)], ids=["bark", "yelp"])
def test_joint_refinement_gains_more_than_a_decibel(make: Callable[[], np.ndarray], least_db: float) -> None:
    sound = make()
    alone, together = fitted(sound, partials=24, sweeps=0), fitted(sound, partials=24, sweeps=6)
    assert snr_db(sound, together.render()) >= snr_db(sound, alone.render()) + 1.0
    assert snr_db(sound, together.render()) >= least_db


@pytest.mark.parametrize("st", [-12, 12])
def test_transposed_every_partial_keeps_its_ratio_and_the_sound_its_duration(st: int) -> None:
    sound, truth = bell(n_partials=5, seconds=0.5)
    fit = fitted(sound, partials=5)
    ratio = 2.0 ** (st / 12.0)
    y = fit.render(ratio)
    spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y)), 1 << 20))
    for f_hz in ratio * truth[:, 0]:
        low, high = (round(f_hz * share * (1 << 20) / RATE) for share in (0.97, 1.03))
        heard_hz = (low + int(np.argmax(spectrum[low:high]))) * RATE / (1 << 20)
        assert abs(1200.0 * np.log2(heard_hz / f_hz)) < 2.0
    assert abs(_lasts_s(y) / _lasts_s(sound) - 1.0) < 0.01


def _lasts_s(samples: np.ndarray) -> float:
    """Time after which 30 dB less energy is left than there was."""
    left = np.cumsum(samples[::-1] ** 2)[::-1]
    return float(np.argmax(left < 1e-3 * left[0])) / RATE


def test_the_pitch_of_a_sound_is_its_fundamental_and_that_of_a_bell_its_strongest_partial() -> None:
    t = np.arange(RATE // 4) / RATE
    tone = sum(0.5**k * np.exp(-(8.0 + k) * t) * np.cos(2.0 * np.pi * 330.0 * k * t) for k in range(1, 7))
    assert abs(reference_pitch(fitted(np.asarray(tone), partials=6).sound()).hz - 330.0) < 0.05


def test_the_loudest_sound_that_stands_alone_is_taken() -> None:
    samples = 1e-4 * np.random.default_rng(0).standard_normal(3 * RATE)
    for at_s in (0.3, 0.45, 2.0):
        first = round(at_s * RATE)
        samples[first : first + len(yelp())] += yelp()
    part = active_part(samples, RATE)
    assert abs(part.start / RATE - 2.0) < 0.03
    assert abs(part.stop / RATE - 2.2) < 0.04


def test_silence_and_what_is_too_long_are_refused_in_a_sentence() -> None:
    with pytest.raises(BadInput, match=r"^The recording is silent"):
        excerpt(np.zeros(RATE), RATE, None, False, 1.0)
    hum = np.sin(np.arange(10 * RATE) * 0.1)
    with pytest.raises(BadInput, match=r"10\.0 s long.*--seconds 3.*--whole, which takes about 10 minutes\.$"):
        excerpt(hum, RATE, None, False, 1.0)
    assert len(excerpt(hum, RATE, LONGEST_S, False, 1.0)) == round(LONGEST_S * RATE)
    assert len(excerpt(hum, RATE, None, True, 1.0)) == len(hum)
