"""The real window on a real engine, for tests and pictures: made, driven and waited for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop
from PySide6.QtWidgets import QApplication

from jambox.gui.joining import begin_joining
from jambox.gui.link import EngineLink
from jambox.gui.session import Session
from jambox.gui.theme import Theme
from jambox.gui.window import MainWindow

PATIENCE_S = 30.0


def application() -> QApplication:
    """The one of this process."""
    known = QApplication.instance()
    if isinstance(known, QApplication):
        return known
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    made = QApplication(["jambox"])
    made.setStyle("Fusion")
    return made


def pump(until: Callable[[], Any], within_s: float = PATIENCE_S) -> None:
    """Let Qt work until something holds; fails if it does not within the time."""
    end = time.monotonic() + within_s
    while not until():
        if time.monotonic() > end:
            raise AssertionError(f"did not come true within {within_s:g} s")
        # Returns with the next event, and a window has sixty ticks a second.
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # only a loop of Qt's own would


def breathe(seconds: float) -> None:
    """Let Qt work for a while: layouts end, meters move."""
    end = time.monotonic() + seconds
    pump(lambda: time.monotonic() > end, seconds + PATIENCE_S)


@contextmanager
def window(session: Session, *, joined: bool = True) -> Iterator[MainWindow]:
    """A window; with `joined`, on the engine that runs or on one started for it, which ends with it."""
    application()
    theme = Theme(session.theme)
    theme.apply()
    link = EngineLink(session)
    shown = MainWindow(link, session, theme)
    shown.resize(*session.size)
    shown.show()
    if joined:
        link.await_engine(begin_joining(session, lambda sentence: None))
        pump(lambda: link.is_joined and link.status and link.meters.get("position", 0) > 4800, 300.0)
    try:
        yield shown
    finally:
        shown.close()
        link.close()
        shown.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
