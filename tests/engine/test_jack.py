"""What is asked of a JACK server beside sound: its period, its cables, the true round trip."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jack
import psutil
import pytest

from jambox.engine import buffers, devices
from jambox.engine.buffers import Trial, recommendation, try_sizes
from jambox.engine.devices import Device, Route
from jambox.engine.engine import Engine, Settings, device_and_buffering
from jambox.engine.jack import Patchbay
from jambox.engine.plan import saved_plan
from jambox.engine.round_trip import instrument_latency_s, measure_round_trip
from jambox.errors import DeviceError
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from tests.engine.engine_process import started, until
from tests.engine.jack_server import JackServer

Start = Callable[..., JackServer]
CARD = Device(0, "Card", "ALSA", 2, 2, 48_000, True, True)


def test_the_round_trip_over_a_cable_is_the_servers_period_and_our_block(jack_server: Start) -> None:
    jack_server(256)
    route = devices.choose_route()
    with pytest.raises(DeviceError, match="Nothing came back"):
        measure_round_trip(route, 48_000, repeats=1)
    trip = measure_round_trip(route, 48_000, repeats=2, loop=True)
    assert set(trip.samples) == {256}
    assert trip.block_size == 256


@pytest.mark.parametrize("asked", [0, 128, 512])
def test_what_a_stream_promises_is_what_is_measured_and_split_alike(jack_server: Start, asked: int) -> None:
    jack_server(256)
    route = devices.choose_route()
    trip = measure_round_trip(route, 48_000, asked, repeats=2, loop=True)
    engine = Engine(Settings("violin", {}, block_size=asked), route)
    promised = engine.latency
    assert engine.stop()
    measured = device_and_buffering(trip.seconds, asked / 48_000)
    assert (promised.device, promised.buffering) == pytest.approx(measured)
    # The server's period is the device's, the block beside it is ours.
    assert measured == pytest.approx((256 / 48_000, asked / 48_000))


def test_what_the_instrument_adds_is_split_into_hearing_and_playing() -> None:
    heard, played = instrument_latency_s(open_instrument("violin", Design(48_000), {"reverb_mix": 0.0}))
    assert 0.0 < heard < heard + played < 0.009


def test_block_sizes_are_tried_on_the_server_and_its_own_is_put_back(jack_server: Start) -> None:
    jack_server(512)
    trials = list(try_sizes(Settings("violin", {}), devices.choose_route(), 0.3, (128, 1024), under_load=False))
    assert trials[0].block_size == 128
    assert trials[0].load_p999 > 0.0
    assert len(trials) == 1 or not trials[0].safe
    with Patchbay() as bay:
        assert bay.period == 512


def test_the_smallest_safe_size_is_recommended_in_one_sentence() -> None:
    route = Route(CARD, CARD)
    bad, good = Trial(32, 4.0, 3, 0.5, 0.006), Trial(64, 4.0, 0, 0.4, 0.0071)
    said = recommendation([bad, good], route)
    assert said == ("The smallest safe block size is 64 frames (7.1 ms from microphone to loudspeaker): --block-size 64.")
    assert "the best was 32 frames with 3" in recommendation([bad], route)
    assert not Trial(64, 4.0, 0, 0.9, 0.007).safe


def test_cables_are_remembered(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    recorder = jack.Client("daw")
    recorder.inports.register("in")
    try:
        recorder.activate()
        recorder.connect("jambox:out_0", "daw:in")
        recorder.disconnect("jambox:out_0", "system:playback_1")
        until(lambda: ("jambox:out_0", "daw:in") in (saved_plan(runtime_folder).cables or []))
        engine.request("device", block_size=256)
        for port, others in (("jambox:out_0", ["daw:in"]), ("jambox:in_0", ["system:capture_1"])):
            assert [other.name for other in recorder.get_all_connections(port)] == others
    finally:
        # A client must let go before its server dies.
        recorder.deactivate()
        recorder.close()


def test_a_size_that_the_device_refuses_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def tried(settings: Settings, route: Route, seconds: float, size: int, bay: Patchbay | None) -> Trial:
        if size < 128:
            raise DeviceError(f"The JACK server does not take a period of {size} frames.")
        return Trial(size, seconds, 0, 0.1, 0.01)

    monkeypatch.setattr(buffers, "_try", tried)
    settings, route = Settings("violin", {}), Route(CARD, CARD)
    assert [trial.block_size for trial in try_sizes(settings, route, under_load=False)] == [128]
    with pytest.raises(DeviceError, match="64 frames"):
        list(try_sizes(settings, route, sizes=(32, 64), under_load=False))


@pytest.mark.skipif(sys.platform == "win32", reason="the signal is POSIX")
def test_what_burns_a_core_ends_with_whoever_started_it() -> None:
    code = "from jambox.engine.buffers import burn_a_core as b; p = b(); print(p.pid, flush=True); input()"
    starter = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    burner = psutil.Process(int(starter.stdout.readline()))
    starter.kill()
    starter.communicate()
    with contextlib.suppress(psutil.NoSuchProcess):
        burner.wait(10)
    assert not burner.is_running()


def test_a_server_that_died_answers_no_more(jack_server: Callable[..., JackServer]) -> None:
    server = jack_server(256, here=False)
    script = "from jambox.engine.jack import Patchbay; bay = Patchbay(); "
    script += "print(bay.answers, flush=True); input(); print(bay.answers)"
    command = [sys.executable, "-c", script]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    server.kill()
    out, errors = process.communicate("\n", timeout=30)
    assert (process.returncode, out) == (0, "False\n"), errors
