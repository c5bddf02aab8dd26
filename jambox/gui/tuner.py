"""The tuner and the roll: which note the instrument plays, how far off it is, and how the pitch went."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from jambox.gui.heard import Heard
from jambox.gui.theme import Theme
from jambox.gui.view import Scroll, View
from jambox.units import midi_to_hz, note_name

CENTS = 50.0
IN_TUNE_CENTS = 5.0


class Tuner(View):
    """The nearest note of equal temperament on the A4 that is set, large, and cents from it on a scale."""

    def __init__(self, theme: Theme, heard: Heard) -> None:
        super().__init__(theme, "Tuner", "The note that the instrument plays, and how many cents it is off.")
        self._heard = heard
        self._text = ("", 0)
        self.setFixedHeight(78)
        self.setMinimumWidth(200)

    def advance(self) -> None:
        """[tick] Repaint if it shows something else."""
        text = ("", 0)
        pitch = self._heard.tuned
        if pitch is not None:
            text = (note_name(float(midi_to_hz(pitch))), round(100.0 * (pitch - np.floor(pitch + 0.5))))
        if text != self._text:
            self._text = text
            self.setAccessibleName(f"Tuner: {text[0]} {text[1]:+d} cents" if text[0] else "Tuner: no note")
            self.update()

    def _scale(self) -> QRectF:
        return QRectF(112, 34, self.width() - 112 - 76, 20)

    def still(self, painter: QPainter) -> None:
        scale = self._scale()
        painter.setPen(self.theme.pen("line", 2.0))
        painter.drawLine(QPointF(scale.left(), scale.center().y()), QPointF(scale.right(), scale.center().y()))
        for cents in (-50, -25, 0, 25, 50):
            x = scale.center().x() + scale.width() / 2 * cents / CENTS
            reach = 9 if cents == 0 else 5
            painter.drawLine(QPointF(x, scale.center().y() - reach), QPointF(x, scale.center().y() + reach))

    def live(self, painter: QPainter) -> None:
        name, cents = self._text
        self.words(painter, 40, colour="text" if name else "line", bold=True)
        painter.drawText(
            QRectF(12, 18, 100, 56), int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), name or "–"
        )
        if not name:
            return
        scale = self._scale()
        good = abs(cents) <= IN_TUNE_CENTS
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("good" if good else "sound"))
        x = scale.center().x() + scale.width() / 2 * cents / CENTS
        painter.drawEllipse(QPointF(x, scale.center().y()), 8, 8)
        self.words(painter, 17, colour="good" if good else "text")
        painter.drawText(QRectF(self.width() - 70, 32, 60, 24), int(Qt.AlignmentFlag.AlignCenter), f"{cents:+d} ¢")


class PitchRoll(View):
    """The played pitch over the last seconds; the surer, the brighter."""

    def __init__(self, theme: Theme, heard: Heard) -> None:
        super().__init__(
            theme, "Pitch", "The pitch that the instrument played in the last seconds; the surer, the brighter."
        )
        self._heard = heard
        self._scroll: Scroll | None = None
        self._last: float | None = None
        self.setMinimumSize(200, 90)

    def plot(self) -> QRect:
        return self.rect().adjusted(34, 22, -8, -8)

    def _rows(self) -> tuple[float, float]:
        known = self._heard.range
        return known.low_st - 3.0, known.high_st + 3.0

    def forget(self) -> None:
        """Begin anew: another size, another instrument, other colours."""
        self._scroll = None
        super().forget()

    def still(self, painter: QPainter) -> None:
        low, high = self._rows()
        plot = self.plot()
        self.words(painter)
        for octave in range(int(low // 12) + 1, int(high // 12) + 1):
            y = plot.bottom() - plot.height() * (12.0 * octave - low) / (high - low)
            painter.drawText(
                QRectF(0, y - 8, 30, 16), int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"C{octave - 1}"
            )

    def _begin(self) -> Scroll:
        ratio = self.devicePixelRatioF()
        plot = self.plot()
        self._scroll = Scroll(int(plot.width() * ratio), int(plot.height() * ratio), self.theme.colour("background"), ratio)
        low, high = self._rows()
        height = self._scroll.pixels.shape[0]
        self._empty = np.full(height, self.theme.colour("background").rgb(), dtype=np.uint32)
        for octave in range(int(low // 12) + 1, int(high // 12) + 1):
            self._empty[min(max(int(height * (1.0 - (12.0 * octave - low) / (high - low))), 0), height - 1)] = (
                self.theme.colour("line").rgb()
            )
        self._scroll.pixels[:] = self._empty[:, None]
        return self._scroll

    def advance(self) -> None:
        """[tick] One more column."""
        scroll = self._scroll or self._begin()
        column = self._empty.copy()
        height, (low, high) = len(column), self._rows()
        now = None
        if self._heard.played is not None:
            now = height * (1.0 - (self._heard.played[0] - low) / (high - low))
            before = now if self._last is None or abs(self._last - now) > height / 6 else self._last
            top, bottom = sorted((before, now))
            sure = min(max((self._heard.confidence - 0.3) / 0.6, 0.25), 1.0)
            column[max(int(top) - 1, 0) : max(int(bottom) + 2, 0)] = self.theme.pixel("sound", sure)
        self._last = now
        scroll.put(column)
        self.update(self.plot())

    def live(self, painter: QPainter) -> None:
        if self._scroll is not None:
            self._scroll.draw(painter, QPointF(self.plot().topLeft()))
