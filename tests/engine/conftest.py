"""Live tests run against a JACK server that they start; without jackd they skip."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.demo import demo_melody
from jambox.engine import devices
from jambox.engine.client import EngineClient
from jambox.errors import JamboxError
from tests.data import data_root
from tests.engine.jack_server import SAMPLE_RATE, JackServer, missing_jack


@pytest.fixture(autouse=True)
def runtime_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime folder of the test's own, so that engines run side by side; an engine that is left in it is ended."""
    # A short path: a socket's may not be long.
    with tempfile.TemporaryDirectory(prefix="jambox-") as name:
        folder = Path(name)
        monkeypatch.setenv("JAMBOX_RUNTIME_DIR", name)
        yield folder
        try:
            left = EngineClient.join(folder)
        except JamboxError:
            return
        process = psutil.Process(left.pid)
        process.kill()
        with contextlib.suppress(psutil.NoSuchProcess):
            process.wait(10)


@pytest.fixture
def jack_server() -> Iterator[Callable[..., JackServer]]:
    """`jack_server(period, sample_rate)` starts a server that ends with the test.

    PortAudio in this process sees it too, unless `here` is False: a server may die under other processes only, since its
    library takes the process with it.
    """
    reason = missing_jack()
    if reason is not None:
        pytest.skip(reason)
    running: list[JackServer] = []
    seen: list[JackServer] = []

    def start(period: int, sample_rate: int = SAMPLE_RATE, here: bool = True) -> JackServer:
        server = JackServer(period, sample_rate)
        server.__enter__()
        running.append(server)
        if here:
            seen.append(server)
            devices.refresh()
        return server

    yield start
    # A client must let go before its server dies.
    if seen:
        devices.release()
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def voice() -> NDArray[np.float32]:
    """Four seconds of singing where the shared recordings are, else of the demo's melody; 48 kHz."""
    root = data_root()
    if root is None:
        return demo_melody(SAMPLE_RATE)[: 4 * SAMPLE_RATE]
    return read_sound(root / "test" / "singing_vocadito_10.flac", SAMPLE_RATE).samples[: 4 * SAMPLE_RATE]
