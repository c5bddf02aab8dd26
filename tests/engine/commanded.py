"""`jambox` run as a person runs it: to its end, or until it plays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

NO_SERVER = {"JACK_NO_START_SERVER": "1", "JACK_DEFAULT_SERVER": "jambox-no-such-server"}
_JAMBOX = [sys.executable, "-m", "jambox"]


def run(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command from its beginning to its end, without a terminal."""
    return subprocess.run(
        [*_JAMBOX, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        env=os.environ | environment,
    )


def begun(*arguments: str) -> subprocess.Popen[str]:
    """The command as it begins."""
    return subprocess.Popen([*_JAMBOX, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def lines_until(stream: IO[str], words: str) -> list[str]:
    """What it tells, up to the line that holds the words; all of it if none does."""
    told = []
    for line in stream:
        told.append(line)
        if words in line:
            break
    return told


def playing(*arguments: str) -> subprocess.Popen[str]:
    """`jambox play` once it plays: it has told its first second."""
    process = begun("play", *arguments)
    assert process.stdout is not None
    lines_until(process.stdout, "dropouts")
    return process
