"""The boxes of MIDI ports: what has the focus keeps it, and what was complained of is not said for ever."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jambox.gui.keys_page import KeysPage
from jambox.gui.link import EngineLink
from jambox.gui.ports_panel import PortsPanel
from jambox.gui.session import Session
from jambox.gui.theme import Theme
from jambox.gui.window import MainWindow
from tests.engine.test_keyboards import keys

PATIENCE_MS = 20_000


def test_a_box_that_is_ticked_by_the_keyboard_keeps_the_focus(qtbot: QtBot, window: MainWindow) -> None:
    until = partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    window.open_page("Keys")
    window.activateWindow()  # where nothing manages windows none gets the focus by itself
    board = window.page("Keys")
    assert isinstance(board, KeysPage)
    with keys("focus"):
        board.ports.look()
        place = ("ports", "focus:out")
        until(lambda: place in board.ports.boxes)
        box = board.ports.boxes[place]
        box.setFocus()
        until(box.hasFocus)
        for on, hint in ((True, "Played from: "), (False, "No port is played from.")):
            qtbot.keyClick(box, Qt.Key.Key_Space)
            until(lambda hint=hint: board.ports.hint.text().startswith(hint))
            assert board.ports.boxes[place] is box
            assert (box.isChecked(), box.hasFocus()) == (on, True)


def test_that_there_is_no_midi_is_said_no_longer_when_there_is_some(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    link = EngineLink(session)
    panel = PortsPanel(link, session, Theme())
    qtbot.addWidget(panel)
    panel.show()
    there: list[dict[str, str]] = []

    def request(do: str, done: Any, failed: Any, **content: Any) -> None:
        if not there:
            failed("There is no MIDI on this machine.")
            return
        done({"wishes": [], "ports": there, "open": [], "melody": [], "listeners": [], "missing": []})

    monkeypatch.setattr(link, "request", request)
    panel.look()
    for _ in range(2):
        assert panel.hint.text() == "There is no MIDI on this machine."
        assert panel._again.isActive()
        panel._again.timeout.emit()
    there.append({"name": "keys:out", "system": "JACK"})
    panel._again.timeout.emit()
    assert panel.hint.text() == "No port is played from."
    assert ("ports", "keys:out") in panel.boxes
    assert not panel._again.isActive()
    # One that went is gone, and the others are where they were.
    first = panel.boxes["ports", "all"]
    there[0] = {"name": "other:out", "system": "JACK"}
    panel.look()
    assert {name for _, name in panel.boxes} == {"all", "other:out"}
    assert panel.boxes["ports", "all"] is first
