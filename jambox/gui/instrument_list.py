"""The instruments that there are, each with its picture: a click plays it, and tells who it is and whose it was."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from jambox.control.library import instrument_names
from jambox.errors import JamboxError
from jambox.gui.portrait import Portrait, PortraitView, portrait_of
from jambox.gui.theme import Theme
from jambox.units import note_name


def portraits() -> list[Portrait]:
    """[any] One of every instrument; of one that cannot be played, why."""
    found = []
    for name in instrument_names():
        try:
            found.append(portrait_of(name))
        except JamboxError as error:
            found.append(Portrait(name, refusal=str(error)))
    return found


class InstrumentCard(QFrame):
    """An instrument to choose: `chosen(name)`. Opened, it tells all that its card does."""

    chosen = Signal(str)

    def __init__(self, portrait: Portrait, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.portrait = portrait
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if portrait.card is not None else Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(f"Instrument {portrait.title}")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 8, 10, 8)
        row.setSpacing(12)
        row.addWidget(PortraitView(portrait, theme), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        head = QHBoxLayout()
        title = QLabel(portrait.title)
        title.setFont(theme.font(bold=True))
        head.addWidget(title)
        head.addStretch(1)
        reach = QLabel(portrait.range_text)
        reach.setProperty("kind", "dim")
        head.addWidget(reach)
        words.addLayout(head)
        words.addWidget(self._said(portrait.card.description if portrait.card else portrait.refusal, dim=True))
        self._details = self._said(_details(portrait), dim=True)
        words.addWidget(self._details)
        words.addStretch(1)
        row.addLayout(words, 1)
        self.set_open(False)
        if portrait.card is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_open(self, open: bool) -> None:
        """Whether it is the one that plays, and tells more."""
        self._details.setVisible(open and bool(self._details.text()))
        self.setProperty("chosen", open)
        self.style().unpolish(self)
        self.style().polish(self)

    def _said(self, text: str, *, dim: bool) -> QLabel:
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setProperty("kind", "dim" if dim else "")
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        label.setMinimumWidth(120)
        return label

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  # Qt's name
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self.portrait.card is not None and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self.portrait.name)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.portrait.card is not None:
            self.chosen.emit(self.portrait.name)
        else:
            super().keyPressEvent(event)


def _details(portrait: Portrait) -> str:
    """Ranges, licence, people: what a card says besides."""
    card = portrait.card
    if card is None:
        return ""
    f0_hz, loudness_db = card.f0_hz, card.loudness_db
    lines = [
        f"At home from {note_name(f0_hz.p05)} to {note_name(f0_hz.p95)}, around {note_name(f0_hz.p50)}; "
        f"{loudness_db.p05:.0f} to {loudness_db.p95:.0f} dB.",
        f"Learnt from: {portrait.trained_by}.",
        f"Licence: {card.licence}.",
    ]
    if card.training.seconds_of_audio:
        lines.append(f"Trained on {card.training.seconds_of_audio / 60.0:.0f} minutes of recordings.")
    return "\n".join(lines)
