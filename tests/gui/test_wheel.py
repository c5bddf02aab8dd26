"""The wheel: it scrolls what can be scrolled, and turns what has the focus."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from jambox.gui.columns import Columns
from jambox.gui.keys_page import KeysPage
from jambox.gui.knob import Knob
from jambox.gui.link import EngineLink
from jambox.gui.parts import Choice
from jambox.gui.session import Session
from jambox.gui.theme import Theme
from jambox.gui.window import MainWindow
from jambox.params import BY_ID


@pytest.fixture
def shown(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """The window as small as it gets, without an engine."""
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    session = Session(welcomed=True, size=(1024, 700))
    theme = Theme()
    theme.apply()
    window = MainWindow(EngineLink(session), session, theme)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()  # where nothing manages windows none gets the focus by itself
    return window


def roll(widget: QWidget, notches: int = -1) -> None:
    """One event of a wheel over the middle of a widget, as the window system brings it: downwards if negative."""
    window = widget.window()
    QTest.wheelEvent(window.windowHandle(), QPointF(widget.mapTo(window, widget.rect().center())), QPoint(0, 120 * notches))


@pytest.mark.parametrize("name", ["Shape", "Keys"])
def test_over_a_knob_of_a_page_that_scrolls_the_wheel_scrolls_unless_the_knob_has_the_focus(
    qtbot: QtBot, shown: MainWindow, name: str
) -> None:
    shown.open_page(name)
    page = shown.page(name).findChild(Columns)
    assert page is not None
    page.widget().setMinimumHeight(3000)  # however much there is on it
    bar = page.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    knob = next(one for one in page.findChildren(Knob) if one.isVisible())
    turned: list[float] = []
    knob.turned.connect(turned.append)
    page.ensureWidgetVisible(knob)
    before = bar.value()
    roll(knob, -1 if before < bar.maximum() else 1)
    assert bar.value() != before
    assert turned == []
    knob.setFocus()
    qtbot.waitUntil(knob.hasFocus)
    page.ensureWidgetVisible(knob)
    before = bar.value()
    roll(knob, -1 if before < bar.maximum() else 1)
    assert bar.value() == before
    assert len(turned) == 1


def test_over_a_box_of_a_page_the_wheel_scrolls_whoever_has_the_focus(qtbot: QtBot, shown: MainWindow) -> None:
    shown.open_page("Settings")
    page = shown.page("Settings").findChild(Columns)
    assert page is not None
    page.widget().setMinimumHeight(3000)
    bar = page.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    box = shown.page("Settings").zoom_box
    assert isinstance(box, Choice)
    chosen: list[int] = []
    box.activated.connect(chosen.append)
    for focused in (False, True):
        if focused:
            box.setFocus()
        page.ensureWidgetVisible(box)
        before = bar.value()
        roll(box)
        assert bar.value() > before
    assert chosen == []


def test_where_nothing_scrolls_the_wheel_turns_a_knob_without_a_click(qtbot: QtBot, shown: MainWindow) -> None:
    shown.resize(1920, 1080)
    shown.open_page("Keys")
    keys = shown.page("Keys")
    assert isinstance(keys, KeysPage)
    columns = keys.findChild(Columns)
    assert columns is not None
    qtbot.waitUntil(lambda: columns.verticalScrollBar().maximum() == 0)
    knob = next(one for one in keys.findChildren(Knob) if one.isVisible())
    turned: list[float] = []
    knob.turned.connect(turned.append)
    roll(knob, 1)
    assert not knob.hasFocus()
    assert len(turned) == 1
    alone = Knob(BY_ID["tilt_db"], Theme())
    qtbot.addWidget(alone)
    alone.show()
    roll(alone, 1)
    assert alone.value > alone.row.default
