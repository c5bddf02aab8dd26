"""The harmonics as bars to be drawn with the mouse, and the noise beside them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from jambox.dsp.noise import noise_band_centres_hz
from jambox.gui.history import History
from jambox.gui.link import EngineLink
from jambox.gui.panel import DRAWN
from jambox.gui.theme import Theme
from jambox.gui.view import Pixels, View
from jambox.params import PARAMS

ROWS = tuple(row for row in PARAMS if row.group == DRAWN)
LOW_DB, HIGH_DB = ROWS[0].minimum, ROWS[0].maximum
# What sounds is shown on the same height from here up to full scale.
QUIET_DB = -84.0
NOISE_LOW_DB, NOISE_TOP_DB = -120.0, -10.0
_CENTRES_HZ = noise_band_centres_hz()


class HarmonicBars(View):
    """A bar for each harmonic: filled as loud as it sounds, a line where it is set. Draw over them to set them; double click
    for all at 0 dB; left and right choose one, up and down move it."""

    def __init__(self, link: EngineLink, theme: Theme, history: History) -> None:
        super().__init__(
            theme, "Harmonics: draw",
            "Draw over the bars to set the level of each harmonic; double click sets all to 0 dB. Keys: arrows.",
        )  # fmt: skip
        self._link, self._history = link, history
        self._levels = np.full(len(ROWS), QUIET_DB)
        self._set: tuple[float, ...] = tuple(row.default for row in ROWS)
        self._drawn_at: tuple[int, float] | None = None
        self._chosen = 0
        self._pixels: Pixels | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(260, 90)
        link.instrument_changed.connect(lambda name: self._meet())
        self._meet()

    def _meet(self) -> None:
        """Another instrument: one that is a sound of its own has no harmonics to draw."""
        self._unheard = self._link.unheard.get(ROWS[0].id, "")
        self.setToolTip(self._unheard or self.accessibleDescription())
        self.forget()

    def plot(self) -> QRect:
        return self.rect().adjusted(30, 22, -8, -20)

    def _y(self, level_db: float) -> float:
        plot = self.plot()
        return plot.bottom() + 1 - plot.height() * (level_db - LOW_DB) / (HIGH_DB - LOW_DB)

    def _bar(self, number: int) -> QRectF:
        plot = self.plot()
        width = plot.width() / len(ROWS)
        return QRectF(plot.left() + number * width + 1.0, plot.top(), width - 2.0, plot.height())

    def still(self, painter: QPainter) -> None:
        plot = self.plot()
        painter.fillRect(plot, self.theme.colour("background"))
        self.words(painter)
        for level in (0, -20, -40, -60):
            y = self._y(level)
            painter.drawText(
                QRectF(0, y - 8, 26, 16), int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{level}"
            )
        for number in (0, 3, 7, 11, 15, 19, 23, 27, 31):
            bar = self._bar(number)
            painter.drawText(
                QRectF(bar.center().x() - 14, plot.bottom() + 3, 28, 14), int(Qt.AlignmentFlag.AlignCenter), f"{number + 1}"
            )

    def advance(self) -> None:
        """[tick] Follow what sounds and what is set."""
        now = self._link.shown.harmonics()[: len(ROWS)]
        levels = np.full(len(ROWS), QUIET_DB)
        levels[: len(now)] = np.maximum(20.0 * np.log10(np.abs(now) + 1e-9), QUIET_DB)
        levels = np.maximum(levels, self._levels - 3.0)
        params = self._link.params
        wanted = tuple(params.get(row.id, row.default) for row in ROWS)
        if wanted != self._set or np.any(np.abs(levels - self._levels) > 0.2):
            self._levels, self._set = levels, wanted
            self.update(self.plot().adjusted(-1, -1, 1, 1))

    def forget(self) -> None:
        """Begin anew: another size, other colours."""
        self._pixels = None
        super().forget()

    def live(self, painter: QPainter) -> None:
        plot = self.plot()
        if self._unheard:
            self.words(painter)
            painter.drawText(QRectF(plot), int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), self._unheard)
        else:
            self._draw_bars(painter, plot)
        if self.hasFocus():
            painter.setPen(self.theme.pen("voice"))
            painter.drawRect(self._bar(self._chosen).adjusted(-1, 0, 0, -1))

    def _draw_bars(self, painter: QPainter, plot: QRect) -> None:
        if self._pixels is None:
            ratio = self.devicePixelRatioF()
            self._pixels = Pixels(round(plot.width() * ratio), round(plot.height() * ratio), ratio)
        pixels = self._pixels.pixels
        height, width = pixels.shape
        pixels[:] = self.theme.pixel("background")
        pixels[int(height * HIGH_DB / (HIGH_DB - LOW_DB))] = self.theme.pixel("line")
        edges = (np.arange(len(ROWS) + 1) * width / len(ROWS)).astype(int).tolist()
        tops = (height * np.minimum(1.0, self._levels / QUIET_DB)).astype(int).tolist()
        lines = height * (HIGH_DB - np.array(self._set)) / (HIGH_DB - LOW_DB)
        filled, set_at = self.theme.pixel("sound", 0.75), self.theme.pixel("text", 0.85)
        for first, last, top, line in zip(edges, edges[1:], tops, lines.astype(int).tolist(), strict=False):
            pixels[max(top, 0) :, first + 1 : last - 1] = filled
            line = min(max(line, 1), height - 1)
            pixels[line - 1 : line + 1, first + 1 : last - 1] = set_at
        self._pixels.draw(painter, QPointF(plot.topLeft()))

    # Drawing.

    def _place(self, at: QPointF) -> tuple[int, float]:
        plot = self.plot()
        number = int((at.x() - plot.left()) / plot.width() * len(ROWS))
        level = LOW_DB + (plot.bottom() + 1 - at.y()) / plot.height() * (HIGH_DB - LOW_DB)
        return min(max(number, 0), len(ROWS) - 1), min(max(level, LOW_DB), HIGH_DB)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's names
        if event.button() == Qt.MouseButton.LeftButton:
            self._history.begin()
            self._drawn_at = self._place(event.position())
            self._draw_to(*self._drawn_at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._drawn_at is not None:
            self._draw_to(*self._place(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._drawn_at = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._history.begin()
        self._history.set({row.id: row.default for row in ROWS}, "Harmonics")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._chosen = (self._chosen + (1 if key == Qt.Key.Key_Right else -1)) % len(ROWS)
            self.update()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._history.begin()
            level = self._set[self._chosen] + (1.0 if key == Qt.Key.Key_Up else -1.0)
            self._history.set({ROWS[self._chosen].id: min(max(level, LOW_DB), HIGH_DB)}, "Harmonics")
        else:
            super().keyPressEvent(event)

    def _draw_to(self, number: int, level: float) -> None:
        """Set all bars between the last place of the mouse and this one."""
        assert self._drawn_at is not None
        first, first_level = self._drawn_at
        self._chosen = number
        step = 1 if number >= first else -1
        across = range(first, number + step, step)
        levels = np.interp([abs(k - first) for k in across], [0, max(abs(number - first), 1)], [first_level, level])
        if number == first:
            levels = np.array([level])
        self._drawn_at = (number, level)
        self._history.set({ROWS[k].id: round(float(value), 1) for k, value in zip(across, levels, strict=True)}, "Harmonics")


class NoiseCurve(View):
    """The noise of the instrument over frequency, as it sounds."""

    def __init__(self, link: EngineLink, theme: Theme) -> None:
        super().__init__(
            theme, "Noise", "The instrument's noise of this moment: breath, bow or reed, band by band, as wide as the ear's."
        )
        self._link = link
        self._levels = np.zeros(0)
        self._pixels: Pixels | None = None
        self.setMinimumSize(120, 90)

    def plot(self) -> QRect:
        return self.rect().adjusted(8, 22, -8, -20)

    def still(self, painter: QPainter) -> None:
        plot = self.plot()
        painter.fillRect(plot, self.theme.colour("background"))
        self.words(painter)
        for hz in (300, 1000, 3000, 10_000) if plot.width() > 150 else (1000, 10_000):
            text = f"{hz // 1000}k" if hz >= 1000 else f"{hz}"
            painter.drawText(QRectF(self.x_of(hz) - 16, plot.bottom() + 3, 32, 14), int(Qt.AlignmentFlag.AlignCenter), text)

    def x_of(self, hz: float) -> float:
        """Where a frequency lies: the bands stand side by side, as wide as the ear's."""
        plot = self.plot()
        return plot.left() + plot.width() * float(np.interp(hz, _CENTRES_HZ, np.linspace(0.0, 1.0, len(_CENTRES_HZ))))

    def advance(self) -> None:
        """[tick] Follow the bands."""
        levels = np.maximum(20.0 * np.log10(np.abs(self._link.shown.noise()) + 1e-9), NOISE_LOW_DB)
        if len(levels) == len(self._levels):
            levels = np.maximum(levels, self._levels - 3.0)
            if not np.any(np.abs(levels - self._levels) > 0.2):
                return
        self._levels = levels
        self.update(self.plot())

    def forget(self) -> None:
        """Begin anew: another size, other colours."""
        self._pixels = None
        super().forget()

    def live(self, painter: QPainter) -> None:
        if len(self._levels) < 2:
            return
        plot = self.plot()
        if self._pixels is None:
            ratio = self.devicePixelRatioF()
            self._pixels = Pixels(round(plot.width() * ratio), round(plot.height() * ratio), ratio)
        pixels, rows = self._pixels.pixels, self._pixels.rows
        height, width = pixels.shape
        level = np.interp(np.linspace(0, len(self._levels) - 1, width), np.arange(len(self._levels)), self._levels)
        top = (height * np.clip((NOISE_TOP_DB - level) / (NOISE_TOP_DB - NOISE_LOW_DB), 0.0, 1.0)).astype(np.float32)
        before = np.concatenate([top[:1], top[:-1]])
        nothing, filled = np.uint32(self.theme.pixel("background")), np.uint32(self.theme.pixel("voice", 0.25))
        np.copyto(pixels, np.where(rows >= top, filled, nothing))
        edge = (rows >= np.minimum(top, before) - 1.0) & (rows <= np.maximum(top, before) + 1.0)
        np.copyto(pixels, np.uint32(self.theme.pixel("voice")), where=edge)
        self._pixels.draw(painter, QPointF(plot.topLeft()))
