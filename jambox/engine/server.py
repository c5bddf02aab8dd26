"""The engine process: a loop over clients, commands and the clock. `python -m jambox.engine` runs it (see __main__).

Whoever starts it reads its stdout: a JSON object a line, {"say": ...} while it compiles, then {"ready": pid}, or
{"taken": true} if another engine lives, or {"error": sentence, "code": n}. After that the process has no terminal.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from jambox.engine.channel import PROTOCOL, Garbled, Lines, is_owner, listen
from jambox.engine.control import Control
from jambox.engine.journal import fault_file, note, note_failure, open_journal, unforeseen
from jambox.engine.plan import Plan, parsed, saved_plan
from jambox.engine.publish import Publisher
from jambox.engine.record import SharedRecord
from jambox.engine.runtime import Lock, log_folder, runtime_folder
from jambox.errors import BadInput, JamboxError

LOOK_S = 1 / 60
IDLE_LOOK_S = 0.25
# Without a client and without sound nobody needs an engine for longer.
UNUSED_S = 60.0
# Nor one that was to end with its last client; one that died, or lost its connection, may come back.
LEFT_S = 2.0
# How often the engine looks whether its files are where clients look for them.
AT_HOME_S = 2.0
MOST_FILES = 65_536
# Tells a fresh image what the one before it was wished.
_ENDS_UNUSED = "--ends-unused"


class Client:
    """One front end."""

    def __init__(self, connection: socket.socket) -> None:
        # A client that does not read must not hold up the others: what does not fit into its socket ends it.
        connection.settimeout(0.0)
        self.lines = Lines(connection)
        self.greeted = False
        self.leaving = False  # it has asked for the end, unless others need the engine, and will close

    def send(self, message: dict[str, Any]) -> None:
        """Write, or hang up."""
        try:
            self.lines.send(message)
        except OSError:
            with contextlib.suppress(OSError):
                self.lines.connection.shutdown(socket.SHUT_RDWR)


class Server:
    """Owns the listening socket, the clients and the control."""

    def __init__(self, folder: Path, lock: Lock, plan: Plan, listener: socket.socket, token: str) -> None:
        self._folder = folder
        self.lock, self.listener, self.token = lock, listener, token
        self._clients: dict[socket.socket, Client] = {}
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        for end in (listener, self._woken, self._waker):
            end.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self.record = SharedRecord(folder, write=True)
        self.control = Control(folder, plan, Publisher(self.record, os.getpid()), self.wake, self._tell)
        self._used_at = self._at_home_at = time.monotonic()
        self._asked_to_leave = False
        self.ends_unused = False  # who started it has left, and wished it to end with its last client

    def ask_to_leave(self) -> None:
        """[any, also a signal handler] End in good order, soon."""
        self._asked_to_leave = True
        self.wake()

    def wake(self) -> None:
        """[any] Let the loop look around now."""
        with contextlib.suppress(BlockingIOError):
            self._waker.send(b"!")

    def run(self) -> None:
        """Until told to leave, or the device is lost."""
        control = self.control
        while not control.leaving and control.lost is None:
            for key, _ in self._selector.select(LOOK_S if control.quick else IDLE_LOOK_S):
                if key.fileobj is self.listener:
                    self._accept()
                elif key.fileobj is self._woken:
                    with contextlib.suppress(BlockingIOError):
                        self._woken.recv(4096)
                elif key.fileobj in self._clients:
                    self._read(self._clients[key.fileobj])
            if self._asked_to_leave:
                self._asked_to_leave = False
                control.quit(None, lambda result: None)
            control.tick()
            now = time.monotonic()
            if now - self._at_home_at > AT_HOME_S:
                self._at_home_at = now
                self._move_if_homeless()
            if self._clients or (control.plan.playing and not self.ends_unused):
                self._used_at = now
            elif now - self._used_at > (LEFT_S if self.ends_unused else UNUSED_S):
                note("nobody needs this engine")
                self._used_at = now  # to fade out takes its time, and is asked for once
                self._leave()
        control.close()

    def _leave(self) -> None:
        # Without sound there is nothing to end first, and a device that hangs to be waited for.
        if self.control.plan.playing:
            self.control.quit(None, lambda result: None)
        else:
            self.control.leaving = True

    def say_goodbye(self) -> None:
        """Tell every client that this end was meant, and close its connection."""
        self._tell({"event": "ended", "text": "The engine was ended.", "code": JamboxError.exit_code})
        for client in list(self._clients.values()):
            self._forget(client)

    def _move_if_homeless(self) -> None:
        """Where somebody deleted the runtime folder no client finds this engine: begin again in a new one, or give way."""
        if self.lock.holds(self._folder):
            return
        note("the runtime folder was deleted", logging.WARNING)
        lock = Lock.take(runtime_folder())
        if lock is None:
            self._tell({"event": "ended", "text": "Another engine took over.", "code": JamboxError.exit_code})
            self.control.leaving = True
            return
        self.lock = lock
        self.listener, self.token = listen(self._folder)
        self.control.save()
        self.control.lost = "The runtime folder was deleted."

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self.listener.accept()
            if not is_owner(connection):
                note("another user was refused", logging.WARNING)
                connection.close()
                return
            self._clients[connection] = Client(connection)
            self._selector.register(connection, selectors.EVENT_READ)

    def _forget(self, client: Client) -> None:
        connection = client.lines.connection
        if self._clients.pop(connection, None) is not None:
            self._selector.unregister(connection)
            connection.close()

    def _read(self, client: Client) -> None:
        try:
            messages = client.lines.receive()
        except Garbled as error:
            note("garbage on the command channel", logging.WARNING)
            client.send({"ok": False, "error": str(error), "code": BadInput.exit_code})
            messages = None
        except BlockingIOError:
            return
        except OSError:
            messages = None
        if messages is None:
            self._forget(client)
            return
        for message in messages:
            self._do(client, message)

    def _do(self, client: Client, message: dict[str, Any]) -> None:
        def answer(result: dict[str, Any] | JamboxError) -> None:
            if "id" not in message:
                return
            if isinstance(result, JamboxError):
                client.send({"id": message["id"], "ok": False, "error": str(result), "code": result.exit_code})
            else:
                client.send({"id": message["id"], "ok": True, **result})

        try:
            name, content = parsed(message)
            if name == "hello":
                self._greet(client, message, answer)
                return
            if not client.greeted:
                raise BadInput("A client says hello first.")
            client.leaving = False
            if name == "quit" and content.unless_used and self._stays(client, content.as_guest):
                answer({"left_running": True})
                return
            self.control.command(name)(content, answer)
        except JamboxError as error:
            answer(error)
        except Exception as error:  # what one client asks for ends no one's sound
            answer(unforeseen(error))

    def _stays(self, client: Client, as_guest: bool) -> bool:
        """Whether the engine goes on without this client. A guest does not end what was started to stay; a host that leaves
        others behind has it end with the last of them."""
        client.leaving = True
        if as_guest and not self.ends_unused:
            return True
        self.ends_unused = self._used_by_others(client)
        return self.ends_unused

    def _used_by_others(self, client: Client) -> bool:
        """Whether there is another client; one that has just closed its end, or is about to, is none."""
        others = [other for other in self._clients.values() if other is not client]
        for other in others:
            with contextlib.suppress(OSError):
                if not other.lines.connection.recv(1, socket.MSG_PEEK):
                    self._forget(other)
        return any(other.lines.connection in self._clients and not other.leaving for other in others)

    def _greet(self, client: Client, message: dict[str, Any], answer: Any) -> None:
        if message.get("protocol") != PROTOCOL:
            raise JamboxError(f"The engine speaks protocol {PROTOCOL}, not {message.get('protocol')!r}.")
        if self.token and message.get("token") != self.token:
            note("a client without the token was refused", logging.WARNING)
            self._forget(client)
            return
        client.greeted = True
        answer({"protocol": PROTOCOL, "pid": os.getpid()})
        if self.control.failure is not None:
            client.send(self.control.failure)

    def _tell(self, event: dict[str, Any]) -> None:
        for client in list(self._clients.values()):
            client.send(event)


def run(lock: Lock | None) -> None:
    """Be the engine of this user; `lock` is the right to it, None for a fresh image of the process that holds it."""
    playing_on = lock is None or sys.argv[1:2] == ["--resume"]
    folder = runtime_folder()
    resumed = lock is None
    try:
        if lock is None:
            lock_handle, listener_handle = (int(text) for text in sys.argv[2:4])
            lock = Lock(os.fdopen(lock_handle, "r+b"))
            listener, token = socket.socket(fileno=listener_handle), sys.argv[4]
        else:
            _compile()
            listener, token = listen(folder)
        with contextlib.suppress(OSError):  # a log that cannot be written is no reason to be silent
            open_journal(log_folder())
            faulthandler.enable(fault_file(log_folder()).open("w", encoding="utf-8"))
        plan = saved_plan(folder)
        if playing_on:
            # A log ends with the engine that kept it.
            params = SharedRecord(folder, write=True).params() or plan.params
            plan = plan.model_copy(update={"params": params, "fade_in_s": 0.0, "log": None})
        else:
            plan = Plan(cables=plan.cables)
        server = Server(folder, lock, plan, listener, token)
        server.ends_unused = resumed and sys.argv[5:] == [_ENDS_UNUSED]
    except JamboxError as error:
        _say({"error": str(error), "code": error.exit_code})
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: server.ask_to_leave())
    note("engine begins", again=resumed)
    _say({"ready": os.getpid()})
    _leave_terminal()
    if playing_on:
        server.control.resume()
    try:
        server.run()
    except Exception:
        note_failure("the engine failed")
        raise
    if server.control.lost is not None and not server.control.leaving:
        # Where a process cannot become another, clients see it end, and start the next one.
        _begin_again(server.lock, server.listener, server.token, *([_ENDS_UNUSED] if server.ends_unused else []))
    else:
        server.say_goodbye()
    note("engine ends")
    sys.stdout.flush()
    logging.shutdown()
    # PortAudio's own end would wait for a device that died.
    os._exit(0)


def _begin_again(lock: Lock, listener: socket.socket, token: str, *more: str) -> None:
    """Become a fresh image of this process, with the same lock and socket; a stream to a dead device cannot be closed."""
    if os.name != "posix":
        return
    logging.shutdown()
    # A sound server that lives must see its client go, so nothing else may stay open.
    kept = sorted((lock.file.fileno(), listener.fileno()))
    for first, last in zip((2, *kept), (*kept, MOST_FILES), strict=True):
        os.closerange(first + 1, last)
    for number in kept:
        os.set_inheritable(number, True)
    command = [sys.executable, "-m", "jambox.engine", "--again"]
    os.execv(sys.executable, [*command, str(lock.file.fileno()), str(listener.fileno()), token, *more])


def _compile() -> None:
    """What a new version needs once, in a process of its own, whose memory is given back; whoever waits is told."""
    from jambox.engine.warm import is_compiled

    if is_compiled():
        return
    command = [sys.executable, "-m", "jambox.engine.warm"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        _say({"say": line.rstrip("\n")})
    if process.wait() != 0:
        raise JamboxError("Compiling for this machine failed; `jambox compile` says why.")


def _say(message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        print(json.dumps(message), flush=True)


def _leave_terminal() -> None:
    """The one who started this process may go; nothing it holds must be held on to."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
