"""The spectrogram of the output: what is heard, frequency over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from jambox.gui.link import EngineLink
from jambox.gui.theme import Theme
from jambox.gui.view import Scroll, View

FFT, LOW_HZ, HIGH_HZ = 2048, 60.0, 16_000.0
FLOOR_DB, TOP_DB = -86.0, -20.0
_WINDOW = np.hanning(FFT).astype(np.float32)


class Spectrogram(View):
    """A column a tick, frequencies on a logarithmic scale."""

    def __init__(self, link: EngineLink, theme: Theme) -> None:
        super().__init__(theme, "Spectrum of the output", "What is heard, frequency over time, over the last seconds.")
        self._link = link
        self._scroll: Scroll | None = None
        self._rate = 0.0
        self.setMinimumSize(200, 90)

    def plot(self) -> QRect:
        return self.rect().adjusted(34, 22, -8, -8)

    def forget(self) -> None:
        """Begin anew: another size, other colours."""
        self._scroll = None
        super().forget()

    def still(self, painter: QPainter) -> None:
        self.words(painter)
        plot = self.plot()
        painter.fillRect(plot, self.theme.colour("background"))
        for hz, text in ((100, "100"), (300, "300"), (1000, "1k"), (3000, "3k"), (10_000, "10k")):
            y = plot.bottom() - plot.height() * np.log(hz / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ)
            painter.drawText(
                QRectF(0, y - 8, 30, 16), int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), text
            )

    def _begin(self, rate: float) -> Scroll:
        ratio, plot = self.devicePixelRatioF(), self.plot()
        self._rate = rate
        self._scroll = Scroll(int(plot.width() * ratio), int(plot.height() * ratio), self.theme.colour("background"), ratio)
        self._colours = _scale(self.theme)
        height = self._scroll.pixels.shape[0]
        edges_hz = LOW_HZ * (HIGH_HZ / LOW_HZ) ** (np.arange(height + 1) / height)
        bins = edges_hz * FFT / rate
        # Where several bins fall into a row the loudest counts; where a row lies between two, it is read between them.
        self._first = np.minimum(bins[:-1].astype(int), FFT // 2)
        self._between = (bins[:-1] - self._first).astype(np.float32)
        self._wide = np.diff(bins) >= 1.0
        return self._scroll

    def column(self, sound: NDArray[np.float32]) -> NDArray[np.uint32]:
        """The pixels of the newest `FFT` samples, from the top; float32 [FFT] in."""
        level = np.abs(np.fft.rfft(sound * _WINDOW)) * (4.0 / FFT)
        level_db = 20.0 * np.log10(level + 1e-7).astype(np.float32)
        rows = np.maximum.reduceat(level_db, self._first)
        after = level_db[np.minimum(self._first + 1, FFT // 2)]
        smooth = level_db[self._first] + self._between * (after - level_db[self._first])
        shares = (np.where(self._wide, rows, smooth) - FLOOR_DB) / (TOP_DB - FLOOR_DB)
        return self._colours[np.clip(255.0 * shares, 0.0, 255.0).astype(np.uint8)][::-1]

    def advance(self) -> None:
        """[tick] One more column."""
        rate = float(self._link.meters.get("sample_rate", 0.0))
        if rate <= 0.0:
            return
        scroll = self._scroll if self._scroll is not None and rate == self._rate else self._begin(rate)
        sound = self._link.shown.scope(FFT / rate)[1]
        if len(sound) == FFT:
            scroll.put(self.column(sound))
            self.update(self.plot())

    def live(self, painter: QPainter) -> None:
        if self._scroll is not None:
            self._scroll.draw(painter, QPointF(self.plot().topLeft()))


def _scale(theme: Theme) -> NDArray[np.uint32]:
    """From the background through the colour of sound to the text's: lightness goes one way, so that grey tells it too."""
    stops = [theme.colour(name) for name in ("background", "moved", "sound", "text")]
    places = [0.0, 0.55, 0.8, 1.0]
    channels = [
        np.interp(np.linspace(0.0, 1.0, 256), places, [getattr(stop, part)() for stop in stops]).astype(np.uint32)
        for part in ("red", "green", "blue")
    ]
    pixels: NDArray[np.uint32] = np.uint32(0xFF000000) | channels[0] << 16 | channels[1] << 8 | channels[2]
    return pixels
