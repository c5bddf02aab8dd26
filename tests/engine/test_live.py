"""The live instrument against its offline twin, over a real JACK server."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.engine import devices
from jambox.engine.engine import Engine, Settings
from jambox.instrument import Design, Runtime
from jambox.instrument.opening import open_instrument
from jambox.instrument.own_voice import own_delay_size
from jambox.render import render_samples, replay_take
from jambox.take import Take
from tests.engine.jack_server import JackServer
from tests.engine.patch import Patch

Start = Callable[..., JackServer]


def play_take(
    voice: NDArray[np.float32], log: Path, runtime: Runtime = "compiled", freewheel: bool = False, record_s: float = 0.3
) -> tuple[Take, int, NDArray[np.float32]]:
    """Sing `voice` into a live violin while parameters change; the take, the dropouts, and what JACK carried away."""
    settings = Settings("violin", {"pitch_shift_st": 12}, runtime=runtime, log=log, fade_in_s=0.5)
    engine = Engine(settings, devices.choose_route())
    engine.start()
    try:
        with Patch(voice, record_s) as patch:
            patch.freewheel(freewheel)
            turn = 0
            # The turning of knobs has no rhythm of its own: it happens whenever the wait times out.
            while not patch.done.wait(0.02):
                turn += 1
                engine.set("reverb_mix", (turn % 11) / 10)
                engine.set("pitch_shift_st", 12 - turn % 3)
            patch.freewheel(False)
        dropouts = engine.load.read().dropouts
    finally:
        engine.stop()
    assert engine.log_problem is None
    return Take(log), dropouts, patch.heard


@pytest.mark.parametrize("period", [64, 128, 1024])
@pytest.mark.parametrize("freewheel", [True, False], ids=["freewheel", "realtime"])
def test_a_replayed_run_gives_the_same_samples_as_the_live_one(
    period: int, freewheel: bool, jack_server: Start, voice: NDArray[np.float32], tmp_path: Path
) -> None:
    jack_server(period)
    take, _, _ = play_take(voice, tmp_path / "take", freewheel=freewheel)
    assert len(take.output) >= len(voice)
    assert len(take.events) >= 4
    assert np.max(np.abs(take.output)) > 0.05
    replayed = replay_take(tmp_path / "take").samples
    assert np.max(np.abs(replayed - take.output)) == 0.0


@pytest.mark.parametrize("sample_rate", [44_100, 96_000])
def test_other_device_rates_are_played_as_they_are(
    sample_rate: int, jack_server: Start, voice: NDArray[np.float32], tmp_path: Path
) -> None:
    jack_server(256, sample_rate)
    take, _, _ = play_take(voice, tmp_path / "take", freewheel=True)
    assert take.session.sample_rate == sample_rate
    assert np.max(np.abs(take.output)) > 0.05
    assert np.max(np.abs(replay_take(tmp_path / "take").samples - take.output)) == 0.0


def test_what_the_log_says_was_played_is_what_left_the_device(
    jack_server: Start, voice: NDArray[np.float32], tmp_path: Path
) -> None:
    jack_server(128)
    take, _, heard = play_take(voice, tmp_path / "take", freewheel=True)
    # The patch began to listen some blocks after the run began: find its stretch in the log.
    probe = heard[len(voice) // 2 :][:4096]
    windows = np.lib.stride_tricks.sliding_window_view(take.output, len(probe))[::64]
    distance = np.max(np.abs(windows - probe), axis=1)
    assert distance.min() == 0.0
    assert np.max(np.abs(probe)) > 0.01


def test_the_torchscript_runtime_plays_live_what_the_compiled_one_plays_offline(
    jack_server: Start, voice: NDArray[np.float32], tmp_path: Path
) -> None:
    jack_server(256)
    take, _, _ = play_take(voice, tmp_path / "take", runtime="torchscript")
    session = take.session
    compiled = open_instrument("violin", Design(session.sample_rate, fade_in_s=session.fade_in_s), session.params)
    again = replay_take(tmp_path / "take").samples
    assert 20 * np.log10(np.max(np.abs(again - take.output)) + 1e-12) <= -80.0
    # Without the changes of the run: both runtimes from the same start.
    x = take.input[:96_000]
    script = open_instrument("violin", Design(session.sample_rate), {"pitch_shift_st": 12}, "torchscript")
    compiled = open_instrument("violin", Design(session.sample_rate), {"pitch_shift_st": 12})
    difference = render_samples(script, x).samples - render_samples(compiled, x).samples
    assert 20 * np.log10(np.max(np.abs(difference)) + 1e-12) <= -80.0


@pytest.mark.parametrize("period", [64, 256])
def test_the_dry_path_takes_one_period_round_the_loop_and_as_long_as_the_instrument(period: int, jack_server: Start) -> None:
    jack_server(period)
    params = {"voice_level_db": 0.0, "harmonics_level_db": -60.0, "noise_level_db": -60.0, "reverb_mix": 0.0}
    engine = Engine(Settings("violin", params), devices.choose_route())
    engine.start()
    impulse = np.zeros(48_000, dtype=np.float32)
    impulse[24_000] = 0.5
    with Patch(impulse, 0.1) as patch:
        patch.freewheel(True)
        assert patch.done.wait(20)
        patch.freewheel(False)
    engine.stop()
    assert int(np.argmax(np.abs(patch.heard))) - 24_000 == period + own_delay_size(48_000)
    assert abs(float(np.max(patch.heard)) - 0.5) < 1e-4


def test_a_run_that_is_stopped_fades_out_and_closes_its_log(jack_server: Start, tmp_path: Path) -> None:
    jack_server(128)
    engine = Engine(Settings("violin", {"voice_level_db": 0.0}, log=tmp_path / "take"), devices.choose_route())
    engine.start()
    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(96_000) / 48_000)
    with Patch(tone.astype(np.float32)) as patch:
        assert patch.done.wait(1.0) is False
        engine.stop()
    take = Take(tmp_path / "take")
    last = take.output[-64:]
    assert np.max(np.abs(take.output)) > 0.2
    assert np.max(np.abs(last)) < 0.01
    assert any(event.id == "output_gain_db" for event in take.events)


def test_an_engine_that_was_stopped_leaves_no_memory_behind(jack_server: Start) -> None:
    """Its instruments are tens of megabytes, and the collector of circles comes rarely to a process that waits."""
    jack_server(256)
    engine = Engine(Settings("violin", {}), devices.choose_route())
    engine.start()
    engine.wait(0.3)
    kept = weakref.ref(engine.stage)
    gc.disable()
    try:
        engine.stop()
        del engine
        assert kept() is None
    finally:
        gc.enable()
