"""What was made lies on the shelf: takes and rendered files, to be dragged out as files; and what is still being made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QProgressBar, QScrollArea, QWidget

from jambox.gui.job import Job
from jambox.gui.parts import shortened, surface, tool

MOST_ITEMS, MOST_LETTERS = 12, 40


class Item(QFrame):
    """One thing on the shelf: `files` can be dragged from it once there are any; `left` when it is put away."""

    left = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "panel")
        self.files: list[Path] = []
        self._pressed_at: QPoint | None = None
        self._job: Job | None = None
        self.put_away = False
        self._name = QLabel(shortened(name, MOST_LETTERS))
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        self._state = QLabel("")
        self._state.setProperty("kind", "dim")
        self._progress = QProgressBar()
        self._progress.setRange(0, 100)
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(90)
        self._progress.setAccessibleName(f"Progress of {name}")
        self._open = tool("Open", name=f"Open {name}", tip="Open this file")
        self._open.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.files[0]))))
        self._close = tool("×", name=f"Give up or put away {name}", tip="Give it up")
        self._close.clicked.connect(self.give_up)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 3, 4, 3)
        for widget in (self._name, self._state, self._progress, self._open, self._close):
            row.addWidget(widget)
        self._open.hide()
        self._progress.hide()

    @property
    def state(self) -> str:
        """The word about it."""
        return self._state.text()

    def show_state(self, text: str) -> None:
        """A word about it."""
        self._state.setText(text)

    def follow(self, job: Job) -> None:
        """Show how far a job is; the cross gives it up."""
        self._job = job
        self.show_share(0.0)
        job.progressed.connect(self.show_share)

    def show_share(self, share: float) -> None:
        """How much of it is made, 0 to 1."""
        self._progress.setValue(round(100 * share))
        self._progress.show()

    def finish(self, text: str, files: Sequence[Path]) -> None:
        """It is there: these files can be dragged out and opened."""
        if self.put_away:
            return
        self._job = None
        self.files = list(files)
        self._state.setText(text)
        self._progress.hide()
        self._open.setVisible(bool(files))
        self._close.setToolTip("Put it away; the file stays")
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(f"Drag it to where the file is wanted.\n{files[0]}" if files else "")
        self.setAccessibleName(f"{self._name.text()}: {', '.join(map(str, files))}")

    def mime_data(self) -> QMimeData:
        """The files, as another program takes them."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(file)) for file in self.files])
        return data

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's name
        self._pressed_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._pressed_at is None or not self.files:
            return
        if (event.position().toPoint() - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
            self._pressed_at = None
            drag = QDrag(self)
            drag.setMimeData(self.mime_data())
            drag.setPixmap(self.grab())
            drag.exec(Qt.DropAction.CopyAction)

    @property
    def share(self) -> float:
        """How much of it is made, 0 to 1."""
        return self._progress.value() / 100.0

    def give_up(self) -> None:
        """End what is still being made; put away what is there. The files stay."""
        if self._job is not None and self._job.running:
            self._job.cancel()
        elif not self.put_away:
            self.put_away = True
            self.hide()
            self.left.emit()
            self.deleteLater()


class Shelf(QScrollArea):
    """A row of items, the newest first; it is there as long as anything lies on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[Item] = []
        self.setAccessibleName("Takes and rendered files")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(58)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = surface("page")
        self._row = QHBoxLayout(content)
        self._row.setContentsMargins(12, 6, 12, 6)
        self._row.addStretch(1)
        self.setWidget(content)
        self.hide()

    @property
    def items(self) -> list[Item]:
        """What lies on it, the newest first."""
        return list(self._items)

    def add(self, name: str) -> Item:
        """Something that is being made, or was."""
        item = Item(name)
        item.left.connect(partial(self._forget, item))
        self._row.insertWidget(0, item)
        self._items.insert(0, item)
        for old in self.items[MOST_ITEMS:]:
            if old.files:
                old.give_up()
        self.show()
        return item

    def _forget(self, item: Item) -> None:
        # Not when it is destroyed: the layout would hand out a widget that is half gone, and Python would keep it.
        self._items.remove(item)
        self._row.removeWidget(item)
        self.setVisible(bool(self._items))
