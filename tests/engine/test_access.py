"""Who may command the engine, and in what words: strangers, garbage and other versions are refused."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jambox.engine import channel
from jambox.engine.channel import LONGEST_LINE, Lines, connect, listen
from jambox.engine.client import EngineClient, EngineGone
from jambox.engine.plan import Plan
from jambox.engine.record import SharedRecord
from jambox.engine.runtime import RECORD_FILE, SOCKET_FILE, Lock
from jambox.engine.server import Server
from jambox.errors import BadInput, DeviceError, JamboxError
from tests.engine.engine_process import plays_on, started
from tests.engine.jack_server import JackServer

Start = Callable[..., JackServer]


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
    for do, content in (
        ("record", {"path": str(runtime_folder / f"{'x' * 300}.wav")}),
        ("record", {"path": str(runtime_folder / "a\0b.wav")}),
        ("record", {"path": str(runtime_folder / "\ud800.wav")}),
        ("midi", {"ports": ["\ud800"]}),
    ):
        with pytest.raises(BadInput, match="cannot be"):
            engine.request(do, **content)
    for what in ("instrument", "preset", "room", "scale"):
        with pytest.raises(JamboxError) as refused:
            engine.request("load", **{what: str(runtime_folder / ("x" * 5000))})
        assert "Unexpected" not in str(refused.value)
    assert plays_on(engine)


class _Asking:
    """A client as the server knows one, and the control behind it, which fails at everything."""

    greeted = True

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.send = self.answers.append

    def command(self, name: str) -> Callable[..., None]:
        raise ValueError("nobody thought of this")


def test_what_fails_unforeseen_is_answered_and_ends_nothing() -> None:
    server, asking = object.__new__(Server), _Asking()
    server.control = asking  # type: ignore[assignment]
    server._do(asking, {"do": "panic", "id": 7})  # type: ignore[arg-type]
    assert asking.answers == [
        {"id": 7, "ok": False, "error": "Unexpected failure: ValueError: nobody thought of this.", "code": 1}
    ]


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


def test_a_client_tells_nothing_to_an_engine_of_somebody_else(monkeypatch: pytest.MonkeyPatch, runtime_folder: Path) -> None:
    listener, _ = listen(runtime_folder)
    listener.setblocking(False)
    monkeypatch.setattr(channel, "is_owner", lambda connection: False)
    with pytest.raises(JamboxError, match="Another user"):
        EngineClient.join()
    connection, _ = listener.accept()
    assert connection.recv(100) == b""
    listener.close()


def test_an_event_that_comes_right_behind_an_answer_is_kept(runtime_folder: Path) -> None:
    listener, _ = listen(runtime_folder)

    def answer_in_one_go() -> None:
        connection, _ = listener.accept()
        connection.recv(4096)
        connection.sendall(b'{"id": 0, "ok": true, "pid": 1}\n')
        connection.recv(4096)
        connection.sendall(b'{"id": 1, "ok": false, "error": "It went away.", "code": 4}\n{"event": "device_lost"}\n')

    threading.Thread(target=answer_in_one_go, daemon=True).start()
    engine = EngineClient.join(reading=False)
    with pytest.raises(DeviceError, match="went away"):
        engine.request("stop")
    assert engine.poll() == [{"event": "device_lost"}]
    listener.close()


def test_an_engine_that_takes_no_connection_is_not_waited_for_forever(
    monkeypatch: pytest.MonkeyPatch, runtime_folder: Path
) -> None:
    monkeypatch.setattr(channel, "CONNECT_WITHIN_S", 0.2)
    listener, _ = listen(runtime_folder)
    listener.listen(0)
    waiting, _ = connect(runtime_folder)  # as many as wait without being taken
    with pytest.raises(EngineGone):
        EngineClient.join()
    waiting.close()
    listener.close()


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
