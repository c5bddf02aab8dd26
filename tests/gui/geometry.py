"""What is wrong with how a window is laid out, found without looking: cut text, widgets outside of or over each other."""

from __future__ import annotations

from itertools import combinations

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

# Widgets whose inner parts Qt lays out itself.
_CLOSED = (QAbstractItemView, QComboBox, QLineEdit, QAbstractSlider)
_SLACK_PX = 2
_DIRECT = Qt.FindChildOption.FindDirectChildrenOnly


def problems(root: QWidget) -> list[str]:
    """A sentence for each."""
    return [*_inside(root), *_apart(root), *_cut(root)]


def _children(widget: QWidget) -> list[QWidget]:
    found = widget.findChildren(QWidget, options=_DIRECT)
    return [child for child in found if child.isVisible() and not child.isWindow()]


def _open(root: QWidget) -> list[QWidget]:
    """Root and all visible widgets in it but the insides of closed ones."""
    found = [root]
    for widget in found:
        if not isinstance(widget, _CLOSED):
            found += _children(widget)
    return found


def _inside(root: QWidget) -> list[str]:
    told = []
    for parent in _open(root):
        if isinstance(parent, _CLOSED):
            continue
        scrolls = isinstance(parent.parentWidget(), QScrollArea) and parent is parent.parentWidget().viewport()
        for child in _children(parent):
            if scrolls:
                wide = child.width() <= parent.width() + _SLACK_PX
                if not wide and not parent.parentWidget().horizontalScrollBar().isVisible():
                    told.append(f"{_name(child)} is wider than what can be seen of it")
            elif not parent.rect().adjusted(-_SLACK_PX, -_SLACK_PX, _SLACK_PX, _SLACK_PX).contains(child.geometry()):
                told.append(
                    f"{_name(child)} sticks out of {_name(parent)}: {_text(child.geometry())} in {_text(parent.rect())}"
                )
    return told


def _apart(root: QWidget) -> list[str]:
    told = []
    for parent in _open(root):
        if isinstance(parent, (*_CLOSED, QStackedWidget, QAbstractScrollArea)):
            continue
        for one, other in combinations(_children(parent), 2):
            both = one.geometry().intersected(other.geometry())
            if both.width() > _SLACK_PX and both.height() > _SLACK_PX:
                told.append(f"{_name(one)} and {_name(other)} overlap in {_name(parent)}: {_text(both)}")
    return told


def _cut(root: QWidget) -> list[str]:
    told = []
    for widget in _open(root):
        if isinstance(widget, QLabel) and widget.text():
            if widget.wordWrap():
                fits = widget.heightForWidth(widget.width()) <= widget.height() + _SLACK_PX
            else:
                fits = widget.sizeHint().width() <= widget.width() + _SLACK_PX
        elif isinstance(widget, QAbstractButton) and widget.text():
            fits = widget.sizeHint().width() <= widget.width() + _SLACK_PX or widget.toolTip() != ""
        elif isinstance(widget, QComboBox):
            needed = widget.fontMetrics().horizontalAdvance(widget.currentText())
            fits = needed <= widget.width() - 24
        else:
            continue
        if not fits:
            told.append(f"the text of {_name(widget)} is cut")
    return told


def _name(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, (QLabel, QAbstractButton)) else ""
    return f"{type(widget).__name__} {(widget.accessibleName() or widget.objectName() or text)[:60]!r}"


def _text(rect: QRect) -> str:
    return f"{rect.width()}x{rect.height()} at {rect.x()},{rect.y()}"
