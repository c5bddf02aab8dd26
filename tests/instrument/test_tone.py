"""Tone: what tilt, balance, drawn curve, stretch and formants do to the harmonics of a held note."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.control.layout import BODY_POINTS_PER_SEMITONE, BODY_UNIT_DB
from jambox.instrument import Instrument
from jambox.params import N_DRAWN_HARMONICS
from tests.instrument.singing_in_scale import AS_SUNG

Violin = Callable[[int], Instrument]
RATE = 48_000
F0_HZ = 250.0  # whole cycles in the window below
WINDOW = 19_200
BARE = {**AS_SUNG, "reverb_mix": 0.0, "noise_level_db": -60.0}


def held(violin: Violin, params: dict[str, float], after_s: float = 0.4) -> NDArray[np.float64]:
    """WINDOW samples of a held note of F0_HZ."""
    player = violin(RATE)
    player.reset({**BARE, **params})
    n = round(after_s * RATE) + WINDOW
    t = np.arange(n) / RATE
    x = sum(0.5**k * np.sin(2.0 * np.pi * k * F0_HZ * t) for k in range(1, 7))
    return player.process((0.1 * np.asarray(x)).astype(np.float32))[-WINDOW:].astype(np.float64)


def amplitudes(y: NDArray[np.float64], n: int = 40) -> NDArray[np.float64]:
    """Of the first n harmonics."""
    t = np.arange(len(y)) / RATE
    window = np.hanning(len(y))
    return np.array([abs(np.sum(window * y * np.exp(-2j * np.pi * k * F0_HZ * t))) for k in range(1, n + 1)])


def changes_db(violin: Violin, params: dict[str, float]) -> NDArray[np.float64]:
    return np.asarray(20.0 * np.log10(amplitudes(held(violin, params)) / amplitudes(held(violin, {}))))


def test_a_tilt_is_so_many_db_an_octave_and_leaves_the_power(violin: Violin) -> None:
    change = changes_db(violin, {"tilt_db": 4.0})
    slope = change[[1, 3, 7, 15]] - change[0]
    assert slope == pytest.approx([4.0, 8.0, 12.0, 16.0], abs=0.1)
    assert np.std(held(violin, {"tilt_db": 4.0})) == pytest.approx(np.std(held(violin, {})), rel=0.02)


def test_odd_and_even_harmonics_are_turned_down_apart(violin: Violin) -> None:
    half = changes_db(violin, {"odd_even": -0.5})
    assert half[1::2] == pytest.approx(np.full(20, 20.0 * np.log10(0.5)), abs=0.1)
    assert half[0::2] == pytest.approx(np.zeros(20), abs=0.1)
    assert np.max(changes_db(violin, {"odd_even": 1.0})[0::2][:10]) < -40.0


def test_a_drawn_curve_sets_each_harmonic_and_its_end_goes_on(violin: Violin) -> None:
    curve = np.random.default_rng(1).uniform(-20.0, 6.0, N_DRAWN_HARMONICS)
    change = changes_db(violin, {f"harmonic_{k:02d}_db": float(level) for k, level in enumerate(curve, 1)})
    wanted = np.append(curve, np.full(40 - N_DRAWN_HARMONICS, curve[-1]))
    assert change == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize("stretch_cents", [-30.0, 12.0])
def test_stretched_partials_lie_where_the_stretch_says(violin: Violin, stretch_cents: float) -> None:
    y = held(violin, {"stretch_cents": stretch_cents})
    f_hz = np.fft.rfftfreq(8 * len(y), 1.0 / RATE)
    spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y)), 8 * len(y)))
    for k in (1, 2, 3, 4, 6):
        wanted_hz = F0_HZ * k ** (1.0 + stretch_cents / 1200.0)
        near = np.abs(f_hz - wanted_hz) < 0.4 * F0_HZ
        found_hz = f_hz[near][np.argmax(spectrum[near])]
        assert 1200.0 * abs(np.log2(found_hz / wanted_hz)) < 2.0


def test_without_the_stretch_partials_become_the_very_harmonics_again(violin: Violin) -> None:
    player = violin(RATE)
    player.reset({**BARE})
    x = (0.1 * np.sin(2.0 * np.pi * F0_HZ * np.arange(round(1.3 * RATE)) / RATE)).astype(np.float32)
    plain = player.process(x)
    player.reset({**BARE, "stretch_cents": 40.0})
    player.set("stretch_cents", 0.0, RATE // 4)
    again = player.process(x)
    assert np.max(np.abs(again - plain)[: RATE // 4]) > 0.01
    assert np.array_equal(again[-RATE // 4 :], plain[-RATE // 4 :])


def test_formants_move_the_body_under_the_harmonics_and_leave_the_pitch(violin: Violin) -> None:
    shift_st = 3.0
    bundle = violin(RATE).bundle
    assert bundle is not None
    body_db = BODY_UNIT_DB * bundle.tensors["body"].astype(np.float64)
    midi = 69.0 + 12.0 * np.log2(F0_HZ / 440.0)
    place = BODY_POINTS_PER_SEMITONE * (midi - 31.0 + 12.0 * np.log2(np.arange(1, 31)))
    points = np.arange(len(body_db))
    wanted = np.interp(place - BODY_POINTS_PER_SEMITONE * shift_st, points, body_db) - np.interp(place, points, body_db)
    change = changes_db(violin, {"formant_st": shift_st})[:30]
    # All louder or softer alike, so that it stays as loud.
    assert change - np.mean(change) == pytest.approx(wanted - np.mean(wanted), abs=0.5)
    assert np.max(np.abs(wanted)) > 3.0
    assert violin(RATE).header["voice"]["f0_to_hz"] == pytest.approx(F0_HZ, rel=1e-3)
