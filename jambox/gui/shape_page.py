"""The page of shapes: who morphs into whom, and the scale."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from jambox.gui.columns import Columns
from jambox.gui.history import History
from jambox.gui.link import EngineLink
from jambox.gui.morph_panel import MorphPanel
from jambox.gui.scale_panel import ScalePanel
from jambox.gui.session import Session
from jambox.gui.theme import Theme


class ShapePage(QWidget):
    """Morph on the left, scale on the right."""

    def __init__(self, link: EngineLink, session: Session, theme: Theme, history: History) -> None:
        super().__init__()
        self.morph = MorphPanel(link, theme, history)
        self.scale = ScalePanel(link, theme, history)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(Columns([self.morph], [self.scale]))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  # Qt's name
        self.morph.look()
        self.scale.look()
        super().showEvent(event)
