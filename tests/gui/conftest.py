"""The real window, without a screen, on the real engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pytestqt.qtbot import QtBot

from jambox.gui.joining import begin_joining
from jambox.gui.link import EngineLink
from jambox.gui.session import Session
from jambox.gui.theme import Theme
from jambox.gui.window import MainWindow
from tests.engine.conftest import jack_server, runtime_folder, voice
from tests.engine.jack_server import JackServer

__all__ = ["jack_server", "runtime_folder", "voice"]


@pytest.fixture
def window(
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    runtime_folder: Path,
    jack_server: Callable[..., JackServer],
) -> Iterator[MainWindow]:
    """The window with an engine that plays behind it; what it keeps is kept in a folder of the test's."""
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    jack_server(256, here=False)
    session = Session.restored()
    session.welcomed = True
    joining = begin_joining(session, lambda sentence: None)
    theme = Theme(session.theme)
    theme.apply()
    link = EngineLink(session)
    made = MainWindow(link, session, theme)
    qtbot.addWidget(made)
    made.show()
    with qtbot.waitSignal(link.joined, timeout=30_000):
        link.await_engine(joining)
    qtbot.waitUntil(lambda: link.meters.get("position", 0) > 4800, timeout=10_000)
    yield made
    link.close()
