"""What pages are laid out with: panels with a title, and columns that become one below the other where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

MARGIN, SPACING = 14, 8
# Columns stand side by side from this width on; a panel wider than MOST_PX would only be emptier.
WIDE_PX, MOST_PX = 860, 720


class Panel(QFrame):
    """A titled part of a page; `body` is what its content is added to."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "panel")
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self.body.setSpacing(SPACING)
        self.title = QLabel(title)
        self.title.setProperty("kind", "title")
        self.head = QHBoxLayout()
        self.head.addWidget(self.title)
        self.head.addStretch(1)
        self.body.addLayout(self.head)


class Columns(QScrollArea):
    """Panels beside each other where the page is wide, below each other where it is narrow; it scrolls if need be."""

    def __init__(self, *columns: list[QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows whatever in it is focused
        content = QWidget()
        content.setObjectName("page")
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, content)
        self._row.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self._row.setSpacing(MARGIN)
        for column in columns:
            holder = QVBoxLayout()
            holder.setSpacing(MARGIN)
            grows = [widget.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Expanding for widget in column]
            for widget, growing in zip(column, grows, strict=True):
                widget.setMaximumWidth(MOST_PX)
                holder.addWidget(widget, int(growing))
            if not any(grows):
                holder.addStretch(1)
            self._row.addLayout(holder, 1000)
        self._row.addStretch(1)
        self.setWidget(content)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  # Qt's name
        wide = event.size().width() >= WIDE_PX
        self._row.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        return QSize(320, 200)


class Quiet(QLabel):
    """A label for what explains, in the dim colour; an empty one takes no room."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setProperty("kind", "dim")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        super().setText(text)
        if not text:
            self.hide()

    def setText(self, text: str) -> None:  # noqa: N802  # Qt's name
        super().setText(text)
        self.setVisible(bool(text))
