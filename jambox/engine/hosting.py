"""Starting the engine process. Imports next to nothing, so that a command can start it before it reads its own options."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

# glibc would keep what an instrument leaves behind, and a heap for each thread.
_RETURNING_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}
_early: subprocess.Popen[str] | None = None


class Refused(Exception):
    """The engine said in a sentence why it does not start; `code` is the exit code that goes with it."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


def start_early() -> None:
    """Let an engine begin to start, for `start_engine` to find; it ends by itself if another one lives."""
    global _early
    _early = _spawn()


def is_starting() -> bool:
    """Whether `start_early` began what nobody waited for yet."""
    return _early is not None


def end_early() -> None:
    """End what `start_early` began if nobody waited for it."""
    global _early
    process, _early = _early, None
    if process is not None:
        process.kill()
        process.communicate()


def start_engine(progress: Callable[[str], None] | None = None, *, resume: bool = False) -> bool:
    """Start an engine, or take the one that is starting, and wait until it listens; False if another one came first.

    `progress` is told, in a sentence, what a first start has to compile; `resume` lets it play what the last one played.
    """
    global _early
    process, _early = _early, None
    if process is None or resume:
        process = _spawn(*(["--resume"] if resume else []))
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        said = _said(line)
        if "say" in said and progress is not None:
            progress(said["say"])
        elif "error" in said:
            raise Refused(str(said["error"]), int(said["code"]))
        elif "ready" in said or "taken" in said:
            process.stdout.close()
            process.stderr.close()
            return "ready" in said
    reason = process.stderr.read().strip().splitlines()
    raise Refused(f"The engine could not be started: {reason[-1] if reason else f'exit code {process.wait()}'}.", 1)


def _spawn(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "jambox.engine", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=_RETURNING_MEMORY | os.environ,
    )


def _said(line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
