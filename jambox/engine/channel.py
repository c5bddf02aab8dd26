"""The command channel: JSON objects, one a line, over a socket that nobody but the owner can open.

The first line of a client is {"do": "hello", "protocol": PROTOCOL}; the answer names the engine. From then on each command
{"do": ..., "id": n, ...} is answered by {"id": n, "ok": true, ...} or {"id": n, "ok": false, "error": sentence, "code": n};
a command without id gets no answer. What happens by itself arrives as {"event": ...}.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

from jambox.engine.runtime import SOCKET_FILE
from jambox.errors import JamboxError

PROTOCOL = 1
# A line longer than this is garbage, and so is its sender.
LONGEST_LINE = 1 << 20
# An engine takes connections sixty times a second; one that has stopped does not.
CONNECT_WITHIN_S = 5.0
_BACKLOG = 16
_LONGEST_UNIX_PATH = 100
_HAS_UNIX = hasattr(socket, "AF_UNIX")


class Garbled(JamboxError):
    """What came over the channel is no message."""


def listen(folder: Path, *, unix: bool = _HAS_UNIX) -> tuple[socket.socket, str]:
    """A socket that clients of `folder` find, and the token that they must know ("" where the file's rights suffice).

    Where there are no sockets with file rights, one on the loopback interface, its port and token in a file of the owner's.
    """
    path = folder / SOCKET_FILE
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    if unix:
        if len(os.fsencode(path)) > _LONGEST_UNIX_PATH:
            raise JamboxError(f"The path {path} is too long for a socket; set JAMBOX_RUNTIME_DIR to a shorter one.")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        umask = os.umask(0o177)  # born with the owner's rights only
        try:
            listener.bind(str(path))
        finally:
            os.umask(umask)
        listener.listen(_BACKLOG)
        return listener, ""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(_BACKLOG)
    token = os.urandom(32).hex()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps({"port": listener.getsockname()[1], "token": token}))
    return listener, token


def connect(folder: Path) -> tuple[socket.socket, str]:
    """A connection to the engine of `folder`, and the token to show; OSError if none answers within CONNECT_WITHIN_S.

    JamboxError if somebody else's process answers: it would hear what is asked of the engine.
    """
    path = folder / SOCKET_FILE
    if path.is_file():
        fields = json.loads(path.read_text(encoding="utf-8"))
        return socket.create_connection(("127.0.0.1", int(fields["port"])), CONNECT_WITHIN_S), str(fields["token"])
    if not _HAS_UNIX:
        raise FileNotFoundError(path)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(CONNECT_WITHIN_S)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    if not is_owner(connection):
        connection.close()
        raise JamboxError(f"Another user's process listens at {path}; set JAMBOX_RUNTIME_DIR to a folder of your own.")
    return connection, ""


def is_owner(connection: socket.socket) -> bool:
    """Whether the process at the other end runs as this user (told by the kernel where it can; file rights guard too)."""
    if not _HAS_UNIX or connection.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return True
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[4:8], "little") == os.getuid()


class Lines:
    """One end of a connection: messages out, messages in, whatever pieces the socket cuts them into."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._received = b""

    def send(self, message: dict[str, Any]) -> None:
        """Write a message; OSError if the other end is gone or does not read."""
        self.connection.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> list[dict[str, Any]] | None:
        """What has come (blocks unless the socket is ready); None at the end. Garbled for what is no message."""
        piece = self.connection.recv(1 << 16)
        if not piece:
            return None
        *lines, self._received = (self._received + piece).split(b"\n")
        if len(self._received) > LONGEST_LINE:
            raise Garbled("A command may not be longer than a megabyte.")
        return [_message(line) for line in lines if line.strip()]


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise Garbled("A command is a JSON object on a line of its own.")
    return message
