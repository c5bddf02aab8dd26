"""Noise is not played as notes, whatever makes it; and soft singing is."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.instrument.doubt import HUM_HOPS, LOUDEST_HUM_DB, RISE_DB, is_hum, trusted_level_db
from jambox.instrument.layout import header_dtype
from tests.data import shared_data
from tests.instrument.breathing import RATE, level_db
from tests.instrument.conftest import Violin
from tests.instrument.mosquitoes import SEEDS, heard_db, noises
from tests.instrument.quiet import kept_percent
from tests.instrument.sounds import at_level, pink, tone


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", list(noises(0.1)))
def test_noise_opens_no_harmonics_and_stays_noise(violin: Violin, kind: str, seed: int) -> None:
    harmonics_db, all_db = heard_db(violin(RATE), noises(seed=seed)[kind])
    assert harmonics_db <= -55.0
    assert all_db <= (-60.0 if kind == "hiss" else -35.0)


def test_the_hum_after_a_note_ends_with_it(violin: Violin) -> None:
    hum = noises()["hum"]
    x = hum.copy()
    x[: 2 * RATE] += tone(220.0, 2.0, RATE)
    instrument = violin(RATE)
    instrument.reset({"noise_level_db": -60.0, "reverb_mix": 0.0})
    y = instrument.process(x).astype(np.float64)
    after = round((2.0 + (HUM_HOPS + 60) / 750) * RATE)
    assert np.sqrt(np.mean(y[RATE : 2 * RATE] ** 2)) > 0.01
    assert np.max(np.abs(y[after:])) < 1e-4


def doubt() -> np.ndarray:
    return np.zeros(1, dtype=header_dtype.fields["doubt"][0])


def test_a_soft_note_that_only_passes_the_mains_and_a_loud_one_on_it_are_no_hum() -> None:
    state = doubt()
    assert is_hum(state[0], 100.1, -50.0, False)
    assert not is_hum(state[0], 101.0, -50.0, False)
    assert not any(is_hum(state[0], 100.0, LOUDEST_HUM_DB + 1.0, False) for _ in range(2 * HUM_HOPS))
    glide = np.linspace(95.0, 105.0, HUM_HOPS)
    assert not any(is_hum(state[0], float(f0_hz), -50.0, True) for f0_hz in glide)
    assert sum(is_hum(state[0], 100.0, -50.0, True) for _ in range(2 * HUM_HOPS)) == HUM_HOPS + 1


def test_a_click_in_a_note_is_trusted_no_further_than_the_note() -> None:
    state = doubt()
    for _ in range(20):
        assert trusted_level_db(state[0], 220.0, 220.0, -40.0, 1.0, True) == -40.0
    for hop in range(1, 8):
        assert trusted_level_db(state[0], 1800.0, 220.0, -20.0, 1.0 - 0.08 * hop, True) == -40.0
    assert trusted_level_db(state[0], 221.0, 220.0, -38.0, 0.7, True) == -38.0


def test_an_accent_on_the_same_pitch_is_trusted_at_once_but_a_bang_is_not() -> None:
    for louder_db, trusted_db in ((20.0, -20.0), (40.0, -40.0)):
        state = doubt()
        trusted_level_db(state[0], 220.0, 220.0, -40.0, 1.0, True)
        assert trusted_level_db(state[0], 221.0, 220.0, -40.0 + louder_db, 0.9, True) == trusted_db


def test_a_click_that_takes_two_hops_to_rise_is_still_trusted_no_further_than_the_note() -> None:
    state = doubt()
    for _ in range(20):
        trusted_level_db(state[0], 193.0, 193.0, -60.0, 0.64, True)
    trusted_level_db(state[0], 193.0, 193.0, -44.0, 0.63, True)
    for hop, loudness_db in enumerate((-30.0, -28.0, -27.0)):
        trusted_db = trusted_level_db(state[0], 193.0, 193.0, loudness_db, 0.55 - 0.08 * hop, True)
        assert trusted_db == -60.0 + RISE_DB


def test_the_less_sure_a_note_the_smaller_an_accent_it_may_have() -> None:
    for confidence, trusted_db in ((0.9, -40.0), (0.4, -58.0)):
        state = doubt()
        trusted_level_db(state[0], 193.0, 193.0, -58.0, confidence + 0.1, True)
        assert trusted_level_db(state[0], 193.0, 193.0, -40.0, confidence, True) == trusted_db


def test_until_a_note_is_heard_breath_sounds_as_in_the_middle_of_the_range(violin: Violin) -> None:
    """A network asked below its range, where hiss is first heard, may answer with any noise."""
    instrument = violin(RATE)
    levels = []
    for seed in SEEDS:
        instrument.reset({})
        levels.append(level_db(instrument.process(at_level(pink(RATE, seed), -50.0))))
        assert instrument.header["voice"]["f0_to_hz"] == pytest.approx(instrument.card.f0_hz.p50)
    assert max(levels) - min(levels) < 1.0


def test_the_gate_opens_at_its_level_and_closes_6_db_below(violin: Violin) -> None:
    """A tone over the gate, then 4 dB under it: it plays on; begun there, it does not."""
    instrument = violin(RATE)
    gate_db = -40.0
    levels = {}
    for name, first_db in (("begun above", -34.0), ("begun below", -44.0)):
        x = np.concatenate([tone(880.0, 1.0, RATE, first_db), tone(880.0, 1.0, RATE, -44.0)])
        instrument.reset({"gate_db": gate_db, "auto_octave": 0.0, "auto_level": 0.0, "reverb_mix": 0.0})
        y = instrument.process(x)[3 * RATE // 2 :].astype(np.float64)
        levels[name] = 10.0 * np.log10(np.mean(y**2) + 1e-20)
    assert levels["begun above"] > -55.0
    assert levels["begun below"] < levels["begun above"] - 6.0


def test_soft_singing_keeps_its_notes_in_a_noisy_room(violin: Violin) -> None:
    """Notes at -36 dBFS with vibrato over pink noise at -66: nearly every hop of them sounds."""
    t = np.arange(RATE) / RATE
    hz = 196.0 * 2.0 ** (0.4 * np.sin(2 * np.pi * 5.5 * t) / 12.0)
    wave = sum(0.6**k * np.sin(k * 2 * np.pi * np.cumsum(hz) / RATE) for k in range(1, 9))
    note = at_level(wave * np.minimum(1.0, np.minimum(t, 1.0 - t) / 0.03), -36.0)
    x = np.concatenate([note, np.zeros(RATE // 2, np.float32)] * 2) + at_level(pink(3 * RATE), -66.0)
    instrument = violin(RATE)
    instrument.reset({})
    hop = instrument.hop
    y = np.zeros(hop, dtype=np.float32)
    voiced = []
    for first in range(0, len(x) - hop, hop):
        instrument.process_into(x[first : first + hop], y)
        voiced.append(int(instrument.header["voice"]["voiced"]))
    for start_s in (0.0, 1.5):
        assert np.mean(voiced[round((start_s + 0.05) * 750) : round((start_s + 0.97) * 750)]) >= 0.97


def test_quiet_real_singing_keeps_its_voiced_frames() -> None:
    assert kept_percent(shared_data()) >= 95.0
