"""What all live views share: a still layer painted once, and a moving one above that is painted where it is dirty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from jambox.gui.theme import RADIUS, SMALL_PX, Theme


class View(QWidget):
    """A rounded panel with a title; subclasses paint `still` (kept) and `live` (sixty times a second, only where dirty)."""

    def __init__(self, theme: Theme, title: str, help: str) -> None:
        super().__init__()
        self.theme, self.title = theme, title
        self._layer: QPixmap | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(title)
        self.setAccessibleDescription(help)
        self.setToolTip(help)
        theme.changed.connect(self.forget)

    def forget(self) -> None:
        """The still layer is no longer right."""
        self._layer = None
        self.update()

    def plot(self) -> QRect:
        """Where the data goes."""
        return self.rect().adjusted(8, 22, -8, -8)

    def still(self, painter: QPainter) -> None:
        """Paint what does not move, on the panel."""

    def live(self, painter: QPainter) -> None:
        """Paint what does."""

    def words(self, painter: QPainter, size_px: int = SMALL_PX, *, colour: str = "dim", bold: bool = False) -> None:
        """Make the painter ready for text."""
        painter.setFont(self.theme.font(size_px, bold=bold))
        painter.setPen(self.theme.colour(colour))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  # Qt's names
        self.forget()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._layer is None:
            self._layer = self._painted()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._layer)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.live(painter)

    def _painted(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        layer = QPixmap(self.size() * ratio)
        layer.setDevicePixelRatio(ratio)
        layer.fill(self.theme.colour("background"))
        painter = QPainter(layer)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("panel"))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        self.words(painter)
        painter.drawText(10, 15, self.title)
        self.still(painter)
        painter.end()
        return layer


class Pixels:
    """A plot that is filled by arithmetic: quicker than any painter where every column is a number."""

    def __init__(self, width: int, height: int, ratio: float) -> None:
        self.pixels: NDArray[np.uint32] = np.zeros((max(height, 1), max(width, 1)), dtype=np.uint32)
        self.rows: NDArray[np.float32] = np.arange(self.pixels.shape[0], dtype=np.float32)[:, None]
        height, width = self.pixels.shape
        self._image = QImage(self.pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        self._image.setDevicePixelRatio(ratio)

    def draw(self, painter: QPainter, at: QPointF) -> None:
        """Paint it."""
        painter.drawImage(at, self._image)


class Scroll:
    """An image whose newest column is at the right: a ring of columns, shown as two pieces, so that nothing is moved."""

    def __init__(self, width: int, height: int, colour: QColor, ratio: float) -> None:
        self.pixels: NDArray[np.uint32] = np.full((max(height, 1), max(width, 1)), colour.rgb(), dtype=np.uint32)
        self._ratio = ratio
        self.next = 0
        height, width = self.pixels.shape
        self._image = QImage(self.pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        self._image.setDevicePixelRatio(ratio)

    def put(self, column: NDArray[np.uint32]) -> None:
        """Add a column, uint32 [height]."""
        self.pixels[:, self.next] = column
        self.next = (self.next + 1) % self.pixels.shape[1]

    def draw(self, painter: QPainter, at: QPointF) -> None:
        """Paint all of it, oldest first."""
        height, width = self.pixels.shape
        older = width - self.next
        painter.drawImage(at, self._image, QRectF(self.next, 0, older, height))
        if self.next:
            painter.drawImage(at + QPointF(older / self._ratio, 0.0), self._image, QRectF(0, 0, self.next, height))
