"""The field: pitch from left to right, loudness from below. Where the instrument is at home, and where you are."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPixmap

from jambox.gui.heard import TRAIL, Heard
from jambox.gui.history import History
from jambox.gui.link import EngineLink
from jambox.gui.theme import Theme
from jambox.gui.view import View
from jambox.params import BY_ID

LOW_ST, HIGH_ST, SOFT_DB, LOUD_DB = 24.0, 108.0, -80.0, 0.0
BALL, OCTAVE = 9.0, 12.0


class PitchField(View):
    """The ball is what the instrument plays, with its trail; the dashed box is your voice, which is dragged over the field:
    sideways by octaves (with shift by semitones), up and down for loudness. Arrow keys do the same."""

    def __init__(self, link: EngineLink, theme: Theme, history: History, heard: Heard) -> None:
        super().__init__(
            theme, "Pitch × loudness",
            "Bright: what the instrument knows. Drag the dashed box, your voice, by octaves (shift: semitones) or louder.",
        )  # fmt: skip
        self._link, self._history, self._heard = link, history, heard
        self._grabbed: tuple[QPointF, float, float] | None = None
        self._plot: QRect | None = None
        self._trail: deque[QPointF | None] = deque(maxlen=TRAIL)
        self._balls: list[QPointF] = []
        self._odd = False
        self._ball: QPixmap | None = None
        self._dot: QPixmap | None = None
        self._dirty = QRect()
        self._box = QRectF()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(260, 150)
        link.instrument_changed.connect(lambda name: self.forget())

    def plot(self) -> QRect:
        if self._plot is None:
            self._plot = self.rect().adjusted(34, 22, -10, -22)
        return self._plot

    def forget(self) -> None:
        """Begin anew: another size, other colours, another box."""
        self._plot = None
        self._trail.clear()
        self._ball = self._dot = None
        super().forget()

    def at(self, pitch: float, loudness: float) -> QPointF:
        """Where a pitch (MIDI) and a loudness (dB) lie."""
        plot = self.plot()
        x = plot.left() + plot.width() * (pitch - LOW_ST) / (HIGH_ST - LOW_ST)
        return QPointF(x, plot.bottom() - plot.height() * (loudness - SOFT_DB) / (LOUD_DB - SOFT_DB))

    def box(self) -> QRectF:
        """Where your voice lands."""
        low, high, soft, loud = self._heard.voice
        shift_st, shift_db = self._heard.shift
        shift_st, shift_db = round(shift_st, 2), round(shift_db)
        return QRectF(self.at(low + shift_st, loud + shift_db), self.at(high + shift_st, soft + shift_db))

    def still(self, painter: QPainter) -> None:
        plot, known = self.plot(), self._heard.range
        painter.setClipRect(plot)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("background"))
        painter.drawRect(plot)
        painter.setBrush(self.theme.colour("line", 0.35))
        painter.setBrush(Qt.BrushStyle.BDiagPattern)
        hatch = painter.brush()
        hatch.setColor(self.theme.colour("line", 0.5))
        painter.fillRect(plot, hatch)
        home = QRectF(self.at(known.low_st, known.loudest_db), self.at(known.high_st, known.softest_db))
        painter.setBrush(self.theme.colour("panel"))
        painter.drawRoundedRect(home, 10, 10)
        painter.setBrush(self.theme.colour("sound", 0.10))
        painter.setPen(self.theme.pen("sound", 1.2, 0.7))
        painter.drawRoundedRect(home, 10, 10)
        painter.setPen(self.theme.pen("line", 1.0, 0.8))
        for octave in range(2, 9):
            x = self.at(12.0 * octave, 0.0).x()
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        for level in (-60, -40, -20):
            y = self.at(LOW_ST, level).y()
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        self._draw_box(painter)
        painter.setClipping(False)
        self.words(painter)
        for octave in range(2, 9):
            painter.drawText(
                QRectF(self.at(12.0 * octave, 0.0).x() - 20, plot.bottom() + 3, 40, 16), _MIDDLE, f"C{octave - 1}"
            )
        for level in (-20, -40, -60, -80):
            painter.drawText(QRectF(0, self.at(LOW_ST, level).y() - 8, 30, 16), _RIGHT, f"{level}")
        self.words(painter, colour="sound")
        painter.drawText(QRectF(home.left() + 4, home.top() - 18, 300, 16), _TOP_LEFT, "the instrument's own range")

    def advance(self) -> None:
        """[tick] Repaint what moved: mostly the ball and its trail."""
        box = self.box()
        if box != self._box:
            self._box = box
            self.forget()
        played = self._heard.played
        now = self.at(*played) if played is not None else None
        self._odd = not self._odd
        if self._odd:
            self._trail.append(now)
        self._balls = [self.at(*note) for note in self._heard.notes] + ([now] if now is not None else [])
        points = [point for point in self._trail if point is not None] + self._balls
        dirty = QRect()
        if points:
            x, y = [point.x() for point in points], [point.y() for point in points]
            reach = 2.0 * BALL + 1.0
            area = QRectF(QPointF(min(x) - reach, min(y) - reach), QPointF(max(x) + reach, max(y) + reach))
            dirty = area.toAlignedRect() & self.rect()
        if not (dirty.isEmpty() and self._dirty.isEmpty()):
            self.update(dirty.united(self._dirty))
        self._dirty = dirty

    def live(self, painter: QPainter) -> None:
        if self._ball is None or self._dot is None:
            self._ball, self._dot = self._disc(BALL, 1.0, 0.25), self._disc(BALL / 3.0, 0.6, 0.0)
        painter.setClipRect(self.plot(), Qt.ClipOperation.IntersectClip)
        corner = QPointF(BALL * 2.0 / 3.0, BALL * 2.0 / 3.0)
        for point in self._trail:
            if point is not None:
                painter.drawPixmap(point - corner, self._dot)
        for point in self._balls:
            painter.drawPixmap(point - QPointF(2.0 * BALL, 2.0 * BALL), self._ball)

    def _disc(self, radius: float, opaque: float, halo: float) -> QPixmap:
        """A disc in the colour of sound, four radii wide, with a halo."""
        ratio, side = self.devicePixelRatioF(), 4.0 * radius
        disc = QPixmap(round(side * ratio), round(side * ratio))
        disc.setDevicePixelRatio(ratio)
        disc.fill(Qt.GlobalColor.transparent)
        painter = QPainter(disc)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for reach, alpha in ((1.8, halo), (1.0, opaque)):
            painter.setBrush(self.theme.colour("sound", alpha))
            painter.drawEllipse(QPointF(side / 2, side / 2), reach * radius, reach * radius)
        painter.end()
        return disc

    def _draw_box(self, painter: QPainter) -> None:
        box = self.box()
        pen = self.theme.pen("voice", 1.8)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(self.theme.colour("voice", 0.14 if self._grabbed or self.hasFocus() else 0.06))
        painter.drawRoundedRect(box, 8, 8)
        self.words(painter, colour="voice")
        inside = QRectF(box.left() + 8, box.bottom() - 20, max(box.width() - 12, 120), 16)
        painter.drawText(inside, _TOP_LEFT, self._shift_text())

    def _shift_text(self) -> str:
        shift_st, shift_db = self._heard.shift
        octaves = round(shift_st / OCTAVE)
        rest = shift_st - OCTAVE * octaves
        pitch = f"{octaves:+d} oct" if abs(rest) < 0.01 else f"{shift_st:+.1f} st"
        return (
            f"you  {pitch if abs(shift_st) > 0.01 else ''}  {f'{shift_db:+.0f} dB' if abs(shift_db) >= 0.5 else ''}".rstrip()
        )

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802  # Qt's names
        self.forget()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self.forget()

    # Dragging.

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's names
        if event.button() == Qt.MouseButton.LeftButton and self.box().contains(event.position()):
            self._history.begin()
            params = self._link.params
            self._grabbed = (event.position(), params.get("pitch_shift_st", 0.0), params.get("loudness_shift_db", 0.0))
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._grabbed is None:
            inside = self.box().contains(event.position())
            self.setCursor(Qt.CursorShape.OpenHandCursor if inside else Qt.CursorShape.ArrowCursor)
            return
        start, pitch, loudness = self._grabbed
        moved, plot = event.position() - start, self.plot()
        step = 1.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else OCTAVE
        semitones = step * round(moved.x() / plot.width() * (HIGH_ST - LOW_ST) / step)
        self._shift_to(pitch + semitones, loudness - moved.y() / plot.height() * (LOUD_DB - SOFT_DB))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._grabbed = None
        self.unsetCursor()
        self.forget()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._history.begin()
        self._shift_to(0.0, 0.0)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = 1.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else OCTAVE
        move = {
            Qt.Key.Key_Left: (-step, 0.0), Qt.Key.Key_Right: (step, 0.0),
            Qt.Key.Key_Up: (0.0, 1.0), Qt.Key.Key_Down: (0.0, -1.0),
        }.get(Qt.Key(event.key()))  # fmt: skip
        if move is None:
            super().keyPressEvent(event)
            return
        params = self._link.params
        self._history.begin()
        self._shift_to(params.get("pitch_shift_st", 0.0) + move[0], params.get("loudness_shift_db", 0.0) + move[1])

    def _shift_to(self, pitch: float, loudness: float) -> None:
        wanted = {"pitch_shift_st": pitch, "loudness_shift_db": round(loudness, 1)}
        self._history.set(
            {id: min(max(value, BY_ID[id].minimum), BY_ID[id].maximum) for id, value in wanted.items()}, "Range box"
        )


_MIDDLE = int(Qt.AlignmentFlag.AlignCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_TOP_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
