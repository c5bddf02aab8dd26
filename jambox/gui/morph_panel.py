"""Two instruments as one: a pad from the one to the other (to the right) and from dark to bright (upwards)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from jambox.control.library import instrument_names
from jambox.errors import JamboxError
from jambox.gui.background import Background
from jambox.gui.columns import Panel, Quiet
from jambox.gui.history import History
from jambox.gui.link import EngineLink
from jambox.gui.parts import Choice
from jambox.gui.portrait import Portrait, paint_bars, portrait_of
from jambox.gui.row_controls import Rows
from jambox.gui.row_values import share_of, value_at
from jambox.gui.theme import Theme
from jambox.gui.top_bar import shown_name
from jambox.instrument.hybrid import JOINT
from jambox.params import BY_ID

MORPH, TILT = BY_ID["morph"], BY_ID["tilt_db"]
ALONE = "alone"
_STEP = 0.02


class MorphPad(QWidget):
    """The ball lies where `morph` and `tilt_db` are; it can be dragged, or moved by the arrow keys."""

    def __init__(self, link: EngineLink, theme: Theme, history: History) -> None:
        super().__init__()
        self._link, self._theme, self._history = link, theme, history
        self._portraits: tuple[Portrait | None, Portrait | None] = (None, None)
        self._shown = (-1.0, -1.0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 180)
        self.setAccessibleName("Morph pad")
        self.setAccessibleDescription("To the right is more of the second instrument, upwards is brighter. Arrow keys move.")
        link.ticked.connect(self._tick)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        return QSize(420, 240)

    def show_pair(self, first: Portrait | None, second: Portrait | None) -> None:
        """Whose spectra lie behind the pad."""
        self._portraits = (first, second)
        self.setEnabled(second is not None)
        self.update()

    @property
    def place(self) -> tuple[float, float]:
        """Morph and tilt, each from 0 to 1."""
        params = self._link.params
        return (
            share_of(MORPH, params.get(MORPH.id, MORPH.default)),
            share_of(TILT, params.get(TILT.id, TILT.default)),
        )

    def spectrum(self) -> NDArray[np.float64] | None:
        """What lies between the two spectra where the ball is, heights from 0 to 1."""
        first, second = (portrait.heights if portrait is not None else None for portrait in self._portraits)
        if first is None or second is None:
            return first
        n, share = min(len(first), len(second)), self.place[0]
        return np.asarray((1.0 - share) * first[:n] + share * second[:n])

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._history.begin()
        self._drag(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._history.begin()
        self._history.set({TILT.id: TILT.default}, "Morph pad")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        steps = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        x, y = self.place
        self._history.begin()
        self._move(x + _STEP * step[0], y + _STEP * step[1])

    def _drag(self, point: QPointF) -> None:
        area = self._area()
        self._move((point.x() - area.left()) / area.width(), (area.bottom() - point.y()) / area.height())

    def _move(self, x: float, y: float) -> None:
        places = (min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
        values = {row.id: value_at(row, place) for row, place in zip((MORPH, TILT), places, strict=True)}
        self._history.set(values, "Morph pad")
        self.update()

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(16.0, 16.0, -16.0, -16.0)

    def _tick(self) -> None:
        if self.isVisible() and self.place != self._shown:
            self._shown = self.place
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, area = self._theme, self._area()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("background"))
        painter.drawRoundedRect(QRectF(self.rect()), 8.0, 8.0)
        paint_bars(painter, self.spectrum(), area.adjusted(0.0, 24.0, 0.0, 0.0), theme, "sound", 0.35)
        painter.setFont(theme.font(bold=True))
        names = [portrait.title if portrait is not None else "" for portrait in self._portraits]
        painter.setPen(theme.colour("text"))
        half = area.width() / 2.0
        metrics = painter.fontMetrics()
        for name, side, flag in (
            (names[0], QRectF(area.left(), area.top(), half - 6.0, 20.0), Qt.AlignmentFlag.AlignLeft),
            (names[1] or "choose a second one", QRectF(area.center().x() + 6.0, area.top(), half - 6.0, 20.0),
             Qt.AlignmentFlag.AlignRight),
        ):  # fmt: skip
            painter.drawText(side, flag, metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(side.width())))
        if self._portraits[1] is None:
            return
        x, y = self.place
        ball = QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())
        painter.setPen(QPen(theme.colour("line"), 1.0, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(ball.x(), area.top() + 24.0), QPointF(ball.x(), area.bottom()))
        painter.drawLine(QPointF(area.left(), ball.y()), QPointF(area.right(), ball.y()))
        painter.setPen(QPen(theme.colour("voice" if self.hasFocus() else "text"), 2.0))
        painter.setBrush(theme.colour("sound"))
        painter.drawEllipse(ball, 9.0, 9.0)


class MorphPanel(Panel):
    """Who morphs into whom, the pad, and what else moves it."""

    def __init__(self, link: EngineLink, theme: Theme, history: History) -> None:
        super().__init__("Morph")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._link, self._history = link, history
        self._background = Background(self)
        self.first, self.second = Choice(), Choice()
        row = QHBoxLayout()
        for box, name in ((self.first, "First instrument"), (self.second, "Second instrument")):
            box.setAccessibleName(name)
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setMinimumWidth(100)
            box.activated.connect(lambda index: self._load())
            row.addWidget(box, 1)
        self.body.addLayout(row)
        self.pad = MorphPad(link, theme, history)
        self.body.addWidget(self.pad, 1)
        self.body.addWidget(Quiet("To the right: more of the second instrument. Upwards: brighter."))
        ids = ("morph_by", "morph_low_st", "morph_high_st", "morph_soft_db", "morph_loud_db")
        self.body.addWidget(Rows(ids, link, theme, history))
        link.instrument_changed.connect(lambda name: self.look())

    def look(self) -> None:
        """Show who plays."""
        now = self._link.sounding()
        first, _, second = now.instrument.partition(JOINT) if now is not None else ("", "", "")
        names = instrument_names()
        for box, chosen, alone in ((self.first, first, False), (self.second, second, True)):
            box.clear()
            if alone:
                box.addItem("No second instrument", ALONE)
            for name in names:
                box.addItem(shown_name(name), name)
            if chosen and chosen not in names:
                box.addItem(shown_name(chosen), chosen)  # a path
            box.setCurrentIndex(max(box.findData(chosen or ALONE), 0))

        def read() -> tuple[Portrait | None, Portrait | None]:
            return _portrait(first), _portrait(second)

        self._background.run(read, lambda pair: self.pad.show_pair(*pair))

    def _load(self) -> None:
        first, second = self.first.currentData(), self.second.currentData()
        self._history.load(instrument=first if second == ALONE else f"{first}{JOINT}{second}")


def _portrait(name: str) -> Portrait | None:
    try:
        return portrait_of(name) if name else None
    except JamboxError:
        return None
