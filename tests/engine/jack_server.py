"""A JACK server of the tests' own, with the dummy driver: real streams on a machine without a sound card."""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

import psutil

SAMPLE_RATE = 48_000


def missing_jack() -> str | None:
    """Why no server can be started here, or None."""
    return None if shutil.which("jackd") else "jackd is not installed"


def _forget_dead_servers() -> None:
    """JACK registers at most eight servers and keeps those that were killed; with none alive the register can go."""
    if not any(process.info["name"] == "jackd" for process in psutil.process_iter(["name"])):
        for left in Path("/dev/shm").glob("jack[-_]*"):
            if left.is_file() or left.is_socket():
                left.unlink(missing_ok=True)


@functools.cache
def _slot() -> tuple[int, IO[bytes]]:
    """The lowest number that no other process of tests has, and the file that is locked for it as long as this one lives.

    JACK's register has eight places. It never forgets a server that was killed, but gives its place to the next of its name:
    names that are used again fill few of them.
    """
    for number in range(8):
        file = (Path(tempfile.gettempdir()) / f"jambox-test-jack-{os.getuid()}-{number}.lock").open("wb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        return number, file
    raise RuntimeError("eight processes of tests run JACK servers already")


class JackServer:
    """`with JackServer(period=128) as server:` runs a server; `server.environment` is what clients of it need.

    The few ports keep the shared memory small that a server lays out for its clients.
    """

    def __init__(self, period: int, sample_rate: int = SAMPLE_RATE) -> None:
        self.period, self.sample_rate = period, sample_rate
        self.name = f"jambox-test-{_slot()[0]}-{period}"
        self.environment = {
            "JACK_NO_AUDIO_RESERVATION": "1",
            "JACK_NO_START_SERVER": "1",
            "JACK_DEFAULT_SERVER": self.name,
        }
        self._command: list[str] = []
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the server
        self._process: subprocess.Popen[bytes] | None = None
        self._saved: dict[str, str | None] = {}

    def end(self) -> None:
        """Let the server go under its clients.

        It is asked to, not killed: JACK never forgets a killed server, and knows eight at most (`_forget_dead_servers`).
        """
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)

    def kill(self) -> None:
        """Let the server die without a word; `begin` starts it again, under the same name."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """The server does nothing meanwhile: it answers nobody, and lets nobody go."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def begin(self) -> None:
        """Start the server; one that does not answer is ended, so that it does not hold the name, and another is tried."""
        for _ in range(3):
            if self._started():
                return
            self._stop()
            _forget_dead_servers()
        self.__exit__(None, None, None)
        self._said.seek(0)
        raise RuntimeError(f"the JACK server did not start: {self._said.read().decode(errors='replace')}")

    def __enter__(self) -> JackServer:
        realtime = subprocess.run(["chrt", "-f", "1", "true"], capture_output=True, check=False).returncode == 0
        self._command = ["jackd", *(["-R", "-P", "70"] if realtime else ["-r"]), "-n", self.name, "--port-max", "64"]
        self._command += ["-d", "dummy", "-r", str(self.sample_rate), "-p", str(self.period), "-C", "2", "-P", "2"]
        self._saved = {key: os.environ.get(key) for key in self.environment}
        os.environ.update(self.environment)
        self.begin()
        return self

    def _started(self) -> bool:
        self._process = subprocess.Popen(self._command, stdout=self._said, stderr=subprocess.STDOUT)
        # A server that cannot start ends at once; `jack_wait` would wait for it all the same.
        for _ in range(20):
            wait = ["jack_wait", "-w", "-t", "1", "-s", self.name]
            if subprocess.run(wait, capture_output=True, check=False).returncode == 0:
                return True
            if self._process.poll() is not None:
                return False
        return False

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()
        for key, value in self._saved.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
