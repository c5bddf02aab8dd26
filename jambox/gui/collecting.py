"""Garbage is collected on the window's own thread only, and what is free is given back to the system.

What Qt made may not be destroyed on another thread, and Python collects on whichever happens to ask for memory. Pictures
come and go between what stays: the allocator of glibc keeps their pages for good unless it is asked (malloc_trim(3)).
"""

from __future__ import annotations

import ctypes
import gc
import sys

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 1000
# Free pages are given back so seldom: that takes some milliseconds.
GIVE_BACK_EVERY = 60


class Collector(QObject):
    """From `begin` to `end` in Python's place: the same three generations, looked after once a second."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._collect)
        self._times = 0
        self._give_back = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
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
        self._times += 1
        if self._times % GIVE_BACK_EVERY == 0 and self._give_back is not None:
            self._give_back(0)
