"""Notes: each begins at its sample, sounds as its key, velocity and hands say, moves nobody else, and ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.control.bundle import Bundle
from jambox.instrument import Design, Instrument
from jambox.instrument.events import (
    EVENT_ALL_NOTES_OFF,
    EVENT_BEND,
    EVENT_LOUDNESS,
    EVENT_PRESSURE,
    EVENT_SOSTENUTO,
    EVENT_SUSTAIN,
    EVENT_TIMBRE,
)
from jambox.instrument.note_events import NoteEvent, note_off, note_on
from jambox.instrument.pool import FADING, HELD, OFF, RELEASED
from jambox.instrument.rows import N_ROWS
from tests.instrument.conftest import Violin

RATE = 48_000
# Nothing moves by itself, and nothing but harmonics sounds.
STILL = {
    "source": 2.0,
    "auto_octave": 0.0,
    "vibrato_cents": 0.0,
    "drift_cents": 0.0,
    "noise_level_db": -60.0,
    "reverb_mix": 0.0,
    "output_gain_db": -24.0,
}


@pytest.fixture(scope="module")
def player(violin: Violin) -> Instrument:
    return violin(RATE)


def played(
    player: Instrument, events: list[NoteEvent], seconds: float, params: dict[str, float] | None = None
) -> NDArray[np.float64]:
    player.reset(STILL | (params or {}))
    for event in events:
        player.play(event)
    return player.process(np.zeros(round(seconds * RATE), dtype=np.float32)).astype(np.float64)


def states(player: Instrument) -> list[int]:
    return [int(state) for state in player.header["notes"]["state"][1:] if state != OFF]


def partial_hz(y: NDArray[np.float64], near_hz: float) -> float:
    """Frequency of the strongest partial within half a semitone of `near_hz`, by the phase between two windows."""
    n, step = 8192, 512
    t = np.arange(n)
    window = np.hanning(n)
    spectrum = np.abs(np.fft.rfft(y[:n] * window))
    f_hz = np.fft.rfftfreq(n, 1.0 / RATE)
    near = np.abs(12.0 * np.log2(np.maximum(f_hz, 1.0) / near_hz)) < 0.6
    rough = f_hz[near][np.argmax(spectrum[near])]
    turns = [np.angle(np.sum(y[at : at + n] * window * np.exp(-2j * np.pi * rough * t / RATE))) for at in (0, step)]
    return float(rough + _residual(turns, rough, step))


def _residual(turns: list[Any], rough_hz: float, step: int) -> float:
    """Hz by which the partial differs from `rough_hz`, from the phase it gains over `step` samples."""
    expected = 2.0 * np.pi * rough_hz * step / RATE
    gained = (turns[1] - turns[0] - expected + np.pi) % (2.0 * np.pi) - np.pi
    return float(gained / (2.0 * np.pi * step) * RATE)


def cents(hz: float, other_hz: float) -> float:
    return float(1200.0 * np.log2(hz / other_hz))


def key_hz(key: float) -> float:
    return float(440.0 * 2.0 ** ((key - 69.0) / 12.0))


@pytest.mark.parametrize("time", [0, 1, 63, 64, 1000, 4799])
def test_a_note_begins_at_its_very_sample(player: Instrument, time: int) -> None:
    y = played(player, [note_on(69, 1.0, time=time)], 0.2)
    assert not y[:time].any()
    assert y[time : time + 2].any()
    assert np.max(np.abs(y[time : time + 480])) > 0.1 * np.max(np.abs(y))


def test_a_chord_is_the_sum_of_its_notes(player: Instrument) -> None:
    times = {60: 500, 64: 777, 67: 1501, 71: 20_000}
    alone = [played(player, [note_on(key, 0.7, time=time), note_off(key, time=40_000)], 1.2) for key, time in times.items()]
    events = [note_on(key, 0.7, time=time) for key, time in times.items()] + [note_off(key, time=40_000) for key in times]
    together = played(player, events, 1.2)
    assert np.max(np.abs(together)) < 0.7
    assert np.max(np.abs(together - np.sum(alone, axis=0))) <= 1e-6 * np.max(np.abs(together))


def test_the_noise_of_voices_adds_up_in_power(player: Instrument) -> None:
    quiet = {"noise_level_db": 6.0, "harmonics_level_db": -60.0}
    keys = (60, 64, 67)
    one = [played(player, [note_on(key, 0.9)], 1.5, quiet)[RATE // 2 :] for key in keys]
    all_of_them = played(player, [note_on(key, 0.9) for key in keys], 1.5, quiet)[RATE // 2 :]
    added_db = 10.0 * np.log10(sum(np.mean(y**2) for y in one) / np.mean(all_of_them**2))
    assert abs(added_db) < 0.3


@pytest.mark.parametrize("key", [57, 69, 81, 93])
def test_a_key_sounds_at_its_pitch(player: Instrument, key: int) -> None:
    y = played(player, [note_on(key, 0.8)], 0.6)
    assert abs(cents(partial_hz(y[12_000:], key_hz(key)), key_hz(key))) < 0.5


def test_bend_moves_only_its_own_note(player: Instrument) -> None:
    events = [note_on(60, 0.8, channel=1), note_on(67, 0.8, channel=2), NoteEvent(EVENT_BEND, 2, None, 7.0, 4800)]
    y = played(player, events, 0.6)
    assert abs(cents(partial_hz(y[12_000:], key_hz(60)), key_hz(60))) < 0.5
    assert abs(cents(partial_hz(y[12_000:], key_hz(74)), key_hz(74))) < 0.5
    alone = played(player, [note_on(60, 0.8, channel=1)], 0.6)
    other = played(player, [note_on(67, 0.8, channel=2), NoteEvent(EVENT_BEND, 2, None, 7.0, 4800)], 0.6)
    assert np.max(np.abs(y - alone - other)) <= 1e-6 * np.max(np.abs(y))


@pytest.mark.parametrize(("kind", "value"), [(EVENT_PRESSURE, 1.0), (EVENT_TIMBRE, -1.0), (EVENT_LOUDNESS, -12.0)])
def test_pressure_timbre_and_expression_move_only_their_own_note(player: Instrument, kind: int, value: float) -> None:
    pressed = NoteEvent(kind, 2, None, value, 4800)
    y = played(player, [note_on(60, 0.5, channel=1), note_on(67, 0.5, channel=2), pressed], 0.5)
    still = played(player, [note_on(60, 0.5, channel=1)], 0.5)
    moved = played(player, [note_on(67, 0.5, channel=2), pressed], 0.5)
    unmoved = played(player, [note_on(67, 0.5, channel=2)], 0.5)
    assert np.max(np.abs(y - still - moved)) <= 1e-6 * np.max(np.abs(y))
    late = slice(12_000, None)
    if kind == EVENT_TIMBRE:
        assert _centroid_hz(moved[late]) < 0.9 * _centroid_hz(unmoved[late])
        assert abs(10.0 * np.log10(np.mean(moved[late] ** 2) / np.mean(unmoved[late] ** 2))) < 0.5
    else:
        louder_db = 10.0 * np.log10(np.mean(moved[late] ** 2) / np.mean(unmoved[late] ** 2))
        wanted_db = 9.0 if kind == EVENT_PRESSURE else -12.0
        assert abs(louder_db - wanted_db) < 4.0


def _centroid_hz(y: NDArray[np.float64]) -> float:
    power = np.abs(np.fft.rfft(y * np.hanning(len(y)))) ** 2
    return float(np.sum(power * np.fft.rfftfreq(len(y), 1.0 / RATE)) / np.sum(power))


def test_velocity_plays_over_the_range_of_the_instrument(player: Instrument) -> None:
    assert player.card is not None
    levels = []
    for velocity in (0.01, 0.25, 0.5, 0.75, 1.0):
        y = played(player, [note_on(69, velocity)], 0.6)[RATE // 4 :]
        levels.append(10.0 * np.log10(np.mean(y**2)))
    assert np.all(np.diff(levels) > 1.0)
    spread_db = player.card.loudness_db.p99 - player.card.loudness_db.p05
    assert 0.7 * spread_db < levels[-1] - levels[0] < 1.2 * spread_db


def test_the_envelope_keeps_its_times(player: Instrument) -> None:
    params = {"attack_s": 0.1, "decay_s": 0.2, "sustain_db": -12.0, "release_s": 0.3}
    y = played(player, [note_on(81, 0.8), note_off(81, time=RATE // 2)], 1.0, params)
    period = round(RATE / key_hz(81))
    level_db = 20.0 * np.log10(np.array([np.max(np.abs(y[i : i + 4 * period])) + 1e-12 for i in range(0, RATE - 300, 240)]))
    top = int(np.argmax(level_db[:60]))
    assert abs(top * 240 / RATE - 0.1) < 0.02
    sustained_db = float(np.median(level_db[70:95]))
    assert abs(sustained_db - level_db[top] + 12.0) < 2.0
    falling_db = level_db[100 + 20] - level_db[100 + 40]
    assert abs(falling_db - 60.0 * 0.1 / 0.3) < 4.0
    assert not y[round(0.9 * RATE) :].any()


def test_nothing_clicks_when_notes_give_way(player: Instrument) -> None:
    """Stealing and retriggering make no step that is larger than those of the sound itself."""
    calm = played(player, [note_on(48 + i, 0.8) for i in range(4)], 0.5, {"polyphony": 4.0})
    events = [note_on(48 + i % 12, 0.8, time=4800 + 997 * i) for i in range(20)]
    stealing = played(player, [note_on(48 + i, 0.8) for i in range(4)] + events, 0.8, {"polyphony": 4.0})
    assert int(player.header["notes"]["stolen"]) >= 12
    steepest = np.max(np.abs(np.diff(calm, 2)))
    assert np.max(np.abs(np.diff(stealing, 2))) < 3.0 * steepest


def test_the_oldest_released_note_gives_way_first_and_then_the_quietest(player: Instrument) -> None:
    params = {"polyphony": 3.0, "release_s": 5.0}
    events = [note_on(60, 0.9), note_on(64, 0.2), note_on(67, 0.9), note_off(67, time=9600)]
    played(player, [*events, note_on(72, 0.9, time=14_400)], 0.4, params)
    assert _sounding(player) == {60, 64, 72}
    played(player, [*events, note_on(72, 0.9, time=14_400), note_on(76, 0.9, time=15_000)], 0.4, params)
    assert _sounding(player) == {60, 72, 76}


def _sounding(player: Instrument) -> set[int]:
    notes = player.header["notes"]
    return {int(notes["key"][row]) for row in range(1, N_ROWS) if notes["state"][row] in (HELD, RELEASED)}


def test_pedals_hold_what_they_should(player: Instrument) -> None:
    sustain = [NoteEvent(EVENT_SUSTAIN, 0, None, 1.0), note_on(60), note_off(60, time=100)]
    played(player, sustain, 0.1)
    assert states(player) == [HELD]
    played(player, [*sustain, NoteEvent(EVENT_SUSTAIN, 0, None, 0.0, 200)], 0.1)
    assert states(player) == [RELEASED]
    sostenuto = [note_on(60), NoteEvent(EVENT_SOSTENUTO, 0, None, 1.0, 50), note_on(64, time=60)]
    played(player, [*sostenuto, note_off(60, time=100), note_off(64, time=100)], 0.1)
    assert sorted(states(player)) == [HELD, RELEASED]
    played(player, [*sostenuto, note_off(60, time=100), NoteEvent(EVENT_SOSTENUTO, 0, None, 0.0, 200)], 0.1)
    assert sorted(states(player)) == [HELD, RELEASED]
    played(player, [note_on(60), note_on(64), NoteEvent(EVENT_ALL_NOTES_OFF, 0, None, 0.0, 100)], 0.1)
    assert states(player) == [RELEASED, RELEASED]


def test_one_note_at_a_time_returns_to_the_key_below(player: Instrument) -> None:
    for mode in (1.0, 2.0, 3.0):
        params = {"voice_mode": mode}
        y = played(player, [note_on(60), note_on(67, time=9600), note_off(67, time=24_000)], 1.0, params)
        assert abs(cents(partial_hz(y[12_000:], key_hz(67)), key_hz(67))) < 1.0
        assert abs(cents(partial_hz(y[30_000:], key_hz(60)), key_hz(60))) < 1.0
        assert states(player) == [HELD]
        assert int(player.header["notes"]["last_serial"]) == (3 if mode == 1.0 else 2)


@pytest.mark.parametrize(("by_interval", "halfway_s"), [(0.0, 0.2), (1.0, 0.2 * 7.0 / 12.0)])
def test_a_glide_takes_its_time(player: Instrument, by_interval: float, halfway_s: float) -> None:
    params = {"voice_mode": 3.0, "glide_s": 0.4, "glide_by": by_interval}
    player.reset(STILL | params)
    for event in (note_on(60), note_on(67, time=4800)):
        player.play(event)
    player.process(np.zeros(4800 + round(halfway_s * RATE), dtype=np.float32))
    assert abs(cents(float(player.header["notes"]["f0_to_hz"][1]), key_hz(63.5))) < 5.0


def test_a_long_note_trembles_and_a_short_one_does_not(player: Instrument) -> None:
    player.reset(STILL | {"vibrato_cents": 30.0, "vibrato_delay_s": 0.5})
    player.play(note_on(69))
    pitch = []
    for _ in range(2 * RATE // 64):
        player.process(np.zeros(64, dtype=np.float32))
        pitch.append(cents(float(player.header["notes"]["f0_to_hz"][1]), 440.0))
    early, late = np.array(pitch[: 750 // 2 - 8]), np.array(pitch[750:])
    assert np.max(np.abs(early)) < 0.01
    assert 29.0 < np.max(late) < 30.1
    crossings = np.count_nonzero((late[:-1] < 0.0) & (late[1:] >= 0.0))
    assert abs(crossings - 5.3) <= 1.0


def test_drift_is_small_and_repeats_with_the_seed(player: Instrument) -> None:
    def wandering() -> list[float]:
        player.reset(STILL | {"drift_cents": 10.0})
        player.play(note_on(69))
        pitch = []
        for _ in range(400):
            player.process(np.zeros(256, dtype=np.float32))
            pitch.append(cents(float(player.header["notes"]["f0_to_hz"][1]), 440.0))
        return pitch

    first, again = wandering(), wandering()
    assert first == again
    assert 2.0 < np.ptp(first) < 20.0


def test_keys_choose_the_pitch_and_the_voice_gives_loudness(player: Instrument) -> None:
    t = np.arange(RATE) / RATE
    voice = (0.2 * np.sin(2.0 * np.pi * 220.0 * t) * (t > 0.4)).astype(np.float32)
    player.reset(STILL | {"source": 3.0})
    player.play(note_on(76))
    y = player.process(voice).astype(np.float64)
    assert np.max(np.abs(y[: round(0.39 * RATE)])) < 1e-4
    assert abs(cents(partial_hz(y[36_000:], key_hz(76)), key_hz(76))) < 1.0
    assert np.max(np.abs(y[36_000:])) > 0.001


def test_the_voice_chooses_the_pitch_and_keys_give_loudness(player: Instrument) -> None:
    t = np.arange(RATE) / RATE
    voice = (0.2 * np.sin(2.0 * np.pi * 330.0 * t)).astype(np.float32)
    player.reset(STILL | {"source": 4.0})
    for event in (note_on(76, time=24_000), note_off(76, time=40_000)):
        player.play(event)
    y = player.process(voice).astype(np.float64)
    assert np.max(np.abs(y[:24_000])) < 1e-4
    assert abs(cents(partial_hz(y[28_000:], 330.0), 330.0)) < 3.0


def test_after_a_million_random_events_no_note_is_stuck(lively: Bundle) -> None:
    from tests.instrument.flood import flood

    instrument = Instrument(lively, Design(RATE))
    instrument.reset({"source": 2.0})
    broken, begun = flood(instrument, 1_000_000)
    assert broken == 0
    assert begun > 100_000
    instrument.process(np.zeros(round(0.5 * RATE), dtype=np.float32))
    assert states(instrument) == []


def test_panic_ends_every_note_and_the_next_one_sounds(player: Instrument) -> None:
    player.reset(STILL)
    for event in (NoteEvent(EVENT_SUSTAIN, 0, None, 1.0), note_on(60), note_on(64)):
        player.play(event)
    player.panic(4800)
    player.play(note_on(72, time=12_000))
    y = player.process(np.zeros(24_000, dtype=np.float32)).astype(np.float64)
    assert np.max(np.abs(y[:4800])) > 1e-3
    assert np.max(np.abs(y[4800 + 2 * player.hop : 12_000])) < 1e-6
    assert abs(cents(partial_hz(y[14_000:], key_hz(72)), key_hz(72))) < 2.0
    assert states(player) == [HELD]


def test_a_late_note_plays_at_once_and_is_counted(player: Instrument) -> None:
    player.reset(STILL)
    player.process(np.zeros(1000, dtype=np.float32))
    player.play(note_on(60, time=500))
    y = player.process(np.zeros(1000, dtype=np.float32))
    assert y[:3].any()
    assert int(player.header["notes"]["late"]) == 1
    assert FADING not in states(player)
