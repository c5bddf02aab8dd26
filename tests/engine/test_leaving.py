"""Who is the last to leave ends an engine whose host has left before; one that was started to stay plays on."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest

from jambox.engine.client import EngineClient, EngineGone
from tests.engine.commanded import begun, playing, run
from tests.engine.engine_process import event, plays_on, started, until
from tests.engine.jack_server import JackServer

Start = Callable[..., JackServer]


@pytest.fixture
def kept(jack_server: Start) -> Iterator[subprocess.Popen[bytes]]:
    """An engine that nobody hosts."""
    jack_server(256, here=False)
    process = subprocess.Popen([sys.executable, "-m", "jambox.engine"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    while b"ready" not in process.stdout.readline():
        pass
    yield process
    process.kill()
    process.communicate()


def ended(engine: EngineClient) -> bool:
    """Whether the engine of that client has gone."""
    try:
        engine.poll()
    except EngineGone:
        return True
    return False


def test_the_last_guest_ends_what_its_host_left_behind(jack_server: Start) -> None:
    jack_server(256, here=False)
    host = started(instrument="violin")
    one, other = EngineClient.join(), EngineClient.join()
    assert host.request("quit", unless_used=True)["left_running"]
    host.close()
    # Both ask before either has closed its end.
    assert one.request("quit", unless_used=True, as_guest=True)["left_running"]
    assert plays_on(other)
    assert "left_running" not in other.request("quit", unless_used=True, as_guest=True)
    until(lambda: ended(other))


def test_a_guest_that_dies_as_the_last_leaves_nothing_behind(jack_server: Start) -> None:
    jack_server(256, here=False)
    host = started(instrument="violin")
    process = psutil.Process(host.pid)
    guest = playing()
    assert host.request("quit", unless_used=True)["left_running"]
    host.close()
    guest.kill()
    guest.communicate()
    assert process.wait(30) == 0


def test_that_the_host_has_left_is_known_after_the_device_was_lost_too(jack_server: Start) -> None:
    server = jack_server(256, here=False)
    host = started(instrument="violin")
    guest = EngineClient.join()
    assert host.request("quit", unless_used=True)["left_running"]
    host.close()
    server.kill()
    event(guest, "device_lost")
    with pytest.raises(EngineGone):
        guest.poll(10.0)
    assert not guest.heal()
    assert "left_running" not in guest.request("quit", unless_used=True, as_guest=True)
    until(lambda: ended(guest))


def test_what_was_started_to_stay_plays_on_without_its_guests(kept: subprocess.Popen[bytes]) -> None:
    done = run("play", "--seconds", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("Left; the engine plays on.\n")
    both = [begun("play", "--seconds", "1") for _ in range(2)]
    assert all(process.communicate(timeout=60)[0].endswith("Left; the engine plays on.\n") for process in both)
    assert kept.poll() is None
    assert plays_on(EngineClient.join())


def test_of_several_that_play_at_once_none_leaves_the_microphone_open(jack_server: Start) -> None:
    jack_server(256, here=False)
    several = [begun("play", "--seconds", "5") for _ in range(4)]
    told = [process.communicate(timeout=120) for process in several]
    assert [process.returncode for process in several] == [0] * 4, told
    assert any(out.splitlines()[-1].startswith("Stopped, with") for out, _ in told)
    assert run("engine", "status").stderr == "jambox: No engine runs.\n"


def test_a_host_that_leaves_a_guest_behind_lets_that_one_end_it(jack_server: Start) -> None:
    jack_server(256, here=False)
    host, guest = playing(), playing()
    host.send_signal(signal.SIGINT)
    assert host.communicate(timeout=30)[0].endswith("Left; the engine plays on.\n")
    guest.send_signal(signal.SIGINT)
    assert "Stopped, with" in guest.communicate(timeout=30)[0]
    assert run("engine", "status").stderr == "jambox: No engine runs.\n"
