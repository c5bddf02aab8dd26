"""The engine process and its clients: one engine, any number of front ends, and whatever goes wrong between them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jambox.engine.channel import connect
from jambox.engine.client import EngineClient, EngineGone
from jambox.engine.runtime import LOG_FILE, SOCKET_FILE, STATE_FILE
from jambox.errors import BadInput, BadModel, DeviceError
from tests.engine.engine_process import event, plays_on, started, until
from tests.engine.jack_server import JackServer

Start = Callable[..., JackServer]


def test_a_second_start_joins_the_engine_that_runs(jack_server: Start) -> None:
    jack_server(256, here=False)
    host = started(instrument="violin", params={"reverb_mix": 0.3})
    guest = EngineClient.join_or_start()
    assert host.hosting
    assert not guest.hosting
    assert guest.pid == host.pid
    guest.request("set", values={"reverb_mix": 0.6})
    until(lambda: host.params()["reverb_mix"] == 0.6)
    assert guest.request("status")["params"]["reverb_mix"] == 0.6
    assert host.request("quit", unless_used=True)["left_running"]
    guest.close()
    assert "left_running" not in host.request("quit", unless_used=True)
    with pytest.raises(EngineGone):
        EngineClient.join()


def test_an_engine_that_is_compiled_needs_neither_numba_nor_torch_to_play(jack_server: Start) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    engine.request("set", values={"reverb_mix": 0.3})
    engine.request("load", instrument="cello")
    until(lambda: engine.meters()["swaps"] == 1)
    mapped = Path(f"/proc/{engine.pid}/maps").read_text(encoding="utf-8")
    assert "llvmlite" in mapped
    assert not [name for name in ("/numba/", "/torch/", "/scipy/") if name in mapped]


def test_two_starts_at_once_make_one_engine(runtime_folder: Path) -> None:
    with ThreadPoolExecutor(2) as both:
        one, other = both.map(lambda number: EngineClient.join_or_start(folder=runtime_folder), range(2))
    assert one.pid == other.pid
    assert one.hosting != other.hosting


def test_an_engine_that_is_asked_by_the_system_leaves_in_good_order(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    os.kill(engine.pid, signal.SIGTERM)
    assert event(engine, "ended")["text"] == "The engine was ended."
    with pytest.raises(EngineGone):
        engine.poll(10.0)
    assert json.loads((runtime_folder / STATE_FILE).read_text(encoding="utf-8"))["playing"] is False


def test_meters_tell_what_is_heard_and_the_scope_shows_it(jack_server: Start) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    meters = engine.meters()
    assert meters["sample_rate"] == 48_000
    assert meters["callbacks"] > 0
    assert meters["latency_device_s"] > 0.0
    assert meters["loudness_db"] < -60.0
    until(lambda: len(engine.scope(0.1)[1]) == 4800)
    heard, played = engine.scope(0.1)
    assert heard.shape == played.shape
    assert float(abs(heard).max()) == 0.0


def test_what_a_killed_engine_leaves_behind_does_not_hinder_the_next(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin", params={"reverb_mix": 0.45})
    os.kill(engine.pid, signal.SIGKILL)
    with pytest.raises(EngineGone):
        engine.poll(10.0)
    assert (runtime_folder / SOCKET_FILE).exists()
    fresh = EngineClient.join_or_start()
    assert fresh.hosting
    assert fresh.pid != engine.pid
    assert fresh.request("status")["state"] == "stopped"


def test_an_engine_that_is_killed_is_healed_with_its_parameters(jack_server: Start) -> None:
    jack_server(256, here=False)
    engine = started(instrument="cello", params={"pitch_shift_st": -12.0})
    engine.request("set", values={"reverb_mix": 0.77})
    until(lambda: engine.params()["reverb_mix"] == 0.77)
    before = engine.pid
    os.kill(before, signal.SIGKILL)
    with pytest.raises(EngineGone):
        engine.poll(10.0)
    assert engine.heal()
    assert engine.pid != before
    until(lambda: engine.meters()["state"] == "playing" and engine.meters()["position"] > 4800)
    status = engine.request("status")
    assert status["plan"]["instrument"] == "cello"
    assert status["params"]["reverb_mix"] == 0.77
    assert status["params"]["pitch_shift_st"] == -12.0


def test_an_engine_that_crashes_leaves_a_trace_that_the_next_one_tells_of(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    os.kill(engine.pid, signal.SIGABRT)
    with pytest.raises(EngineGone):
        engine.poll(10.0)
    engine.heal()
    assert plays_on(engine)
    lines = [json.loads(line) for line in (runtime_folder / LOG_FILE).read_text(encoding="utf-8").splitlines()]
    (crash,) = [line for line in lines if line["what"] == "the engine before this one crashed"]
    assert "Aborted" in Path(crash["trace"]).read_text(encoding="utf-8")


def test_all_clients_of_a_killed_engine_find_the_one_that_takes_its_place(jack_server: Start) -> None:
    jack_server(256, here=False)
    clients = [started(instrument="cello"), *(EngineClient.join() for _ in range(2))]
    os.kill(clients[0].pid, signal.SIGKILL)
    for client in clients:
        with pytest.raises(EngineGone):
            client.poll(10.0)
    with ThreadPoolExecutor(len(clients)) as all_at_once:
        assert all(all_at_once.map(EngineClient.heal, clients))
    assert len({client.pid for client in clients}) == 1
    until(lambda: all(client.meters()["state"] == "playing" for client in clients))


def test_a_sound_server_that_is_killed_is_waited_for_and_playing_resumes(jack_server: Start) -> None:
    server = jack_server(256, here=False)
    engine = started(instrument="cello", params={"reverb_mix": 0.35})
    engine.request("midi", ports=["all"])
    before = engine.pid
    server.kill()
    lost = event(engine, "device_lost")
    assert "system (JACK Audio Connection Kit) went away" in lost["text"]
    with pytest.raises(EngineGone):
        engine.poll(10.0)
    assert not engine.heal()
    assert engine.pid == before
    assert engine.request("status")["state"] == "waiting for the device"
    server.begin()
    assert event(engine, "playing")["device"].startswith("system (JACK")
    assert plays_on(engine)
    until(lambda: engine.meters()["midi_ports"] == 1)
    status = engine.request("status")
    assert status["plan"]["instrument"] == "cello"
    assert status["params"]["reverb_mix"] == 0.35


def test_clients_that_hang_or_die_never_stop_the_sound(jack_server: Start) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    code = (
        "from jambox.engine.client import EngineClient\n"
        "engine = EngineClient.join(); print('here', flush=True)\n"
        "while True: engine.meters()\n"
    )
    looker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert looker.stdout is not None
    assert looker.stdout.readline() == "here\n"
    looker.send_signal(signal.SIGSTOP)
    assert plays_on(engine)
    looker.kill()
    looker.wait(10)
    assert plays_on(engine)


def test_a_client_that_does_not_listen_is_hung_up_on(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    deaf, _ = connect(runtime_folder)
    deaf.settimeout(10.0)
    deaf.sendall(b'{"do": "hello", "id": 1, "protocol": 1}\n')
    questions = b'{"do": "status", "id": 1}\n' * 100_000
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        deaf.sendall(questions)
    assert plays_on(engine)


def test_a_flood_of_changes_ends_at_the_latest_value(jack_server: Start) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    for number in range(10_000):
        engine.set(reverb_mix=(number % 1000) / 1000, pitch_shift_st=float(number % 25 - 12))
    engine.request("set", values={"reverb_mix": 0.125})
    until(lambda: engine.params() | {"reverb_mix": 0.125, "pitch_shift_st": 12.0} == engine.params())
    assert plays_on(engine)


def test_an_engine_that_was_stopped_for_a_while_goes_on(jack_server: Start) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    os.kill(engine.pid, signal.SIGSTOP)
    threading.Event().wait(1.5)
    os.kill(engine.pid, signal.SIGCONT)
    # The server may have thrown it out meanwhile: then it comes back by itself.
    try:
        assert plays_on(engine)
    except EngineGone:
        engine.heal()
        assert plays_on(engine)


def test_instruments_presets_and_rooms_change_while_it_plays(jack_server: Start, tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    room = tmp_path / "room.wav"
    soundfile.write(room, np.exp(-np.arange(9600) / 2400.0), 48_000)
    jack_server(256, here=False)
    engine = started(instrument="violin", params={"reverb_mix": 0.2})
    engine.request("load", instrument="cello", params={"loudness_shift_db": 3.0})
    params = engine.request("status")["params"]
    assert (params["reverb_mix"], params["loudness_shift_db"]) == (0.2, 3.0)
    engine.request("load", preset="octave-violin")
    engine.request("load", room=str(room))
    until(lambda: engine.meters()["swaps"] == 3)
    status = engine.request("status")
    assert status["plan"]["instrument"] == "violin"
    assert status["plan"]["room"] == str(room)
    assert status["params"]["pitch_shift_st"] == 12.0
    with pytest.raises(BadModel, match="no instrument named"):
        engine.request("load", instrument="kazoo")
    with pytest.raises(BadInput, match="no preset"):
        engine.request("load", preset="nothing")
    assert plays_on(engine)


def test_an_engine_whose_runtime_folder_is_deleted_is_found_again(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="cello", params={"reverb_mix": 0.35})
    before = engine.pid
    shutil.rmtree(runtime_folder)
    with pytest.raises(EngineGone):
        engine.poll(20.0)
    assert not engine.heal()
    assert engine.pid == before
    until(lambda: engine.meters()["state"] == "playing")
    assert plays_on(engine)
    assert engine.request("status")["params"]["reverb_mix"] == 0.35


def test_the_device_changes_while_it_runs_and_a_bad_one_leaves_the_old(jack_server: Start) -> None:
    jack_server(256, here=False)
    engine = started(instrument="cello", params={"reverb_mix": 0.4})
    stream = engine.request("device", block_size=512, channel_in=1, first_out=1, n_out=1)
    assert stream["latency_s"]["buffering"] == pytest.approx(512 / 48_000)
    with pytest.raises(DeviceError, match="96000 Hz"):
        engine.request("device", sample_rate=96_000)
    with pytest.raises(DeviceError, match="input channels"):
        engine.request("device", channel_in=7)
    with pytest.raises(DeviceError, match="tuba"):
        engine.request("device", output_device="tuba")
    assert plays_on(engine)
    status = engine.request("status")
    assert status["plan"]["block_size"] == 512
    assert status["plan"]["instrument"] == "cello"
    assert status["params"]["reverb_mix"] == 0.4
