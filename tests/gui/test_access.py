"""The window without a mouse and without eyes: every control has a name, is reached by Tab, and shows that it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QComboBox, QLineEdit, QProgressBar, QWidget
from pytestqt.qtbot import QtBot

from jambox.control.library import instrument_names
from jambox.gui.instrument_list import InstrumentCard
from jambox.gui.knob import Knob
from jambox.gui.link import EngineLink
from jambox.gui.session import Session
from jambox.gui.theme import Theme
from jambox.gui.view import View
from jambox.gui.window import PAGES, MainWindow

KINDS = (QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QProgressBar, Knob, View, InstrumentCard)


@pytest.fixture(params=["dark", "light"])
def shown(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> MainWindow:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    session = Session(welcomed=True)
    theme = Theme(request.param)
    theme.apply()
    made = MainWindow(EngineLink(session), session, theme)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    for name, _ in PAGES:
        made.open_page(name)
    made.open_page("Sounds")
    qtbot.waitUntil(lambda: len(made.page("Sounds").cards) == len(instrument_names()))
    return made


def controls(window: MainWindow) -> list[QWidget]:
    """What can be worked or read on the page that is open, and around it."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and (isinstance(widget, KINDS) or widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and not isinstance(widget.parentWidget(), (QComboBox, QAbstractItemView))  # their insides
    ]


def name_of(widget: QWidget) -> str:
    """What a screen reader says; of a box what it is for (Qt gives what is chosen in it as its name, on Linux)."""
    return widget.accessibleName() or QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def test_every_control_has_a_name_to_be_read_out(shown: MainWindow) -> None:
    nameless, seen = [], 0
    for page, _ in PAGES:
        shown.open_page(page)
        for widget in controls(shown):
            seen += 1
            if not any(letter.isalpha() for letter in name_of(widget)):
                nameless.append(f"{page}: {type(widget).__name__} {widget.objectName()} {name_of(widget)!r}")
    assert nameless == []
    assert seen > 150


def test_tab_reaches_every_control_in_a_round_and_each_shows_that_it_is_reached(shown: MainWindow) -> None:
    unreached, unmarked = [], []
    for page, _ in PAGES:
        shown.open_page(page)
        QApplication.processEvents()
        wanted = [widget for widget in controls(shown) if stops_tab(widget)]
        reached: list[QWidget] = []
        while (focused := QApplication.focusWidget()) not in reached and len(reached) < 500:
            reached.append(focused)
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        unreached += [f"{page}: {name_of(widget)}" for widget in wanted if widget not in reached]
        for widget in wanted:
            if isinstance(widget, QLineEdit):
                continue  # its cursor blinks
            shown.setFocus()
            away = picture(widget)
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            if picture(widget) == away:
                unmarked.append(f"{page}: {type(widget).__name__} {name_of(widget)}")
    assert unreached == []
    assert unmarked == []


def stops_tab(widget: QWidget) -> bool:
    """Whether Tab goes there; of buttons of which one is down it goes to that one, and arrow keys go on to the others."""
    if not (widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled()):
        return False
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is None or not group.exclusive() or widget.isChecked()


def picture(widget: QWidget) -> QImage:
    QApplication.processEvents()
    return widget.grab().toImage()
