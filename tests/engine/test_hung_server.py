"""A sound server that hangs, or that threw us out while we hung: it lets nobody go, but nobody waits for it for ever."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from jambox.engine import cables as cables_module
from jambox.engine.cables import Cables
from jambox.engine.client import EngineClient, EngineGone
from jambox.engine.devices import CLOSE_WITHIN_S, Device, Route
from jambox.errors import DeviceError
from tests.engine.engine_process import has_ended, plays_on, started, until
from tests.engine.jack_server import JackServer

Start = Callable[..., JackServer]
GONE = r"system \(JACK Audio Connection Kit\) went away\."


def test_an_engine_that_is_stopped_without_its_server_plays_again_when_that_goes_on(jack_server: Start) -> None:
    server = jack_server(256, here=False)
    engine = started(instrument="cello", params={"reverb_mix": 0.35})
    before = engine.pid
    with server.standing_still():
        with pytest.raises(DeviceError, match=GONE):
            engine.request("stop")
        with pytest.raises(EngineGone):  # it begins anew, as the same process
            engine.poll(30.0)
        assert not engine.heal()
        assert engine.pid == before
        assert engine.request("status")["state"] == "stopped"
    engine.request("start")
    assert plays_on(engine)
    assert engine.request("status")["params"]["reverb_mix"] == 0.35


def test_a_device_that_is_changed_without_its_server_is_waited_for(jack_server: Start) -> None:
    server = jack_server(256, here=False)
    engine = started(instrument="cello", params={"reverb_mix": 0.35})
    with server.standing_still():
        # The engine may notice by itself before it comes to that: then it begins anew, and nobody answers.
        with pytest.raises((DeviceError, EngineGone)):
            engine.request("device", block_size=512)
        lost: list[dict[str, Any]] = []

        def told() -> bool:
            lost.extend(happening for happening in engine.poll(0.1) if happening["event"] == "device_lost")
            return False

        with pytest.raises(EngineGone):
            until(told)
        assert len(lost) == 1
    assert not engine.heal()
    until(lambda: engine.meters()["state"] == "playing")
    assert plays_on(engine)
    status = engine.request("status")
    assert (status["plan"]["instrument"], status["params"]["reverb_mix"]) == ("cello", 0.35)


def test_an_engine_that_waits_for_a_server_that_hangs_still_does_what_it_can(jack_server: Start) -> None:
    server = jack_server(256, here=False)
    engine = started(instrument="cello", params={"reverb_mix": 0.35})
    with server.standing_still():
        _wait_for_another_image(engine)
        assert engine.request("status")["state"] == "waiting for the device"
        with pytest.raises(DeviceError, match=r"does not answer"):
            engine.request("load", instrument="violin")
        engine.request("device", block_size=512)
        _wait_for_another_image(engine)
        plan = engine.request("status")["plan"]
        assert (plan["block_size"], plan["playing"]) == (512, True)
    until(lambda: engine.meters()["state"] == "playing")
    assert plays_on(engine)
    status = engine.request("status")
    assert status["latency_s"]["buffering"] == pytest.approx(512 / 48_000)
    assert (status["plan"]["instrument"], status["params"]["reverb_mix"]) == ("cello", 0.35)


@pytest.mark.parametrize("asked", ["stop", "quit"])
def test_an_engine_that_waits_for_a_server_that_hangs_can_be_stopped_and_ended(jack_server: Start, asked: str) -> None:
    server = jack_server(256, here=False)
    engine = started(instrument="cello")
    process = psutil.Process(engine.pid)
    with server.standing_still():
        _wait_for_another_image(engine)
        if asked == "stop":
            with pytest.raises(
                DeviceError, match=r"does not answer"
            ):  # as long as it does not know that it hangs, this waits
                engine.request("load", instrument="violin")
            engine.request("stop")
            _wait_for_another_image(engine)
            assert engine.request("status")["state"] == "stopped"
        engine.request("quit")
        until(lambda: has_ended(process))


def test_an_engine_that_hung_for_long_still_ends_when_it_is_asked_to(jack_server: Start) -> None:
    """As after a laptop's sleep: the server may have thrown it out, and then closes nothing for it."""
    jack_server(256, here=False)
    engine = started(instrument="violin")
    process = psutil.Process(engine.pid)
    os.kill(process.pid, signal.SIGSTOP)
    threading.Event().wait(6.0)  # how long a server is patient, nobody tells
    engine.ask("quit", unless_used=True)
    engine.close()
    os.kill(process.pid, signal.SIGCONT)
    until(lambda: has_ended(process))


def test_cables_are_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    class Hanging:
        def __init__(self, name: str) -> None:
            self.close = over.wait

    monkeypatch.setattr(cables_module, "Patchbay", Hanging)
    monkeypatch.setattr("jambox.engine.devices.CLOSE_WITHIN_S", CLOSE_WITHIN_S / 30.0)
    one = Device(0, "system", "JACK Audio Connection Kit", 2, 2, 48_000, True, True)
    cables = Cables(Route(one, one))
    assert not cables.close()
    assert cables.close()  # there is nothing left to let go of
    over.set()


def _wait_for_another_image(engine: EngineClient) -> None:
    with pytest.raises(EngineGone):
        until(lambda: engine.poll(0.1) is None)
    engine.heal()
