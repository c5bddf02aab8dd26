"""A command of Jambox's own in a process of its own: it can be watched and given up, and never costs a frame of sound."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

_TIDY_MS = 3000


class Job(QObject):
    """Runs `jambox <arguments>`: `progressed(share)` with --progress, then `ended(report)` or `failed(sentence)`, once.

    The report is what `--json` wrote, an empty one without it. A job that was given up fails with an empty sentence.
    """

    progressed = Signal(float)
    said = Signal(str)
    ended = Signal(dict)
    failed = Signal(str)

    def __init__(self, arguments: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cancelled = self._over = False
        self._sentence, self._heard = "", b""
        self._process = QProcess(self)
        self._process.readyReadStandardError.connect(self._hear)
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._refuse)
        self._process.start(sys.executable, ["-m", "jambox", *arguments])

    @property
    def running(self) -> bool:
        """Whether it is not over yet."""
        return not self._over

    def cancel(self) -> None:
        """Give it up; what it was writing is not kept. (Asked, it still tidies up behind itself.)"""
        if self._over:
            return
        self._cancelled = True
        if os.name == "posix" and self._process.processId():
            with contextlib.suppress(ProcessLookupError):
                # Not SIGINT: a window that a script started in its background ignores that, and so do its children.
                os.kill(self._process.processId(), signal.SIGTERM)
        else:
            self._process.kill()

    def end(self) -> None:
        """Give it up, and wait until it has tidied up behind itself, not for ever."""
        if self._over:
            return
        self.cancel()
        self._process.waitForFinished(_TIDY_MS)

    def _hear(self) -> None:
        self._heard += bytes(self._process.readAllStandardError().data())
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            text = line.decode(errors="replace").strip()
            told = _object(text)
            if "progress" in told:
                self.progressed.emit(float(told["progress"]))
            elif text:
                self._sentence = text.removeprefix("jambox: ")
                self.said.emit(self._sentence)

    def _finish(self, code: int) -> None:
        self._hear()
        if self._over:
            return
        self._over = True
        if code == 0 and not self._cancelled:
            self.ended.emit(_object(bytes(self._process.readAllStandardOutput().data()).decode(errors="replace")))
        else:
            self.failed.emit("" if self._cancelled else self._sentence or f"The command ended with exit code {code}.")
        self.deleteLater()

    def _refuse(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and not self._over:
            self._over = True
            self.failed.emit(f"The command could not be started: {self._process.errorString()}.")
            self.deleteLater()


def _object(text: str) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        found = json.loads(text)
        if isinstance(found, dict):
            return found
    return {}
