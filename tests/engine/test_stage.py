"""Instruments on the stage: one plays as it plays alone, another takes its place without a click, and leaves no trace."""

from __future__ import annotations

import gc
import time
import weakref

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.demo import demo_melody
from jambox.engine.callback import play_device_block
from jambox.engine.python_callback import OVERRUNS_UNTIL_BYPASS, PythonCallback
from jambox.engine.stage import ALL_CHANNELS, CROSSFADE_S, LISTEN_S, Stage
from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from jambox.instrument.own_voice import own_delay_size

RATE = 48_000
BLOCK = 256
LISTENING, FADING = round(LISTEN_S * RATE), round(CROSSFADE_S * RATE)


def play(stage: Stage, x: NDArray[np.float32], block: int = BLOCK) -> NDArray[np.float32]:
    """Mono through the entry of the compiled callback."""
    y = np.zeros_like(x)
    for first in range(0, len(x), block):
        part = x[first : first + block]
        play_device_block(stage.record, stage.f32, part, y[first : first + block], len(part), 0, 0.0)
    return y


@pytest.fixture(scope="module")
def melody() -> NDArray[np.float32]:
    return demo_melody(RATE)[: 2 * RATE]


def steepest(y: NDArray[np.float32]) -> float:
    """Largest bend between three neighbours: a click is one, a note has small ones."""
    return float(np.max(np.abs(np.diff(y.astype(np.float64), 2))))


@pytest.mark.parametrize("block", [64, 1000, 20_000])
def test_on_stage_an_instrument_plays_as_it_does_alone(block: int, melody: NDArray[np.float32]) -> None:
    alone = open_instrument("violin", Design(RATE)).process(melody)
    stage = Stage(RATE)
    assert stage.enter(open_instrument("violin", Design(RATE)))
    assert np.array_equal(play(stage, melody, block), alone)
    assert stage.position == len(melody)


def test_a_newcomer_takes_over_by_crossfade_and_is_then_alone(melody: NDArray[np.float32]) -> None:
    stage = Stage(RATE)
    stage.enter(open_instrument("violin", Design(RATE)))
    at = RATE // BLOCK * BLOCK
    before = play(stage, melody[:at])
    assert stage.enter(open_instrument("cello", Design(RATE), {"reverb_mix": 0.4}))
    after = play(stage, melody[at:])
    violin = open_instrument("violin", Design(RATE)).process(melody)
    cello = open_instrument("cello", Design(RATE), {"reverb_mix": 0.4}).process(melody[at:])
    assert np.array_equal(before, violin[:at])
    assert np.array_equal(after[:LISTENING], violin[at : at + LISTENING])
    # State clean: nothing of the violin is left in what plays from here on.
    assert np.array_equal(after[LISTENING + FADING :], cello[LISTENING + FADING :])
    fade = slice(LISTENING, LISTENING + FADING)
    low = np.minimum(violin[at:][fade], cello[fade])
    high = np.maximum(violin[at:][fade], cello[fade])
    assert np.all(after[fade] >= low - 1e-6)
    assert np.all(after[fade] <= high + 1e-6)
    middle = after[fade][FADING // 2 - 1]
    assert middle == pytest.approx(0.5 * (violin[at:][fade] + cello[fade])[FADING // 2 - 1], abs=1e-6)
    assert stage.record["swaps"] == 1


def test_a_swap_makes_no_click(melody: NDArray[np.float32]) -> None:
    stage = Stage(RATE)
    stage.enter(open_instrument("violin", Design(RATE)))
    play(stage, melody[:RATE])
    stage.enter(open_instrument("cello", Design(RATE)))
    y = play(stage, melody[RATE:])
    alone = [open_instrument(name, Design(RATE)).process(melody)[RATE:] for name in ("violin", "cello")]
    assert steepest(y[: LISTENING + 2 * FADING]) <= max(steepest(one) for one in alone)


def test_one_change_at_a_time_and_the_old_one_is_freed(melody: NDArray[np.float32]) -> None:
    stage = Stage(RATE)
    old = open_instrument("violin", Design(RATE))
    gone = weakref.ref(old)
    stage.enter(old)
    del old
    play(stage, melody[:BLOCK])
    assert stage.enter(open_instrument("cello", Design(RATE)))
    assert not stage.enter(open_instrument("violin", Design(RATE)))
    play(stage, melody[: LISTENING + FADING])
    assert not stage.changing
    assert len(stage.instruments) == 2
    assert stage.free_retired()
    gc.collect()
    assert gone() is None
    assert not stage.free_retired()
    assert stage.enter(open_instrument("violin", Design(RATE)))


def test_an_empty_stage_is_silent(melody: NDArray[np.float32]) -> None:
    assert not np.any(play(Stage(RATE), melody[:BLOCK]))


def test_panic_ends_all_sound_within_two_hops_without_a_click(melody: NDArray[np.float32]) -> None:
    violin = open_instrument("violin", Design(RATE), {"reverb_mix": 0.5})
    sounding = violin.process(melody[:RATE])
    violin.panic()
    silence = np.zeros(RATE // 2, dtype=np.float32)
    after = violin.process(silence)
    hop = violin.hop
    assert np.max(np.abs(sounding[-BLOCK:])) > 0.02
    assert steepest(np.concatenate([sounding[-BLOCK:], after[: 4 * hop]])) <= 1.5 * steepest(sounding)
    assert np.max(np.abs(after[3 * hop :])) < 1e-4
    again = violin.process(melody[:RATE])
    assert np.max(np.abs(again)) > 0.5 * np.max(np.abs(sounding))


def test_channels_go_where_they_are_told() -> None:
    stage = Stage(RATE)
    params = {"voice_level_db": 0.0, "harmonics_level_db": -60.0, "noise_level_db": -60.0, "reverb_mix": 0.0}
    stage.enter(open_instrument("violin", Design(RATE), params))
    record = stage.record
    record["channels_in"], record["channel_in"] = 2, ALL_CHANNELS
    record["channels_out"], record["first_out"], record["n_out"] = 4, 2, 2
    n = own_delay_size(RATE) + BLOCK
    frames_in = np.zeros((n, 2), dtype=np.float32)
    frames_in[:, 0], frames_in[:, 1] = 0.2, 0.1
    frames_in[5, 0] = np.nan
    frames_out = np.ones((n, 4), dtype=np.float32)
    play_device_block(record, stage.f32, frames_in.ravel(), frames_out.reshape(-1), n, 0, 0.0)
    assert not np.any(frames_out[:, :2])
    since = np.arange(n) - own_delay_size(RATE)
    expected = np.where((since >= 0) & (since != 5), 0.15, 0.0)
    assert np.max(np.abs(frames_out[:, 2] - expected)) < 1e-6
    assert np.array_equal(frames_out[:, 2], frames_out[:, 3])
    assert record["broken_inputs"] == 1


def test_left_and_right_go_to_their_channels_and_one_channel_gets_both(melody: NDArray[np.float32]) -> None:
    params = {"stereo_width": 1.0}
    expected = open_instrument("violin", Design(RATE), params).process_stereo(melody)
    for n_out, wanted in ((2, expected), (1, np.mean(expected, axis=1, keepdims=True))):
        stage = Stage(RATE)
        stage.enter(open_instrument("violin", Design(RATE), params))
        stage.record["channels_out"] = stage.record["n_out"] = n_out
        frames = np.zeros((len(melody), n_out), dtype=np.float32)
        for first in range(0, len(melody), BLOCK):
            part, into = melody[first : first + BLOCK], frames[first : first + BLOCK].reshape(-1)
            play_device_block(stage.record, stage.f32, part, into, len(part), 0, 0.0)
        assert np.max(np.abs(frames - wanted)) <= 1e-7


def test_a_dropout_is_put_down_to_whoever_caused_it() -> None:
    stage = Stage(RATE)
    x = np.zeros(BLOCK, dtype=np.float32)
    for cause, name in ((1, "dropouts_ours"), (2, "dropouts_machine"), (0, "dropouts_device")):
        stage.record["cause"] = cause
        play_device_block(stage.record, stage.f32, x, x.copy(), BLOCK, 4, 0.0)
        assert stage.record[name] == 1
    assert stage.record["underflows"] == 3


class _Slow:
    """A network that takes its time."""

    def __init__(self, inner: Instrument, seconds: float) -> None:
        self._sizes = len(inner.memory.row("amplitudes_to")), len(inner.memory.row("noise_to"))
        self.seconds = seconds
        self.steps = 0

    def reset(self) -> None:
        """Nothing to forget."""

    def warm_up(self) -> None:
        """Nothing to warm."""

    def step_rows(self, rows: NDArray[np.int64], *told: object) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Silence, late."""
        self.steps += 1
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            pass
        return tuple(np.zeros((len(rows), size), dtype=np.float32) for size in self._sizes)  # type: ignore[return-value]


def test_a_network_without_numbers_is_silent_and_counted(melody: NDArray[np.float32]) -> None:
    stage = Stage(RATE)
    broken = open_instrument("violin", Design(RATE))
    # Not from a file, which would be refused: as if memory had been hit.
    broken.memory.region("weights")[:] = np.nan
    stage.enter(broken)
    y = play(stage, melody[: RATE // 2])
    assert broken.header["network_faults"] > 100
    assert not np.any(y)
    assert stage.enter(open_instrument("cello", Design(RATE)))
    assert np.max(np.abs(play(stage, melody[RATE // 2 :]))) > 0.02


def test_a_network_that_is_too_slow_is_bypassed_until_another_comes(melody: NDArray[np.float32]) -> None:
    stage = Stage(RATE)
    slow = open_instrument("violin", Design(RATE))
    network = _Slow(slow, 0.05)
    slow.network = network
    slow.header["external_network"] = 1
    stage.enter(slow)
    callback = PythonCallback(stage)
    y = np.ones(BLOCK, dtype=np.float32)
    for number in range(10):
        callback.play(melody[number * BLOCK : (number + 1) * BLOCK], y, BLOCK, 0)
    assert stage.record["bypassed"] == 1
    assert not np.any(y)
    assert OVERRUNS_UNTIL_BYPASS <= network.steps <= 2 * OVERRUNS_UNTIL_BYPASS
    assert stage.enter(open_instrument("cello", Design(RATE)))
    heard = []
    for number in range(10, 200):
        callback.play(melody[number * BLOCK : (number + 1) * BLOCK], y, BLOCK, 0)
        heard.append(float(np.max(np.abs(y))))
    assert stage.record["bypassed"] == 0 or stage.record["swaps"] == 1
    assert max(heard) > 0.02
