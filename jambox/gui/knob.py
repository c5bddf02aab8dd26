"""A knob: a parameter's row as something to turn.

Drag up or down (shift: finely), wheel, arrow and page keys; double click or Delete for the default; type a number, or press
Return, to enter a value with its unit; the right button for MIDI learn, reset and copy. Where it lies on something that
scrolls, the wheel scrolls that, and turns only a knob that has the focus. The arc shows the value, a second, thinner ring
where a controller or the engine has moved it to since it was last touched here.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from jambox.errors import BadInput
from jambox.gui.parts import is_on_scrolled
from jambox.gui.row_values import share_of, value_at, value_of
from jambox.gui.theme import SMALL_PX, Theme
from jambox.params import Param

WIDTH, HEIGHT, DIAL = 72, 84, 40
# Pixels of a drag over the whole range, and how much finer it is with shift.
DRAG_PX, FINE = 180.0, 10.0
# The dial's open part is at its foot.
FIRST_DEGREES, SWEEP_DEGREES = 225.0, 270.0
VALUE_SHOWN_MS = 900
# Longer than any value with its unit.
MOST_TYPED = 24
# How opaque a knob is that has no effect at present.
GREY = 0.45


class Knob(QWidget):
    """`turned(value)` while it is turned; `begun()` when a gesture begins; `show_value` is what the engine shows."""

    begun = Signal()
    turned = Signal(float)
    learn_wanted = Signal()
    refused = Signal(str)

    def __init__(self, row: Param, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row, self._theme = row, theme
        self._value = self._own = self._reached = row.default
        self._least = 1e-5 * (row.maximum - row.minimum)
        self._entry: QLineEdit | None = None
        self._dragged_from: QPointF | None = None
        self._share = share_of(row, row.default)
        self._hovered = False
        self._unheard = ""
        self._shown = QTimer(self, singleShot=True, interval=VALUE_SHOWN_MS)
        self._shown.timeout.connect(self.update)
        self.setFixedSize(WIDTH, HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setObjectName(row.id)
        theme.changed.connect(self.update)
        self.tell_unheard("")
        self._name_aloud()

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        return QSize(WIDTH, HEIGHT)

    @property
    def value(self) -> float:
        """What the knob shows."""
        return self._value

    def show_value(self, value: float, added: float = 0.0) -> None:
        """What the engine has, and what it adds by itself; while somebody turns, their own value stays."""
        reached = min(max(value + added, self.row.minimum), self.row.maximum)
        if abs(reached - self._reached) > 500.0 * self._least:
            self._reached = reached
            self.update()
        if self._dragged_from is not None or abs(value - self._value) <= self._least:
            return
        self._value = value
        self._share = share_of(self.row, value)
        self._name_aloud()
        self.update()

    def tell_unheard(self, why: str) -> None:
        """Why it has no effect at present: greyed then, though it can be turned for later; "" if it does."""
        self._unheard = why
        self.setToolTip("\n".join(filter(None, (f"{self.row.help}  ({self.row.id})", why))))
        self.setAccessibleDescription(" ".join(filter(None, (self.row.help, why))))
        self.update()

    @property
    def unheard(self) -> str:
        """Why it has no effect at present, or ""."""
        return self._unheard

    def settle(self) -> None:
        """What is shown is meant: another preset, or a step back in time."""
        self._own = self._value
        self.update()

    # Turning.

    def _turn(self, share: float) -> None:
        self._share = min(max(share, 0.0), 1.0)
        self._go(value_at(self.row, self._share))

    def _go(self, value: float) -> None:
        self._value = self._own = self._reached = value
        self._shown.start()
        self._name_aloud()
        self.update()
        self.turned.emit(value)

    def reset(self) -> None:
        """Back to the default."""
        self.begun.emit()
        self._share = share_of(self.row, self.row.default)
        self._go(self.row.default)

    def step(self, steps: float) -> None:
        """Turn by some steps: a hundredth of the way each, or one number where only whole ones count."""
        whole = self.row.choices or self.row.whole
        each = 1.0 / (self.row.maximum - self.row.minimum) if whole else 0.01
        steps = math.copysign(max(1.0, round(abs(steps))), steps) if whole else steps
        self._turn(share_of(self.row, self._value) + steps * each)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self.begun.emit()
            self._dragged_from = event.position()
            self._share = share_of(self.row, self._value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._dragged_from is None:
            return
        moved = event.position() - self._dragged_from
        self._dragged_from = event.position()
        fine = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._turn(self._share + (moved.x() - moved.y()) / DRAG_PX / fine)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._dragged_from = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._dragged_from = None
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if not self.hasFocus() and is_on_scrolled(self):
            event.ignore()  # whoever scrolls a page must not turn what passes under the pointer
            return
        notches = event.angleDelta().y() / 120.0
        if notches:
            if not self._shown.isActive():
                self.begun.emit()
            fine = 1.0 / FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
            self.step(2.0 * notches * fine)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key, fine = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        steps = {
            Qt.Key.Key_Up: 1.0, Qt.Key.Key_Right: 1.0, Qt.Key.Key_Down: -1.0, Qt.Key.Key_Left: -1.0,
            Qt.Key.Key_PageUp: 10.0, Qt.Key.Key_PageDown: -10.0, Qt.Key.Key_Home: -1000.0, Qt.Key.Key_End: 1000.0,
        }.get(Qt.Key(key))  # fmt: skip
        if steps is not None:
            self.begun.emit()
            self.step(steps / FINE if fine else steps)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.reset()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.enter_value(self.row.text(self._value))
        elif event.text() and event.text() in "0123456789-.," and not event.modifiers():
            self.enter_value(event.text(), select=False)
        else:
            super().keyPressEvent(event)

    # Typing.

    def enter_value(self, text: str, *, select: bool = True) -> None:
        """Open a field over the knob to type a value into; Return takes it, Escape does not."""
        self._close_entry()
        entry = QLineEdit(text, self)
        entry.setMaxLength(MOST_TYPED)
        entry.setAccessibleName(f"{self.row.name}, value")
        entry.setGeometry(0, HEIGHT - 26, WIDTH, 26)
        entry.installEventFilter(self)
        entry.show()
        entry.setFocus()
        if select:
            entry.selectAll()
        self._entry = entry

    def _take_entry(self) -> None:
        if self._entry is None:
            return
        text = self._entry.text()
        self._close_entry()
        try:
            value = value_of(self.row, text)
        except BadInput as error:
            self.refused.emit(str(error))
            return
        self.begun.emit()
        self._share = share_of(self.row, value)
        self._go(value)

    def _close_entry(self) -> None:
        entry, self._entry = self._entry, None
        if entry is not None:
            entry.hide()
            entry.deleteLater()
            self.setFocus()

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802
        if watched is self._entry and self._entry is not None:
            pressed = event.key() if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress else None
            if pressed in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take_entry()  # here, since the field would hand the key on to the knob, which opens a field with it
                return True
            if pressed == Qt.Key.Key_Escape or event.type() == QEvent.Type.FocusOut:
                self._close_entry()
                return pressed is not None
        return False

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        self.menu().popup(event.globalPos())

    def menu(self) -> QMenu:
        """What the right button offers."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(f"{self.row.name}: {self.row.text(self._value)}").setEnabled(False)
        menu.addSeparator()
        menu.addAction("Type a value", lambda: self.enter_value(self.row.text(self._value)))
        menu.addAction(f"Reset to {self.row.text(self.row.default)}", self.reset)
        menu.addAction("Copy value", lambda: QGuiApplication.clipboard().setText(self.row.text(self._value)))
        menu.addAction("MIDI learn", self.learn_wanted.emit)
        return menu

    # Showing.

    def _name_aloud(self) -> None:
        self.setAccessibleName(f"{self.row.name}: {self.row.text(self._value)}")

    def enterEvent(self, event: QEvent) -> None:  # noqa: N802
        self._hovered = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._hovered = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(GREY if self._unheard else 1.0)
        self._dial(painter)
        self._words(painter)
        if self.hasFocus():
            painter.setOpacity(1.0)
            painter.setPen(theme.pen("voice"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(0.5, 0.5, WIDTH - 1, HEIGHT - 1), 6, 6)

    def _dial(self, painter: QPainter) -> None:
        theme, dial = self._theme, QRectF((WIDTH - DIAL) / 2, 6, DIAL, DIAL)
        self._arc(painter, dial, "line", 4.0, 0.0, 1.0)
        centre = share_of(self.row, 0.0) if self.row.minimum < 0.0 < self.row.maximum and self.row.unit != "dB" else 0.0
        share = share_of(self.row, self._value)
        self._arc(painter, dial, "sound", 4.0, min(centre, share), max(centre, share))
        if abs(self._own - self._reached) > self._least:
            own, reached = share_of(self.row, self._own), share_of(self.row, self._reached)
            self._arc(painter, dial.adjusted(-4, -4, 4, 4), "moved", 2.0, min(own, reached), max(own, reached))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("raised"))
        painter.drawEllipse(dial.adjusted(6, 6, -6, -6))
        angle = math.radians(FIRST_DEGREES - SWEEP_DEGREES * share)
        x, y = math.cos(angle), -math.sin(angle)
        painter.setPen(theme.pen("text", 2.0))
        painter.drawLine(dial.center() + QPointF(7.0 * x, 7.0 * y), dial.center() + QPointF(12.0 * x, 12.0 * y))

    def _arc(self, painter: QPainter, dial: QRectF, colour: str, width: float, first: float, last: float) -> None:
        painter.setPen(self._theme.pen(colour, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        begin = FIRST_DEGREES - SWEEP_DEGREES * first
        painter.drawArc(dial, round(16 * begin), round(-16 * SWEEP_DEGREES * (last - first)))

    def _words(self, painter: QPainter) -> None:
        touched = self._hovered or self._dragged_from is not None or self._shown.isActive() or self.hasFocus()
        painter.setFont(self._theme.font(SMALL_PX))
        painter.setPen(self._theme.colour("text" if touched or self._value != self.row.default else "dim"))
        metrics = painter.fontMetrics()
        text = metrics.elidedText(self.row.text(self._value), Qt.TextElideMode.ElideRight, WIDTH)
        painter.drawText(QRectF(0, 41, WIDTH, 14), int(Qt.AlignmentFlag.AlignCenter), text)
        painter.setFont(self._theme.font(SMALL_PX - 1))
        painter.setPen(self._theme.colour("text" if touched else "dim"))
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
        painter.drawText(QRectF(0, 56, WIDTH, 27), flags, self.row.name)
