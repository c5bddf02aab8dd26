"""From nothing to a window: the engine first, so that there is sound while Qt is still being loaded."""

from __future__ import annotations

import importlib.util
import logging
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Future

from jambox.errors import JamboxError
from jambox.gui.joining import Joined, begin_joining
from jambox.gui.session import Session

# A window that comes back with another zoom goes on as the host of the engine that it left.
HOSTING, ZOOM = "JAMBOX_WINDOW_HOSTS", "JAMBOX_WINDOW_ZOOM"


def has_display() -> bool:
    """Whether there is a display to open a window on, and Qt to do it with."""
    if importlib.util.find_spec("PySide6") is None:
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


class Told:
    """[any] Sentences about the start of the engine, from whichever thread: kept until there is a window to show them."""

    def __init__(self) -> None:
        self._early: list[str] = []
        self._show: Callable[[str, str], object] | None = None

    def __call__(self, sentence: str) -> None:
        if self._show is None:
            self._early.append(sentence)
        else:
            self._show(sentence, "")

    def to(self, show: Callable[[str, str], object]) -> None:
        """Show them from now on, those that came before as well."""
        self._show = show
        for sentence in self._early:
            show(sentence, "")


def open_window(*, safe: bool = False) -> int:
    """Open the window and stay until it is closed; the exit code. JamboxError where there is no display."""
    if not has_display() and not os.environ.get("QT_QPA_PLATFORM"):
        raise JamboxError(
            "There is no display to open a window on, or PySide6 is not installed (pip install 'jambox[gui]')."
        )
    session = Session.restored(safe=safe)
    told = Told()
    joining = begin_joining(session, told)
    # A safe one keeps nothing, but what it was restarted for.
    session.zoom_percent = int(os.environ.pop(ZOOM, session.zoom_percent))
    os.environ["QT_SCALE_FACTOR"] = f"{session.zoom_percent / 100:g}"
    return _run(session, joining, told)


def _run(session: Session, joining: Future[Joined], told: Told) -> int:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from jambox.gui.link import EngineLink
    from jambox.gui.theme import Theme
    from jambox.gui.window import MainWindow

    application = QApplication(sys.argv[:1])
    application.setApplicationName("Jambox")
    application.setStyle("Fusion")
    theme = Theme(session.theme)
    theme.apply()
    link = EngineLink(session)
    link.hosting = bool(os.environ.pop(HOSTING, ""))
    window = MainWindow(link, session, theme)
    again = []

    def come_back() -> None:
        again.append(True)
        window.close()

    window.restart_wanted.connect(come_back)
    window.closed.connect(application.quit)
    if session.maximised:
        window.showMaximized()
    else:
        window.show()
    told.to(link.said.emit)
    link.await_engine(joining)
    # Qt's loop is not Python's: now and then it must let signals in.
    signal.signal(signal.SIGINT, lambda number, frame: window.close())
    signal.signal(signal.SIGTERM, lambda number, frame: window.close())
    awake = QTimer(interval=200)
    awake.timeout.connect(lambda: None)
    awake.start()
    QTimer.singleShot(0, lambda: logging.getLogger("jambox").info("The window stands."))
    code = application.exec()
    if again:
        link.detach()
        if link.hosting:
            os.environ[HOSTING] = "1"
        os.environ[ZOOM] = str(session.zoom_percent)
        os.execv(sys.executable, [sys.executable, "-m", "jambox", "window", *(["--safe"] if session.safe else [])])
    link.close()
    return int(code)
