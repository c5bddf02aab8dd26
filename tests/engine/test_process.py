"""The engine process and its clients: one engine, any number of front ends, and whatever goes wrong between them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jambox.engine.channel import LONGEST_LINE, Lines, connect, listen
from jambox.engine.client import EngineClient, EngineGone
from jambox.engine.plan import Plan
from jambox.engine.record import SharedRecord
from jambox.engine.runtime import RECORD_FILE, SOCKET_FILE, STATE_FILE, Lock
from jambox.engine.server import Server
from jambox.errors import BadInput, BadModel, DeviceError, JamboxError
from tests.engine.engine_process import event, started, until
from tests.engine.jack_server import JackServer

Start = Callable[..., JackServer]


def plays_on(engine: EngineClient) -> bool:
    """Whether another half second is played."""
    position = engine.meters()["position"]
    until(lambda: engine.meters()["position"] > position + 24_000)
    return bool(engine.meters()["state"] == "playing")


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


def test_garbage_ends_its_sender_and_nobody_else(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    for garbage in (b"\x00\xff\xfe\n", b"[1, 2]\n", b"{\n", b"x" * (LONGEST_LINE + 70_000), b"[" * 100_000 + b"\n"):
        raw, _ = connect(runtime_folder)
        raw.settimeout(10.0)
        try:
            raw.sendall(garbage)
            assert b"A command" in raw.recv(4096)
            assert raw.recv(4096) == b""
        except (BrokenPipeError, ConnectionResetError):
            pass  # it hung up before all was sent
        raw.close()
    for do, content in (("fly", {}), ("set", {"values": {"reverb_mix": "much"}}), ("set", {}), ("load", {"tune": 1})):
        with pytest.raises(BadInput):
            engine.request(do, **content)
    with pytest.raises(BadInput, match="between"):
        engine.request("set", values={"reverb_mix": 7.0})
    with pytest.raises(BadInput, match="no parameter"):
        engine.request("set", values={"loudness": 7.0})
    assert plays_on(engine)


def test_a_client_of_another_protocol_or_without_a_greeting_is_refused(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    for message, answer in (
        ({"do": "hello", "id": 1, "protocol": 99}, "speaks protocol"),
        ({"do": "panic", "id": 1}, "hello first"),
    ):
        connection, _ = connect(runtime_folder)
        lines = Lines(connection)
        lines.send(message)
        received = lines.receive()
        assert received is not None
        assert answer in received[0]["error"]
        connection.close()
    assert plays_on(engine)


def test_a_record_of_another_version_is_refused_in_a_sentence(runtime_folder: Path) -> None:
    record = SharedRecord(runtime_folder, write=True)
    SharedRecord(runtime_folder).check()
    record.fields["version"] += 1
    with pytest.raises(JamboxError, match="another version"):
        SharedRecord(runtime_folder)
    os.truncate(runtime_folder / RECORD_FILE, 4096)
    with pytest.raises(JamboxError, match="another version"):
        SharedRecord(runtime_folder)
    (runtime_folder / RECORD_FILE).write_bytes(b"")
    with pytest.raises(JamboxError, match="cannot be read"):
        SharedRecord(runtime_folder)


_TRY = """
import socket, sys
from pathlib import Path
folder = Path(sys.argv[1])
s = socket.socket(socket.AF_UNIX)
try:
    s.connect(str(folder / "engine.sock"))
    s.sendall(b'{"do": "hello", "id": 1, "protocol": 1}' + bytes([10]))
    print("answered" if s.recv(4096) else "hung up")
except OSError as error:
    print(type(error).__name__)
try:
    print("opened", (folder / "engine.record").open("rb"))
except OSError as error:
    print(type(error).__name__)
"""


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can be somebody else")
def test_another_user_can_neither_command_nor_look(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")

    def somebody() -> list[str]:
        command = ["/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable, "-c", _TRY]
        run = subprocess.run(
            [*command, str(runtime_folder)], capture_output=True, text=True, check=True, user=65534, group=65534, cwd="/"
        )
        return run.stdout.split("\n")[:2]

    assert stat.S_IMODE(runtime_folder.stat().st_mode) == 0o700
    for name in (SOCKET_FILE, RECORD_FILE):
        assert stat.S_IMODE((runtime_folder / name).stat().st_mode) == 0o600
    assert somebody() == ["PermissionError", "PermissionError"]
    # Even if somebody opened every door: the engine looks who is there.
    runtime_folder.chmod(0o777)
    (runtime_folder / SOCKET_FILE).chmod(0o777)
    assert somebody()[0] in ("hung up", "ConnectionResetError", "BrokenPipeError")
    assert plays_on(engine)


def test_a_folder_of_somebody_else_is_not_used(monkeypatch: pytest.MonkeyPatch, runtime_folder: Path) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    with pytest.raises(JamboxError, match="another user"):
        EngineClient.join()


def test_without_sockets_that_have_rights_a_token_keeps_strangers_out(runtime_folder: Path) -> None:
    lock = Lock.take(runtime_folder)
    assert lock is not None
    listener, token = listen(runtime_folder, unix=False)
    assert stat.S_IMODE((runtime_folder / SOCKET_FILE).stat().st_mode) == 0o600
    server = Server(runtime_folder, lock, Plan(), listener, token)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    stranger = socket.create_connection(listener.getsockname())
    stranger.settimeout(10.0)
    stranger.sendall(b'{"do": "hello", "id": 1, "protocol": 1}\n')
    assert stranger.recv(100) == b""
    client = EngineClient.join(runtime_folder)
    assert client.request("status")["state"] == "stopped"
    client.request("quit")
    thread.join(10.0)
    assert not thread.is_alive()
    server.say_goodbye()


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


def test_an_instrument_whose_folder_is_deleted_plays_on(jack_server: Start, tmp_path: Path) -> None:
    from jambox.control.library import find_instrument

    folder = tmp_path / "mine"
    shutil.copytree(find_instrument("violin"), folder)
    jack_server(256, here=False)
    engine = started(instrument=str(folder))
    shutil.rmtree(folder)
    assert plays_on(engine)
    with pytest.raises(BadModel, match="no instrument"):
        engine.request("load", instrument=str(folder))
    engine.request("load", instrument="cello")
    assert plays_on(engine)


def test_an_engine_that_cannot_play_on_after_it_was_killed_says_why(jack_server: Start, tmp_path: Path) -> None:
    from jambox.control.library import find_instrument

    folder = tmp_path / "mine"
    shutil.copytree(find_instrument("violin"), folder)
    jack_server(256, here=False)
    engine = started(instrument=str(folder))
    shutil.rmtree(folder)
    os.kill(engine.pid, signal.SIGKILL)
    with pytest.raises(EngineGone):
        engine.poll(10.0)
    engine.heal()
    ended = event(engine, "ended")
    assert "no instrument" in ended["text"]
    assert ended["code"] == BadModel.exit_code
    assert engine.request("status")["state"] == "stopped"


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
