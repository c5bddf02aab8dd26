"""The main window: a bar above, pages that are made when they are first opened, messages and the status line below."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMainWindow, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from jambox.gui.collecting import Collector
from jambox.gui.dropping import Dropping
from jambox.gui.guide import Guide
from jambox.gui.history import History
from jambox.gui.link import EngineLink
from jambox.gui.message_bar import MessageBar
from jambox.gui.parts import button, surface
from jambox.gui.recording import RecordButton
from jambox.gui.session import SMALLEST, Session
from jambox.gui.shelf import Shelf
from jambox.gui.status_line import StatusLine
from jambox.gui.theme import Theme
from jambox.gui.top_bar import TopBar

# Name, and where its class is: imported when the page is first opened. `Page(link, session, theme, history)`.
PAGES = (
    ("Stage", "jambox.gui.stage_page:StagePage"),
    ("Sounds", "jambox.gui.browser:BrowserPage"),
    ("Shape", "jambox.gui.shape_page:ShapePage"),
    ("Keys", "jambox.gui.keys_page:KeysPage"),
    ("Settings", "jambox.gui.settings_page:SettingsPage"),
)
KEEP_MS = 10_000


class MainWindow(QMainWindow):
    """`closed` is emitted when it is, whoever closes it; `restart_wanted` when it is to come back with another zoom."""

    closed = Signal()
    restart_wanted = Signal()

    def __init__(self, link: EngineLink, session: Session, theme: Theme) -> None:
        super().__init__()
        self.link, self.session, self.theme = link, session, theme
        self.history = History(link, self)
        self._collector = Collector(self)
        self._collector.begin()
        self.setWindowTitle("Jambox")
        self.top_bar = TopBar(link, self.history)
        self.messages = MessageBar()
        self.shelf = Shelf()
        self.record_button = RecordButton(link, session, self.shelf)
        self.top_bar.record_slot.addWidget(self.record_button)
        self.guide = Guide(session, self.open_page)
        self.dropping = Dropping(self, link, session, self.history, self.shelf)
        self._stack = QStackedWidget()
        self._pages: dict[str, QWidget] = {}
        self._buttons: dict[str, QPushButton] = {}
        self.setCentralWidget(self._laid_out())
        self.setMinimumSize(QSize(*SMALLEST).boundedTo(self.screen().availableSize()))
        self.resize(*session.size)
        # What a button under a sentence does, by the id that came with the sentence.
        self.actions_by_id: dict[str, tuple[str, Callable[[], None]]] = {
            "start": ("Start it", link.start),
            "start_anew": ("Start it anew", link.start_anew),
            "settings": ("Open settings", partial(self.open_page, "Settings")),
            "takes": ("Choose a folder", partial(self.open_page, "Settings")),
            "keys": ("Open keys", partial(self.open_page, "Keys")),
            "forget_learning": ("Forget it", lambda: link.request("learn", param=None)),
            "leave": ("End it and close", self._leave),
            "restart": ("Restart the window", self.restart_wanted.emit),
        }
        link.said.connect(self.say)
        link.happened.connect(self._happened)
        link.gone.connect(lambda: self.messages.take_back(self.actions_by_id["forget_learning"][0]))
        self.record_button.begun.connect(lambda: self.messages.take_back(self.actions_by_id["takes"][0]))
        self.record_button.ended.connect(lambda: self.messages.take_back(self.actions_by_id["leave"][0]))
        for over in (link.gone, link.answered):
            over.connect(lambda: self.messages.take_back(self.actions_by_id["start_anew"][0]))
        keep = QTimer(self, interval=KEEP_MS)
        keep.timeout.connect(self._keep)
        keep.start()
        self._kept = session.model_copy()
        self.open_page(session.page if session.page in self._buttons else PAGES[0][0])
        if not session.welcomed and not session.safe:
            self.guide.begin()

    def _laid_out(self) -> QWidget:
        frame = surface("frame")
        rows = QVBoxLayout(frame)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.top_bar)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._rail())
        column = QVBoxLayout()
        column.addWidget(self.guide)
        column.addWidget(self._stack, 1)
        middle.addLayout(column, 1)
        rows.addLayout(middle, 1)
        rows.addWidget(self.shelf)
        rows.addWidget(self.messages)
        rows.addWidget(StatusLine(self.link, self.theme))
        return frame

    def _rail(self) -> QWidget:
        rail = surface("rail")
        column = QVBoxLayout(rail)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(2)
        group = QButtonGroup(self, exclusive=True)
        for number, (name, _) in enumerate(PAGES, start=1):
            key = f"Ctrl+{number}"
            opener = button(name, "page", name=f"Page {name}", tip=f"{name} ({key})", shortcut=key, checkable=True)
            opener.clicked.connect(partial(self.open_page, name))
            group.addButton(opener)
            column.addWidget(opener)
            self._buttons[name] = opener
        column.addStretch(1)
        rail.setFixedWidth(96)
        return rail

    def page(self, name: str) -> QWidget:
        """The page of that name, made now if it was not opened before."""
        if name not in self._pages:
            module, _, kind = dict(PAGES)[name].partition(":")
            page: QWidget = getattr(importlib.import_module(module), kind)(self.link, self.session, self.theme, self.history)
            page.setObjectName("page")
            page.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            page.setAccessibleName(name)
            if hasattr(page, "handed_over"):
                page.handed_over.connect(self.dropping.take)
            self._pages[name] = page
            self._stack.addWidget(page)
        return self._pages[name]

    def open_page(self, name: str, checked: bool = True) -> None:
        """Show a page."""
        if name not in self._buttons:
            return
        self._stack.setCurrentWidget(self.page(name))
        self.page(name).setFocus()
        self._buttons[name].setChecked(True)
        self.session.page = name

    def say(self, sentence: str, action: str = "") -> None:
        """A sentence for the message bar, with the button of an action (see `actions_by_id`)."""
        label, do = self.actions_by_id.get(action, ("", None))
        # While a controller is awaited no other is followed, so nobody may forget that one is.
        self.messages.say(sentence, label, do, do if action == "forget_learning" else None)

    def _happened(self, event: dict[str, Any]) -> None:
        """What was asked for, or complained of, may be over."""
        if event["event"] == "learnt":
            self.messages.take_back(self.actions_by_id["forget_learning"][0])
            self.say(f"{event['keyboard']}: {event['text']}")
        elif event["event"] == "playing":
            for action in ("settings", "start"):
                self.messages.take_back(self.actions_by_id[action][0])

    def _keep(self) -> None:
        self.session.sounding = self.link.sounding() or self.session.sounding
        if not self.isMaximized():
            self.session.size = (self.width(), self.height())
        self.session.maximised = self.isMaximized()
        if self.session != self._kept:
            self.session.save()
            self._kept = self.session.model_copy()

    def _leave(self) -> None:
        """End the take that is being recorded, then close; at once if that is asked for again."""
        self.say("The take ends and its notes are written; then the window closes.")
        self.record_button.finish(self.close)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  # Qt's name
        """Keep what there is to keep, end what is not done, then go.

        Who closes it in the middle of a take is asked first: an engine that others use would go on recording, unseen.
        """
        if event.spontaneous() and self.record_button.recording and self.link.is_joined and not self.link.hangs:
            event.ignore()
            label = self.actions_by_id["leave"][0]
            if self.messages.has(label):  # closed again: that is an answer
                self._leave()
            else:
                self.say("A take is being recorded. Closing the window ends it; its files are kept.", "leave")
            return
        for page in self._pages.values():
            if hasattr(page, "end"):
                page.end()
        self.dropping.rendering.end()
        self.record_button.end()
        self._keep()
        self.session.save()
        self._collector.end()
        event.accept()
        self.closed.emit()
