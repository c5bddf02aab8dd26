"""Buttons and labels that know their words: what they show, what they say to a screen reader, how they look."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QComboBox, QLabel, QPushButton, QToolButton, QWidget


class Choice(QComboBox):
    """A box that no wheel turns: one meant for the page would change the device or the instrument."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  # Qt's name
        event.ignore()


def is_on_scrolled(widget: QWidget) -> bool:
    """Whether it lies on something that can be scrolled up or down as it stands."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QAbstractScrollArea) and above.verticalScrollBar().maximum() > 0:
            return True
        above = above.parentWidget()
    return False


def shortened(text: str, most: int) -> str:
    """A name of at most so many letters: of a longer one its beginning and its end."""
    if len(text) <= most:
        return text
    end = most // 3
    return f"{text[: most - end - 1]}…{text[-end:]}"


def label(text: str = "", kind: str = "", *, name: str = "", tip: str = "") -> QLabel:
    """A label; `kind` is one of the stylesheet's: dim, small, title, warning."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)  # names of files and people may look like markup
    made.setToolTip(tip)
    made.setAccessibleName(name or text)
    if kind:
        made.setProperty("kind", kind)
    return made


def button(
    text: str, kind: str = "", *, name: str = "", tip: str = "", shortcut: str = "", checkable: bool = False
) -> QPushButton:
    """A push button; `kind` is one of the stylesheet's: flat, page, primary, outlined."""
    made = QPushButton(text)
    _explain(made, kind, name or text, tip, shortcut, checkable)
    return made


def tool(
    text: str, kind: str = "", *, name: str = "", tip: str = "", shortcut: str = "", checkable: bool = False
) -> QToolButton:
    """A small button with a mark for a text, so that `name` must say what it does."""
    made = QToolButton()
    made.setText(text)
    _explain(made, kind, name or text, tip or name, shortcut, checkable)
    return made


def _explain(made: QAbstractButton, kind: str, name: str, tip: str, shortcut: str, checkable: bool) -> None:
    """What every kind of button is told."""
    made.setToolTip(tip)
    made.setAccessibleName(name)
    made.setCheckable(checkable)
    if shortcut:
        click_by_key(made, shortcut)
    if kind:
        made.setProperty("kind", kind)


def click_by_key(made: QAbstractButton, keys: str) -> None:
    """Let a shortcut click a button at once: a button's own waits for 0.1 s, as if pressed, and takes no other meanwhile."""
    shortcut = QShortcut(QKeySequence(keys), made)
    shortcut.setAutoRepeat(False)
    shortcut.activated.connect(made.click)


def surface(name: str, parent: QWidget | None = None) -> QWidget:
    """An empty widget that the stylesheet paints by its name."""
    made = QWidget(parent)
    dress(made, name)
    return made


def dress(widget: QWidget, name: str) -> None:
    """Let the stylesheet paint a widget by its name."""
    widget.setObjectName(name)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
