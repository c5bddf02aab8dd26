"""`jambox engine ...` as a person runs it, beside an engine that plays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil

from jambox.engine.record import RECORD_TYPE
from jambox.engine.runtime import RECORD_FILE
from tests.engine.commanded import run
from tests.engine.engine_process import started, until
from tests.engine.jack_server import JackServer

Start = Callable[..., JackServer]


def has_ended(process: psutil.Process) -> bool:
    """Whether the process is no more."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_an_engine_of_another_version_is_ended_as_its_refusal_says(jack_server: Start, runtime_folder: Path) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    process = psutil.Process(engine.pid)
    engine.close()
    assert RECORD_TYPE.fields is not None
    with (runtime_folder / RECORD_FILE).open("r+b") as file:
        file.seek(RECORD_TYPE.fields["version"][1])
        file.write(b"\x63")
    refused = run("engine", "status")
    assert refused.returncode == 1
    assert "end it (jambox engine stop)" in refused.stderr
    stopped = run("engine", "stop")
    assert stopped.returncode == 0, stopped.stderr
    assert stopped.stdout == "The engine has ended.\n"
    until(lambda: has_ended(process))
    assert run("engine", "status").stderr == "jambox: No engine runs.\n"
