"""A parameter that is on or off, among knobs: one click turns it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from jambox.gui.knob import WIDTH, Knob
from jambox.gui.theme import Theme
from jambox.params import OFF_ON, Param

_TOP, _LONG, _HIGH, _EDGE = 16, 40, 20, 3


class Switch(Knob):
    """As a knob to everybody else; a click, Space or the arrow keys turn it."""

    def toggle(self) -> None:
        """The other one of its two."""
        self.begun.emit()
        self.step(1.0 if self.value < 0.5 else -1.0)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's names
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggle()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.mousePressEvent(event)  # two quick clicks are two

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Space:
            self.toggle()
        else:
            super().keyPressEvent(event)

    def _dial(self, painter: QPainter) -> None:
        on = self.value >= 0.5
        track = QRectF((WIDTH - _LONG) / 2, _TOP, _LONG, _HIGH)
        painter.setPen(self._theme.pen("sound" if on else "dim"))
        painter.setBrush(self._theme.colour("sound" if on else "raised"))
        painter.drawRoundedRect(track, _HIGH / 2, _HIGH / 2)
        radius = _HIGH / 2 - _EDGE
        x = track.right() - _EDGE - radius if on else track.left() + _EDGE + radius
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("on_sound" if on else "dim"))
        painter.drawEllipse(QPointF(x, track.center().y()), radius, radius)


def knob_for(row: Param, theme: Theme) -> Knob:
    """What turns a row."""
    return Switch(row, theme) if row.choices == OFF_ON else Knob(row, theme)
