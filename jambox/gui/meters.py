"""Level meters: peak and RMS of what comes in and what goes out, and a mark that stays when either clips."""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter

from jambox.gui.link import EngineLink
from jambox.gui.theme import Theme
from jambox.gui.view import View

FLOOR_DB = -60.0
FALL_DB = 0.6  # a tick
HELD_TICKS = 180


class Meters(View):
    """Two columns; a click takes the clip marks away."""

    def __init__(self, link: EngineLink, theme: Theme) -> None:
        super().__init__(
            theme, "Level", "Peak (line) and RMS (bar) of input and output in dB; a click takes the clip marks away."
        )
        self._link = link
        self._peak = {"in": FLOOR_DB, "out": FLOOR_DB}
        self._rms = {"in": FLOOR_DB, "out": FLOOR_DB}
        self._clipped = {"in": 0, "out": 0}
        self._held = {"in": 0, "out": 0}
        self._shown: tuple[int, ...] = ()
        self.setFixedWidth(92)
        self.setMinimumHeight(150)

    def plot(self) -> QRect:
        return self.rect().adjusted(30, 40, -8, -24)

    def _column(self, side: str) -> QRectF:
        plot = self.plot()
        width = (plot.width() - 6) / 2
        return QRectF(plot.left() + (0.0 if side == "in" else width + 6), plot.top(), width, plot.height())

    def still(self, painter: QPainter) -> None:
        self.words(painter)
        plot = self.plot()
        for level in (0, -12, -24, -36, -48, -60):
            y = plot.top() - plot.height() * level / -FLOOR_DB
            painter.drawText(
                QRectF(0, y - 8, 26, 16), int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{level}"
            )
        for side in ("in", "out"):
            column = self._column(side)
            painter.fillRect(column, self.theme.colour("background"))
            painter.drawText(
                QRectF(column.left() - 6, column.bottom() + 4, column.width() + 12, 16),
                int(Qt.AlignmentFlag.AlignCenter),
                side,
            )

    def advance(self) -> None:
        """[tick] Repaint if a pixel moved."""
        meters = self._link.meters
        if not meters:
            return
        for side in ("in", "out"):
            self._peak[side] = max(_db(meters[f"peak_{side}"]), self._peak[side] - FALL_DB)
            self._rms[side] = max(_db(meters[f"rms_{side}"]), self._rms[side] - 2 * FALL_DB)
            more = meters[f"clipped_{side}"] > self._clipped[side] > -1
            self._clipped[side] = meters[f"clipped_{side}"]
            self._held[side] = HELD_TICKS if more else max(0, self._held[side] - 1)
        height = self.plot().height()
        shown = tuple(
            round(height * level[side] / FLOOR_DB) for level in (self._peak, self._rms) for side in ("in", "out")
        ) + tuple(self._held[side] > 0 for side in ("in", "out"))
        if shown != self._shown:
            self._shown = shown
            self.update(self.plot().adjusted(0, -16, 0, 0))

    def live(self, painter: QPainter) -> None:
        for side, colour in (("in", "voice"), ("out", "sound")):
            column = self._column(side)
            height = column.height()
            bar = height * (1.0 - self._rms[side] / FLOOR_DB)
            painter.fillRect(QRectF(column.left(), column.bottom() - bar, column.width(), bar), self.theme.colour(colour))
            peak = height * (1.0 - min(self._peak[side], 0.0) / FLOOR_DB)
            if peak > 1.0:
                hot = self._peak[side] > -1.0
                line = QRectF(column.left(), column.bottom() - peak, column.width(), 2.0)
                painter.fillRect(line, self.theme.colour("bad" if hot else "text"))
            if self._held[side]:
                painter.fillRect(QRectF(column.left(), column.top() - 14, column.width(), 10), self.theme.colour("bad"))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's name
        self._held = {"in": 0, "out": 0}


def _db(gain: float) -> float:
    return max(FLOOR_DB, min(6.0, 20.0 * math.log10(max(gain, 1e-6))))
