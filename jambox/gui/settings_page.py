"""The page of settings: device, calibration, look, folders. Whatever is chosen counts at once and is kept."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from jambox.config import model_folders, preset_folders
from jambox.engine.runtime import log_folder
from jambox.gui.calibration import Calibration
from jambox.gui.columns import Columns, Panel, Quiet
from jambox.gui.device_panel import BufferPanel, DevicePanel
from jambox.gui.files import ask_for_folder
from jambox.gui.history import History
from jambox.gui.link import EngineLink
from jambox.gui.parts import Choice
from jambox.gui.recording import takes_folder
from jambox.gui.session import SMALLEST, ZOOMS, Session
from jambox.gui.theme import Theme

THEMES = (("Dark", "dark"), ("Light", "light"))


class SettingsPage(QWidget):
    """Device on the left, everything else on the right."""

    def __init__(self, link: EngineLink, session: Session, theme: Theme, history: History) -> None:
        super().__init__()
        self._link, self._session, self._theme = link, session, theme
        self.device = DevicePanel(link, session)
        self.buffer = BufferPanel(link, session)
        singer = Panel("Your voice")
        self.calibration = Calibration(link, history)
        singer.body.addWidget(self.calibration)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        right: list[QWidget] = [singer, self._look_panel(), self._folders_panel(), _telemetry_panel()]
        rows.addWidget(Columns([self.device, self.buffer], right))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  # Qt's name
        self.device.look()
        super().showEvent(event)

    def end(self) -> None:
        """The window is being closed."""
        self.calibration.end()

    def _look_panel(self) -> Panel:
        panel = Panel("Look")
        self.theme_box, self.zoom_box = Choice(), Choice()
        for text, name in THEMES:
            self.theme_box.addItem(text, name)
        self.theme_box.setCurrentIndex(self.theme_box.findData(self._session.theme))
        self.theme_box.activated.connect(self._choose_theme)
        for percent in ZOOMS:
            self.zoom_box.addItem(self._zoom_text(percent), percent)
        self.zoom_box.setCurrentIndex(self.zoom_box.findData(self._session.zoom_percent))
        self.zoom_box.activated.connect(self._choose_zoom)
        form = QFormLayout()
        for text, box in (("Colours", self.theme_box), ("Zoom", self.zoom_box)):
            box.setAccessibleName(text)
            form.addRow(text, box)
        panel.body.addLayout(form)
        panel.body.addWidget(Quiet("Another zoom restarts the window, not the sound."))
        self._theme.changed.connect(lambda: self.theme_box.setCurrentIndex(self.theme_box.findData(self._theme.name)))
        return panel

    def _zoom_text(self, percent: int) -> str:
        """A zoom, and what it is too large for."""
        screen = self.screen()
        there = screen.size() * screen.devicePixelRatio()
        width, height = (points * percent // 100 for points in SMALLEST)
        fits = width <= there.width() and height <= there.height()
        return f"{percent} %" if fits else f"{percent} %, for screens of {width} × {height} or more"

    def _choose_theme(self) -> None:
        self._session.theme = self.theme_box.currentData()
        self._theme.choose(self.theme_box.currentData())

    def _choose_zoom(self) -> None:
        self._session.zoom_percent = self.zoom_box.currentData()
        self._session.save()
        self._link.said.emit("The zoom changes when the window comes back; the sound goes on meanwhile.", "restart")

    def _folders_panel(self) -> Panel:
        panel = Panel("Folders")
        change = QPushButton("Change…")
        change.setToolTip("Where takes and rendered files go")
        change.clicked.connect(lambda: ask_for_folder(self, "Where takes and rendered files go", self._choose_takes))
        self.takes = self._folder_row(panel, "Takes and rendered files", takes_folder(self._session), change)
        self._folder_row(panel, "Your instruments", model_folders()[0])
        self._folder_row(panel, "Your presets", preset_folders()[0])
        self._folder_row(panel, "Logs", log_folder())
        return panel

    def _folder_row(self, panel: Panel, name: str, folder: Path, *others: QPushButton) -> QPushButton:
        row = QHBoxLayout()
        row.addWidget(Quiet(name), 1)
        open_it = QPushButton("Open")
        open_it.setAccessibleName(f"Open the folder: {name}")
        open_it.setToolTip(str(folder))
        open_it.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        open_it.clicked.connect(lambda: self._open(Path(open_it.toolTip())))
        for button in (*others, open_it):
            row.addWidget(button)
        panel.body.addLayout(row)
        return open_it

    def _open(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._link.said.emit(f"The folder {folder} cannot be made: {error.strerror or error}.", "")
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _choose_takes(self, folder: Path) -> None:
        self._session.takes_folder = str(folder)
        self.takes.setToolTip(str(folder))


def _telemetry_panel() -> Panel:
    panel = Panel("Telemetry: none")
    panel.body.addWidget(
        Quiet("Jambox sends nothing to anybody, and asks nobody for anything. There is nothing to turn off.")
    )
    return panel
