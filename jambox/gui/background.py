"""What takes longer than a frame is done on another thread, one after the other; its end is told on the window's own.

One thread that stays, not one for each task: of every new thread the memory allocator may keep a pool of its own.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from jambox.errors import JamboxError

T = TypeVar("T")


class Background(QObject):
    """`run(function, done, failed)`; an owner that is gone is not told any more."""

    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ended.connect(self._tell)
        self._waiting: queue.SimpleQueue[Callable[[], None] | None] | None = None

    def run(
        self,
        function: Callable[[], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[JamboxError], None] | None = None,
    ) -> None:
        """Call `function` on the other thread, then on this one `done` with its result or `failed` with its error."""

        def work() -> None:
            try:
                result = function()
            except Exception as error:
                known = error if isinstance(error, JamboxError) else JamboxError(f"Unexpected failure: {error!r}.")
                ending = None if failed is None else lambda: failed(known)
            else:
                ending = None if done is None else lambda: done(result)
            try:
                self._ended.emit(ending)
            except RuntimeError:  # the window was closed meanwhile
                return

        if self._waiting is None:
            self._waiting = _begun(self)
        self._waiting.put(work)

    def _tell(self, ending: Callable[[], None] | None) -> None:
        if ending is not None:
            ending()


def _begun(owner: QObject) -> queue.SimpleQueue[Callable[[], None] | None]:
    """The tasks of a thread that works until its owner is gone."""
    waiting: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def work() -> None:
        while (task := waiting.get()) is not None:
            task()

    threading.Thread(target=work, name="background", daemon=True).start()
    owner.destroyed.connect(lambda: waiting.put(None))
    return waiting
