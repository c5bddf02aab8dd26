"""The stage: what you sing, what is heard, and every knob."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from jambox.gui.history import History
from jambox.gui.link import EngineLink
from jambox.gui.panel import ParameterPanel
from jambox.gui.session import Session
from jambox.gui.theme import Theme


class StagePage(QWidget):
    """The page that opens first."""

    def __init__(self, link: EngineLink, session: Session, theme: Theme, history: History) -> None:
        super().__init__()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 12, 12, 12)
        rows.addStretch(1)
        rows.addWidget(ParameterPanel(link, theme, history))
