"""The picture of an instrument, drawn from what it is: the spectrum it learnt, and the keys it plays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from jambox.control.card import Card
from jambox.control.kinds import load_instrument
from jambox.control.library import find_instrument
from jambox.control.modal import ModalBundle, ModalCard
from jambox.gui.theme import Theme
from jambox.units import hz_to_midi, note_name

N_DRAWN = 32
# What is drawn of levels: from the strongest harmonic down.
_DEPTH_DB = 60.0
_LOWEST_KEY, _HIGHEST_KEY = 28, 108


@dataclass(frozen=True)
class Portrait:
    """An instrument as it is shown: its card, and the heights of its harmonics, 0 to 1, shape [N_DRAWN]; or why it cannot
    be played."""

    name: str
    card: Card | ModalCard | None = None
    heights: NDArray[np.float64] | None = None
    refusal: str = ""

    @property
    def title(self) -> str:
        """For a person."""
        return self.name.replace("_", " ").capitalize()

    @property
    def range_text(self) -> str:
        """Lowest to highest note."""
        return f"{note_name(self.card.f0_hz.p01)} to {note_name(self.card.f0_hz.p99)}" if self.card is not None else ""

    @property
    def trained_by(self) -> str:
        """Whose recordings it learnt from."""
        if self.card is None:
            return ""
        people = list(dict.fromkeys(source.credit for source in self.card.sources))
        return ", ".join(people) or "nobody's recordings: its sound was set by hand"


def portrait_of(name: str) -> Portrait:
    """[any] Read an instrument for its picture; JamboxError if it cannot be read."""
    bundle = load_instrument(find_instrument(name))
    if isinstance(bundle, ModalBundle):
        return Portrait(name, bundle.card, _heights(_harmonic_levels_db(bundle)))
    levels_db = np.asarray(bundle.tensors["level_median"][: min(N_DRAWN, bundle.card.n_harmonics)], dtype=np.float64)
    return Portrait(name, bundle.card, _heights(levels_db))


def _heights(levels_db: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.clip(1.0 + (levels_db - levels_db.max()) / _DEPTH_DB, 0.02, 1.0))


def _harmonic_levels_db(bundle: ModalBundle) -> NDArray[np.float64]:
    """Level of what a modal sound has around each harmonic of its pitch."""
    harmonic = np.round(bundle.sound.column("frequency_hz") / bundle.card.reference_hz)
    power = [float(np.sum(bundle.sound.column("amplitude")[harmonic == k] ** 2)) for k in range(1, N_DRAWN + 1)]
    return 10.0 * np.log10(np.array(power) + 1e-12)


class PortraitView(QWidget):
    """Draws a portrait: bars of harmonics over a strip of keys, those that it was recorded with in its colour."""

    def __init__(self, portrait: Portrait, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._portrait, self._theme = portrait, theme
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Spectrum and range of {portrait.title}: {portrait.range_text}")
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        return QSize(112, 56)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("background"))
        painter.drawRoundedRect(QRectF(self.rect()), 6.0, 6.0)
        area = QRectF(self.rect()).adjusted(6.0, 6.0, -6.0, -6.0)
        strip = 6.0
        paint_bars(painter, self._portrait.heights, area.adjusted(0.0, 0.0, 0.0, -strip - 4.0), self._theme, "sound")
        keys = QRectF(area.left(), area.bottom() - strip, area.width(), strip)
        painter.setBrush(self._theme.colour("line"))
        painter.drawRoundedRect(keys, 3.0, 3.0)
        card = self._portrait.card
        if card is None:
            return
        low, middle, high = (
            (float(hz_to_midi(hz)) - _LOWEST_KEY) / (_HIGHEST_KEY - _LOWEST_KEY)
            for hz in (card.f0_hz.p01, card.f0_hz.p50, card.f0_hz.p99)
        )
        played = QRectF(keys.left() + low * keys.width(), keys.top(), (high - low) * keys.width(), strip)
        painter.setBrush(self._theme.colour("voice"))
        painter.drawRoundedRect(played, 3.0, 3.0)
        painter.setBrush(self._theme.colour("text"))
        painter.drawRect(QRectF(keys.left() + middle * keys.width() - 1.0, keys.top(), 2.0, strip))


def paint_bars(
    painter: QPainter, heights: NDArray[np.float64] | None, area: QRectF, theme: Theme, colour: str, alpha: float = 1.0
) -> None:
    """Draw heights from 0 to 1 as bars on the floor of `area`."""
    if heights is None or not len(heights):
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(colour, alpha))
    step = area.width() / len(heights)
    for i, height in enumerate(heights):
        tall = float(height) * area.height()
        painter.drawRect(QRectF(area.left() + i * step, area.bottom() - tall, max(step - 1.0, 1.0), tall))
