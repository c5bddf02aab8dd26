"""Keyboards: real MIDI ports that come and go, each message one block after it came, and what it moves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rtmidi

from jambox.engine.callback import play_device_block
from jambox.engine.client import EngineClient
from jambox.engine.keyboards import SILENT_S, Keyboard, Keyboards
from jambox.engine.stage import Stage
from jambox.errors import JamboxError
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from jambox.midi.ports import LONGEST_WAIT_S, Arrivals, InputPort, OutputPort, PortName
from jambox.presets import numbered
from tests.cli.command import Jambox
from tests.engine.engine_process import event, started, until
from tests.engine.jack_server import JackServer
from tests.engine.keyboard import SHORT, played

Start = Callable[..., JackServer]
RATE, BLOCK = 48_000, 128


@pytest.fixture
def jambox(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Jambox:
    return Jambox(capsys, monkeypatch)


class Cable:
    """A port as rtmidi has it, with messages and the seconds since the last one in it."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[int], float]] = []

    def get_message(self) -> tuple[list[int], float] | None:
        return self.messages.pop(0) if self.messages else None


@contextmanager
def keys(name: str = "keys") -> Iterator[Any]:
    """A keyboard on the JACK server that is there."""
    port = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name=name)
    port.open_virtual_port("out")
    try:
        yield port
    finally:
        port.close_port()
        port.delete()


def on_stage(params: dict[str, float]) -> tuple[Stage, Keyboards, Cable]:
    """A stage whose device keeps perfect time, by a clock of the test's, and a keyboard on a cable."""
    stage, keyboards, cable = Stage(RATE), Keyboards(), Cable()
    stage.enter(open_instrument("violin", Design(RATE), params))
    keyboards.stage = stage
    keyboards.open = (Keyboard(InputPort(PortName("cable", "test"), cable)),)
    return stage, keyboards, cable


def play_blocks(stage: Stage, n: int) -> np.ndarray:
    """So many blocks of a device whose stream began at second 100."""
    y = np.zeros((n, BLOCK), dtype=np.float32)
    for block in y:
        now_s = 100.0 + stage.position / RATE
        play_device_block(stage.record, stage.f32, np.zeros(BLOCK, dtype=np.float32), block, BLOCK, 0, now_s)
    return y.reshape(-1)


@pytest.mark.parametrize("into", [0, 1, 60, 127])
def test_a_note_begins_one_block_after_its_stamp_whenever_it_is_fetched(into: int) -> None:
    stage, keyboards, cable = on_stage(SHORT)
    play_blocks(stage, 20)
    stamp = stage.position - BLOCK + into
    came_s = time.monotonic()
    stage.stream_time = lambda: 100.0 + stamp / RATE + time.monotonic() - came_s
    cable.messages.append(([0x90, 69, 100], 0.0))
    keyboards.read()
    first = stage.position
    y = play_blocks(stage, 30)
    starts = int(stage.instruments[0].header["applied"]["time"][0])
    # Between the two readings of the clock some samples may pass.
    assert stamp + BLOCK <= starts <= stamp + BLOCK + 10
    assert first + int(np.flatnonzero(y)[0]) == starts
    assert stage.instruments[0].header["notes"]["late"] == 0


def test_moments_of_arrival_are_those_of_the_port_however_late_it_is_asked() -> None:
    arrivals, source = Arrivals(), np.random.default_rng(1)
    came_s, errors, last_s = 50.0, [], None
    for _ in range(400):
        came_s += source.uniform(0.01, 0.3)
        fetched_s = came_s + source.uniform(0.0001, 0.004)
        moment_s = arrivals.moment_s(0.0 if last_s is None else came_s - last_s, fetched_s)
        errors.append(moment_s - came_s)
        last_s = came_s
    assert np.ptp(errors[50:]) < 0.001
    # Where the port loses count, it is asked for the time again.
    assert abs(arrivals.moment_s(0.0, came_s + 5.0) - (came_s + 5.0)) < LONGEST_WAIT_S


def test_a_cable_that_was_sensed_and_falls_silent_is_let_go_of() -> None:
    stage, keyboards, cable = on_stage(SHORT)
    play_blocks(stage, 4)
    cable.messages += [([0xFE], 0.0), ([0x90, 60, 100], 0.0)]
    keyboards.read()
    play_blocks(stage, 4)
    assert stage.instruments[0].meters()["notes"] == 1
    keyboards.open[0].heard_s -= SILENT_S
    keyboards.read()
    play_blocks(stage, 100)
    assert stage.instruments[0].meters()["notes"] == 0


class Listener(OutputPort):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.name, self.heard = PortName("listener", "test"), []

    def send(self, message: bytes) -> None:
        self.heard.append(message)


def test_what_is_sung_goes_out_as_notes_while_it_is_sung() -> None:
    stage, keyboards, _ = on_stage({})
    listener = Listener()
    keyboards.melody = (listener,)
    t = np.arange(RATE // BLOCK * BLOCK) / RATE
    voice = (0.2 * np.sin(2.0 * np.pi * 220.0 * t) * ((t > 0.2) & (t < 0.7))).astype(np.float32)
    for first in range(0, len(voice), BLOCK):
        play_device_block(stage.record, stage.f32, voice[first : first + BLOCK], voice[:BLOCK].copy(), BLOCK, 0, 0.0)
        keyboards.sing()
    assert [message[1] for message in listener.heard if message[0] == 0x90] == [57]
    assert [message[1] for message in listener.heard if message[0] == 0x80] == [57]
    keyboards.stage = None
    keyboards.sing()


def test_a_keyboard_plays_turns_and_chooses_and_its_keys_go_up_when_it_is_pulled(
    jack_server: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jambox: Jambox
) -> None:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    jack_server(256, here=False)
    engine = started(instrument="violin", params=SHORT)
    assert engine.request("midi")["open"] == []
    with keys() as port:
        found = engine.request("midi", ports=["KEYS"])
        assert [name["name"] for name in found["open"]] == ["keys:out", "jambox-midi:in"]
        assert engine.meters()["notes"] == 0
        port.send_message([0x90, 60, 100])
        port.send_message([0x90, 64, 100])
        until(lambda: engine.meters()["notes"] == 2)
        assert engine.meters()["midi_notes"] == 2
        assert engine.meters()["midi_ports"] == 2
        assert "plays  keys:out (JACK)" in jambox("engine", "midi").out
        ears = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="ears")
        ears.open_virtual_port("in")
        told = engine.request("midi", melody=["ears"])["melody"]
        assert [name["name"] for name in told] == ["ears:in", "jambox-midi:melody"]
        until(lambda: ears.get_message() is not None)
        assert engine.request("midi", melody=[])["melody"] == []
        ears.close_port()
        ears.delete()
    assert event(engine, "midi")["text"] == "keys:out went away."
    until(lambda: engine.meters()["notes"] == 0)
    with keys() as port:
        assert event(engine, "midi")["text"] == "keys:out is played from."
        port.send_message([0xB0, 126, 1])
        until(lambda: engine.params()["voice_mode"] == 1.0)
        engine.request("learn", param="reverb_mix", minimum=0.0, maximum=0.5)
        for place in (10, 11):
            port.send_message([0xB0, 20, place])
        assert "CC 20" in event(engine, "learnt")["text"]
        port.send_message([0xB0, 20, 0])
        port.send_message([0xB0, 20, 127])
        until(lambda: engine.params()["reverb_mix"] == 0.5)
        assert any("CC 20" in line for line in engine.request("mappings")["mappings"]["keys:out"])
        port.send_message([0xC0, 0])
        assert event(engine, "loaded")["preset"] == numbered()[0]
        port.send_message([0xC0, 127])
        assert "there are" in event(engine, "midi")["text"]
    assert [name["name"] for name in engine.request("midi", ports=[])["open"]] == []


def test_over_real_ports_a_key_sounds_one_period_after_a_bare_port_has_it(jack_server: Start) -> None:
    jack_server(128, here=False)
    result = played(20)
    assert result.sent == result.notes == len(result.heard_s)
    # The limit of the figure is 0.5 ms on a machine that does nothing else.
    assert result.beyond_ms() < 2.0


def test_a_machine_without_midi_is_told_so_and_plays_on(
    runtime_folder: Path, monkeypatch: pytest.MonkeyPatch, jambox: Jambox
) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "none-at-all")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    if rtmidi.API_LINUX_ALSA in rtmidi.get_compiled_api() and Path("/dev/snd/seq").exists():
        pytest.skip("this machine has MIDI of its own")
    assert "no MIDI" in jambox("midi").refusal()
    engine = EngineClient.join_or_start(folder=runtime_folder)
    with pytest.raises(JamboxError, match="no MIDI"):
        engine.request("midi", ports=["all"])
    assert engine.request("status")["state"] == "stopped"
