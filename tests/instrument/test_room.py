"""Rooms: chosen while they sound, smaller, damped, after a pre-delay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.dsp.reverb import EARLY_HOPS, LATE_HOPS
from jambox.dsp.room import DESIGN_RATE, ROOMS, decay_time_s, design_room
from jambox.instrument import Instrument
from jambox.instrument.room import FADE_HOPS
from jambox.params import BY_ID
from tests.instrument.singing_in_scale import AS_SUNG
from tests.instrument.sounds import tone

Violin = Callable[[int], Instrument]
RATE = 48_000
WET = {**AS_SUNG, "reverb_mix": 1.0}


def burst(seconds: float = 1.2) -> NDArray[np.float32]:
    x = np.zeros(round(seconds * RATE), dtype=np.float32)
    x[: RATE // 4] = tone(440.0, 0.25, RATE)
    return x


def answer(violin: Violin, params: dict[str, float]) -> NDArray[np.float64]:
    player = violin(RATE)
    player.reset({**WET, **params})
    return player.process(burst()).astype(np.float64)


def ringing_s(y: NDArray[np.float64]) -> float:
    """Time for 60 dB, from the fall of what rings on when the sound is over."""
    return decay_time_s(y[round(0.33 * RATE) :], RATE)


def test_the_row_counts_the_rooms() -> None:
    assert BY_ID["room"].maximum == len(ROOMS) - 1
    for name in list(ROOMS)[1:]:
        assert name in BY_ID["room"].help


def test_each_room_rings_as_long_as_it_says_and_is_as_loud_as_what_it_hears() -> None:
    for shape in ROOMS.values():
        response = design_room(shape.length_s, shape.decay_s, shape.predelay_s, shape.damping_hz, shape.seed)
        assert 0.35 * shape.decay_s <= decay_time_s(response, DESIGN_RATE) <= 1.1 * shape.decay_s
        f_hz = np.fft.rfftfreq(len(response), 1.0 / DESIGN_RATE)
        middle = np.abs(np.fft.rfft(response))[(f_hz > 200.0) & (f_hz < 2000.0)]
        assert np.mean(middle**2) == pytest.approx(1.0, rel=0.01)


def test_the_decay_time_is_that_of_an_exponential() -> None:
    t = np.arange(2 * RATE) / RATE
    noise = np.random.default_rng(3).standard_normal(len(t))
    for seconds in (0.2, 0.9, 1.5):
        assert decay_time_s(noise * 10.0 ** (-3.0 * t / seconds), RATE) == pytest.approx(seconds, rel=0.08)


def test_rooms_ring_for_longer_and_longer(violin: Violin) -> None:
    times = [ringing_s(answer(violin, {"room": float(room)})) for room in (1, 2, 4)]
    assert times[0] < 0.7 * times[1] < 0.7 * times[2]


def test_another_room_while_it_sounds_is_that_room_once_it_has_faded_in(violin: Violin) -> None:
    player = violin(RATE)
    x = tone(440.0, 0.6, RATE)
    player.reset({**WET, "room": 2.0})
    wanted = player.process(x)
    player.reset({**WET, "room": 1.0})
    player.set("room", 2.0, 12_000)
    y = player.process(x)
    done = 12_000 + (FADE_HOPS + EARLY_HOPS + LATE_HOPS + 2) * player.hop
    assert np.max(np.abs(y[:12_000] - wanted[:12_000])) > 0.01
    assert np.max(np.abs(y[done:] - wanted[done:])) <= 1e-6


def test_a_smaller_room_rings_for_less_long(violin: Violin) -> None:
    whole, half = ringing_s(answer(violin, {"room": 4.0})), ringing_s(answer(violin, {"room": 4.0, "room_size": 0.5}))
    assert half == pytest.approx(0.5 * whole, rel=0.2)


def test_damping_takes_the_high_frequencies_from_what_rings(violin: Violin) -> None:
    def high_share(damping: float) -> float:
        late = answer(violin, {"room": 2.0, "room_damping": damping})[round(0.5 * RATE) : round(0.8 * RATE)]
        power = np.abs(np.fft.rfft(late * np.hanning(len(late)))) ** 2
        return float(np.sum(power[np.fft.rfftfreq(len(late), 1.0 / RATE) > 1500.0]) / np.sum(power))

    assert high_share(1.0) < 0.3 * high_share(0.0)


@pytest.mark.parametrize("predelay_s", [0.0123, 0.2])
def test_the_pre_delay_is_that_many_samples(violin: Violin, predelay_s: float) -> None:
    delay = round(predelay_s * RATE)
    plain, later = answer(violin, {"room_predelay_s": 0.0}), answer(violin, {"room_predelay_s": predelay_s})
    assert np.max(np.abs(later[delay:] - plain[: len(plain) - delay])) <= 1e-6
    assert np.max(np.abs(later[:delay])) <= 1e-6
