"""Files that are dropped on the window: sounds and songs are rendered, instruments and presets taken in, tunings played."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from jambox.audiofile import READABLE
from jambox.control.adding import add_instrument, looks_like_instrument
from jambox.errors import JamboxError
from jambox.gui.background import Background
from jambox.gui.history import History
from jambox.gui.keeping import take_in
from jambox.gui.link import EngineLink
from jambox.gui.rendering import Rendering
from jambox.gui.session import Session
from jambox.gui.shelf import Shelf
from jambox.midi import SONG_SUFFIXES
from jambox.scala import SCALE_SUFFIX

_RENDERED = {*READABLE, *SONG_SUFFIXES}


class Dropping(QObject):
    """Watches `target` for files; also `take(paths)` by hand. `catalogue_changed` is not told: pages look when shown."""

    def __init__(self, target: QWidget, link: EngineLink, session: Session, history: History, shelf: Shelf) -> None:
        super().__init__(target)
        self._link, self._history = link, history
        self._background = Background(self)
        self.rendering = Rendering(link, session, shelf, self)
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's name
        if isinstance(event, (QDragEnterEvent, QDragMoveEvent, QDropEvent)):
            paths = _paths(event.mimeData())
            if paths:
                event.acceptProposedAction()
                if event.type() == QEvent.Type.Drop:
                    self.take(paths)
                return True
        return super().eventFilter(watched, event)

    def take(self, paths: list[Path]) -> None:
        """Do with each what it is for; a sentence for what is for nothing."""
        for path in paths:
            suffix = path.suffix.lower()
            if not path.exists():
                self._link.said.emit(f"{path} does not exist.", "")
            elif looks_like_instrument(path):
                self.add(path)
            elif path.is_dir():
                self._render_all(path)
            elif suffix in _RENDERED:
                self.rendering.add(path)
            elif suffix == SCALE_SUFFIX:
                self._history.load(scale=str(path))
            elif suffix == ".json":
                self._import(path)
            else:
                self._link.said.emit(
                    f"{path.name} is no sound, MIDI file, instrument, preset or tuning, so nothing was done with it.", ""
                )

    def add(self, path: Path) -> None:
        """Copy an instrument among the user's own, and play it."""

        def added(result: tuple[str, bool]) -> None:
            name, new = result
            self._link.said.emit(f"{name} was added." if new else f"{path.name} is here already, as {name}.", "")
            self._history.load(instrument=name)

        self._background.run(lambda: add_instrument(path), added, lambda error: self._link.said.emit(str(error), ""))

    def _render_all(self, folder: Path) -> None:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _RENDERED)
        for file in files:
            self.rendering.add(file)
        if not files:
            self._link.said.emit(f"There is no instrument in {folder} (no model.ts), and no sound or MIDI file.", "")

    def _import(self, path: Path) -> None:
        try:
            name, preset = take_in(path)
        except JamboxError as error:
            self._link.said.emit(str(error), "")
            return
        for warning in preset.warnings:
            self._link.said.emit(warning, "")
        self._link.said.emit(f"The preset {path.stem} was taken in{'' if name == path.stem else f' as {name}'}.", "")
        self._history.load(preset=name)


def _paths(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
