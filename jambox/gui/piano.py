"""A piano to play with the mouse (the farther down a key is struck, the louder) or by typing; it also shows scales."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from jambox.gui.theme import SMALL_PX, Theme
from jambox.units import NOTE_NAMES

# The white row of a computer keyboard is the white keys from C on, as programs that play by typing have it.
TYPED = "AWSEDFTGYHUJKOLP"
_TYPED_KEYS = {getattr(Qt.Key, f"Key_{letter}"): step for step, letter in enumerate(TYPED)}
TYPED_VELOCITY = 90
SOFTEST_VELOCITY, LOUDEST_VELOCITY = 20, 127
_BLACK = {1, 3, 6, 8, 10}
_BLACK_LENGTH, _BLACK_WIDTH = 0.62, 0.62


def is_black(key: int) -> bool:
    """Whether a MIDI key is a black one."""
    return key % 12 in _BLACK


class Piano(QWidget):
    """Keys `lowest` to `highest` (MIDI, white ones). `pressed(key, velocity)` and `released(key)` tell what is played.

    `shifted` when what is typed plays in another octave.
    """

    pressed = Signal(int, int)
    released = Signal(int)
    shifted = Signal()

    def __init__(self, theme: Theme, lowest: int = 36, highest: int = 84, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lowest, self._highest = lowest, highest
        self._marked: frozenset[int] = frozenset()
        self._root: int | None = None
        self._held: int | None = None  # by the mouse
        self._typed: dict[int, int] = {}  # what is typed, and the key that it plays
        self.octave = 4
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Piano")
        self._describe()
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        return QSize(22 * len(self._whites()), 120)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(9 * len(self._whites()), 72)

    def mark(self, classes: Collection[int], root: int | None) -> None:
        """Show these pitch classes (0 is C) as a scale on `root`."""
        self._marked, self._root = frozenset(classes), root
        self.update()

    @property
    def typed(self) -> str:
        """How it is played by typing, and from which key on now."""
        return f"type {' '.join(TYPED)}; Z and X change the octave: {TYPED[0]} is {_name(self._first_typed())} now."

    def _first_typed(self) -> int:
        return 12 * (self.octave + 1)

    def _describe(self) -> None:
        self.setAccessibleDescription(f"Click a key, or {self.typed}")

    @property
    def down(self) -> set[int]:
        """Keys that are held here."""
        return {*self._typed.values(), *([self._held] if self._held is not None else [])}

    def key_at(self, point: QPointF) -> int | None:
        """The key under a point of the widget."""
        for black in (True, False):
            for key in range(self._lowest, self._highest + 1):
                if is_black(key) == black and self.place_of(key).contains(point):
                    return key
        return None

    def place_of(self, key: int) -> QRectF:
        """Where a key is drawn."""
        whites = self._whites()
        width = self.width() / len(whites)
        if not is_black(key):
            return QRectF(whites.index(key) * width, 0.0, width, float(self.height()))
        left = (whites.index(key - 1) + 1) * width - 0.5 * _BLACK_WIDTH * width
        return QRectF(left, 0.0, _BLACK_WIDTH * width, _BLACK_LENGTH * self.height())

    def let_go(self) -> None:
        """Every key that is held here goes up."""
        for key in self.down:
            self.released.emit(key)
        self._held = None
        self._typed.clear()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self._strike(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.MouseButton.LeftButton and self.key_at(event.position()) != self._held:
            self._strike(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._strike(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        typed = event.key()
        if event.modifiers() not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            super().keyPressEvent(event)
        elif typed in (Qt.Key.Key_Z, Qt.Key.Key_X):
            self.octave = min(max(self.octave + (1 if typed == Qt.Key.Key_X else -1), 0), 8)
            self._describe()
            self.shifted.emit()
        elif typed in _TYPED_KEYS:
            key = self._first_typed() + _TYPED_KEYS[Qt.Key(typed)]
            if not event.isAutoRepeat() and typed not in self._typed and key <= 127:
                self._typed[typed] = key
                self.pressed.emit(key, TYPED_VELOCITY)
                self.update()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.isAutoRepeat() or event.key() not in self._typed:
            super().keyReleaseEvent(event)
            return
        self.released.emit(self._typed.pop(event.key()))
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self.let_go()  # whoever looks away must not leave a key down
        super().focusOutEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        down = self.down
        for black in (False, True):
            for key in range(self._lowest, self._highest + 1):
                if is_black(key) == black:
                    self._paint_key(painter, key, key in down)
        if self.hasFocus():
            painter.setPen(self._theme.colour("voice"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3.0, 3.0)

    def _paint_key(self, painter: QPainter, key: int, down: bool) -> None:
        black = is_black(key)
        place = self.place_of(key).adjusted(0.5, 0.0, -0.5, -1.0)
        painter.setPen(self._theme.colour("line"))
        light = self._theme.name == "light"
        painter.setBrush(self._theme.colour("sound") if down else "#20252c" if black else "#ffffff" if light else "#dfe4ea")
        painter.drawRoundedRect(place, 3.0, 3.0)
        if key % 12 in self._marked:
            size = min(place.width(), 14.0) * 0.62
            dot = QRectF(place.center().x() - size / 2.0, place.bottom() - size - (6.0 if black else 20.0), size, size)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("sound" if key % 12 == self._root else "voice"))
            painter.drawEllipse(dot)
        if key % 12 == 0 and place.width() >= 14.0:
            painter.setPen("#4a5460")
            painter.setFont(self._theme.font(SMALL_PX - 1))
            bottom = place.adjusted(-2.0, 0.0, 2.0, -3.0)
            painter.drawText(bottom, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, _name(key))

    def _strike(self, point: QPointF | None) -> None:
        key = self.key_at(point) if point is not None else None
        if key == self._held:
            return
        if self._held is not None:
            self.released.emit(self._held)
        self._held = key
        if key is not None and point is not None:
            place = self.place_of(key)
            depth = min(max((point.y() - place.top()) / max(place.height(), 1.0), 0.0), 1.0)
            self.pressed.emit(key, round(SOFTEST_VELOCITY + depth * (LOUDEST_VELOCITY - SOFTEST_VELOCITY)))
        self.update()

    def _whites(self) -> list[int]:
        return [key for key in range(self._lowest, self._highest + 1) if not is_black(key)]


def _name(key: int) -> str:
    return f"{NOTE_NAMES[key % 12]}{key // 12 - 1}"
