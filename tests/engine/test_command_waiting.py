"""`jambox play` beside an engine that waits for its device, or that hangs: what is awaited is said, nothing is made up."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator

import psutil
import pytest

from jambox.engine.client import EngineClient
from jambox.errors import JamboxError
from tests.engine.commanded import begun, lines_until, playing, run
from tests.engine.engine_process import event, plays_on, started, until
from tests.engine.jack_server import JackServer

Start = Callable[..., JackServer]


def waiting() -> EngineClient:
    """A client of the engine that has begun anew, since its sound server went away."""

    def awaits() -> bool:
        # It may be found as it ends its old image: then it is asked again.
        with contextlib.suppress(JamboxError):
            client = EngineClient.join()
            found.append(client)
            return bool(client.request("status")["state"] == "waiting for the device")
        return False

    found: list[EngineClient] = []
    until(awaits)
    return found[-1]


@pytest.fixture
def first(jack_server: Start) -> Iterator[tuple[JackServer, subprocess.Popen[str]]]:
    """A server and a `jambox play` on it, which ends with the test."""
    server = jack_server(256, here=False)
    process = playing()
    yield server, process
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=10)
        process.kill()
        process.communicate()


def test_a_play_joins_an_engine_that_waits_for_its_device_and_says_so(
    first: tuple[JackServer, subprocess.Popen[str]],
) -> None:
    server, _ = first
    server.kill()
    engine = waiting()
    plain = run("play", "--seconds", "2")
    assert plain.returncode == 0, plain.stderr
    told = plain.stdout.splitlines()
    assert told[0] == f"Joined the engine that runs already (process {engine.pid})."
    assert told[1] == "It waits for the device system, to play violin on it. Ctrl-C leaves it."
    assert [line.split(maxsplit=1)[1] for line in told[2:4]] == ["waiting for the device"] * 2
    refused = run("play", "-i", "kazoo", "--seconds", "1")
    assert refused.returncode == 3
    assert "no instrument named" in refused.stderr
    refused = run("play", "--seed", "3", "--seconds", "1")
    assert refused.returncode == 2
    assert "runs already" in refused.stderr
    other = run("play", "-i", "cello", "--set", "reverb_mix=0.3", "--seconds", "1")
    assert other.returncode == 0, other.stderr
    assert "to play cello on it" in other.stdout
    server.begin()
    assert event(engine, "playing")["instrument"] == "cello"
    assert plays_on(engine)
    assert engine.params()["reverb_mix"] == 0.3


def test_a_play_says_of_a_server_that_hangs_that_the_device_is_waited_for(
    first: tuple[JackServer, subprocess.Popen[str]],
) -> None:
    server, _ = first
    with server.standing_still():
        waiting().close()
        done = run("play", "--seconds", "1")
        assert done.returncode == 0, done.stderr
        assert "It waits for the device system" in done.stdout
        assert "dB" not in done.stdout


def test_a_device_that_does_not_answer_the_first_play_is_said_to(jack_server: Start) -> None:
    server = jack_server(256, here=False)
    with server.standing_still():
        process = begun("play", "--seconds", "0.2")
        assert process.stderr is not None
        told = lines_until(process.stderr, "not answered")
        assert told[-1] == "jambox: The device has not answered yet; it is waited for.\n"
    process.kill()
    process.communicate()


def test_the_line_of_a_play_shows_no_pitch_while_the_device_is_awaited(
    first: tuple[JackServer, subprocess.Popen[str]],
) -> None:
    server, process = first
    assert process.stdout is not None
    server.kill()
    lines_until(process.stdout, "waiting for the device")
    assert "waiting for the device" in process.stdout.readline()
    server.begin()
    assert "dB" in lines_until(process.stdout, "dropouts")[-1]


def test_an_engine_that_hangs_is_said_once_not_to_answer_and_then_to_answer_again(jack_server: Start) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    process = begun("play")
    assert process.stdout is not None
    assert process.stderr is not None
    lines_until(process.stdout, "dropouts")
    os.kill(engine.pid, signal.SIGSTOP)
    try:
        assert process.stderr.readline() == "jambox: The engine does not answer.\n"
    finally:
        os.kill(engine.pid, signal.SIGCONT)
    told = lines_until(process.stderr, "again")
    assert "does not answer" not in "".join(told)
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "standing still" in rest


def test_a_host_does_not_wait_long_for_an_engine_that_hangs(first: tuple[JackServer, subprocess.Popen[str]]) -> None:
    _, process = first
    engine = EngineClient.join()
    held = psutil.Process(engine.pid)
    engine.close()
    os.kill(held.pid, signal.SIGSTOP)
    try:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 1
        assert errors.splitlines()[-1] == "jambox: The engine does not answer; it ends when it does."
    finally:
        os.kill(held.pid, signal.SIGCONT)
    with contextlib.suppress(psutil.NoSuchProcess):
        held.wait(30)
