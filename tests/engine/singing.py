"""A real voice, and a process that sings it into whatever instrument plays on the JACK server that is there."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jambox.audiofile import read_sound

RATE = 48_000


def voice(data: Path) -> NDArray[np.float32]:
    """Nine seconds of real singing at RATE."""
    return read_sound(data / "test" / "singing_vocadito_10.flac", RATE).samples


@contextmanager
def singer(x: NDArray[np.float32]) -> Iterator[subprocess.Popen[str]]:
    """A second process that sings into whatever instrument runs on this server."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voice.npy"
        np.save(path, x)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.feeder", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.communicate()
