"""Garbage is collected on the window's own thread only.

What Qt made may not be destroyed on another thread, and Python collects on whichever happens to ask for memory.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 1000


class Collector(QObject):
    """From `begin` to `end` in Python's place: the same three generations, looked after once a second."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._collect)
        self.destroyed.connect(lambda: gc.enable())

    def begin(self) -> None:
        """Collect here, and nowhere else."""
        gc.disable()
        self._timer.start()

    def end(self) -> None:
        """Let Python do it again."""
        self._timer.stop()
        gc.enable()

    def _collect(self) -> None:
        due = [count > most for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        if due[0]:
            gc.collect(2 if due[1] and due[2] else 1 if due[1] else 0)
