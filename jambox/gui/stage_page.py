"""The stage: what you sing, what is heard, and every knob."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from jambox.gui.field import PitchField
from jambox.gui.harmonics import HarmonicBars, NoiseCurve
from jambox.gui.heard import Heard
from jambox.gui.history import History
from jambox.gui.link import EngineLink
from jambox.gui.meters import Meters
from jambox.gui.panel import MOST_ROWS, ParameterPanel
from jambox.gui.session import Session
from jambox.gui.spectrogram import Spectrogram
from jambox.gui.theme import GAP, Theme
from jambox.gui.tuner import PitchRoll, Tuner

# Views and two rows of knobs find room from this height on.
ROOMY_PX = 530


class StagePage(QWidget):
    """The page that opens first; its views move as long as it can be seen."""

    def __init__(self, link: EngineLink, session: Session, theme: Theme, history: History) -> None:
        super().__init__()
        self.heard = Heard(link, self)
        self.field = PitchField(link, theme, history, self.heard)
        self.tuner, self.roll = Tuner(theme, self.heard), PitchRoll(theme, self.heard)
        self.meters, self.spectrogram = Meters(link, theme), Spectrogram(link, theme)
        self.harmonics, self.noise = HarmonicBars(link, theme, history), NoiseCurve(link, theme)
        self.panel = ParameterPanel(link, theme, history)
        link.instrument_changed.connect(lambda name: self.roll.forget())
        link.ticked.connect(self._advance)
        self._lay_out()

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(GAP)
        right.addWidget(self.tuner)
        right.addWidget(self.roll, 1)
        drawn = QHBoxLayout()
        drawn.setSpacing(GAP)
        drawn.addWidget(self.harmonics, 5)
        drawn.addWidget(self.noise, 2)
        views = QGridLayout()
        views.setSpacing(GAP)
        views.addWidget(self.field, 0, 0)
        views.addLayout(right, 0, 1)
        views.addLayout(drawn, 1, 0)
        views.addWidget(self.spectrogram, 1, 1)
        views.addWidget(self.meters, 0, 2, 2, 1)
        views.setColumnStretch(0, 6)
        views.setColumnStretch(1, 4)
        views.setRowStretch(0, 3)
        views.setRowStretch(1, 2)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 12, 12, 12)
        rows.setSpacing(GAP)
        rows.addLayout(views, 1)
        rows.addWidget(self.panel)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  # Qt's name
        self.panel.show_rows(MOST_ROWS if event.size().height() >= ROOMY_PX else 1)
        super().resizeEvent(event)

    def _advance(self) -> None:
        if not self.isVisible():
            return
        for view in (self.field, self.tuner, self.roll, self.meters, self.spectrogram, self.harmonics, self.noise):
            view.advance()
