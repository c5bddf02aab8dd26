"""The record button: output and input by the engine's recorder, then the melody that was sung as a MIDI file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import platformdirs
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QToolButton, QWidget

from jambox.gui.job import Job
from jambox.gui.link import EngineLink
from jambox.gui.parts import click_by_key
from jambox.gui.session import Session
from jambox.gui.shelf import Shelf

# How `jambox melody` says that it found none.
NO_NOTE = "has no note in it."


def takes_folder(session: Session) -> Path:
    """Where takes and rendered files go: where the user said, else into the music folder."""
    return Path(session.takes_folder) if session.takes_folder else Path(platformdirs.user_music_dir()) / "Jambox"


def fresh_name(folder: Path, stem: str, suffix: str) -> Path:
    """A file in `folder` that is not there yet."""
    path, number = folder / f"{stem}{suffix}", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}{suffix}", number + 1
    return path


def _input_of(path: Path) -> Path:
    """Where a take's input is written."""
    return path.with_name(f"{path.stem}-input{path.suffix}")


class RecordButton(QToolButton):
    """One click begins a take, the next ends it and puts it on the shelf; `begun` when a take of its own could be begun,
    `ended` when nothing is recorded any more."""

    begun = Signal()
    ended = Signal()

    def __init__(self, link: EngineLink, session: Session, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link, self._session, self._shelf = link, session, shelf
        self._recording = False
        self._ending = False  # it was asked to end
        self._path: Path | None = None  # of the take that is being recorded
        self._job: Job | None = None
        self.setObjectName("record")
        self.setCheckable(True)
        click_by_key(self, "Ctrl+R")
        self.setToolTip("Record what is heard, what comes in, and the melody as MIDI (Ctrl+R)")
        self.setAccessibleName("Record")
        self.clicked.connect(self._click)
        link.ticked.connect(self._tick)
        link.gone.connect(self._lose)
        link.joined.connect(self._meet)
        self._show(0.0)

    @property
    def recording(self) -> bool:
        """Whether a take is being recorded, whoever began it."""
        return self._recording

    def finish(self, then: Callable[[], object] = lambda: None) -> None:
        """End the take; `then` when its files are whole, the notes among them, or cannot be made so."""

        def done(answer: dict[str, Any]) -> None:
            self._finished(answer, then)

        def failed(sentence: str) -> None:
            self._refused(sentence)
            then()

        self._ending = True
        self._link.request("record_stop", done, failed)

    def _meet(self) -> None:
        """A window that was closed may have left the engine recording."""
        if self._link.meters.get("recorded_s", 0.0) > 0.0 and self._path is None and not self._link.listening:
            self._link.said.emit(
                "The engine is recording a take that was begun before; a click on its time, above, ends it.", ""
            )

    def _click(self) -> None:
        if self._recording:
            self.finish()
            return
        folder = takes_folder(self._session)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._refused(f"The folder {folder} cannot be made: {error.strerror or error}.")
            return
        path = fresh_name(folder, f"take {datetime.now():%Y-%m-%d %H.%M.%S}", ".wav")
        self._link.request("record", self._begun, self._refused, path=str(path))

    def _begun(self, answer: dict[str, Any]) -> None:
        self._recording, self._path = True, Path(answer["path"])
        self._show(0.0)
        self.begun.emit()

    def _lose(self) -> None:
        """The engine is gone: what it recorded until then is on the disk."""
        path, self._path = self._path, None
        self._ending = False
        if path is None or not self._recording:
            return
        self._recording = False
        self._show(0.0)
        files = [file for file in (path, _input_of(path)) if file.exists()]
        if files:
            self._shelf.add(path.stem).finish("until the engine ended", files)

    def end(self) -> None:
        """Leave out the notes of a take that they are still being cut from."""
        if self._job is not None:
            self._job.end()

    def _refused(self, sentence: str) -> None:
        self._recording = self._ending = False
        self._show(0.0)
        self._link.said.emit(sentence, "takes" if "folder" in sentence else "")

    def _finished(self, answer: dict[str, Any], then: Callable[[], object] = lambda: None) -> None:
        self._recording, self._ending, self._path = False, False, None
        self._show(0.0)
        path, seconds = Path(answer["path"]), float(answer["seconds"])
        sung = _input_of(path)
        notes = path.with_suffix(".mid")
        item = self._shelf.add(path.stem)
        files = [file for file in (path, sung) if file.exists()]
        if answer["problem"]:
            self._link.said.emit(answer["problem"], "" if len(files) == 2 else "takes")
        item.finish(f"{seconds:.1f} s" if files else "lost", files)
        if sung not in files:
            then()
            return

        def cut(report: dict[str, Any]) -> None:
            item.finish(f"{seconds:.1f} s and notes", [*files, notes])
            then()

        def uncut(why: str) -> None:
            if not why or why.endswith(NO_NOTE):  # given up, or nobody sang: nothing went wrong
                item.finish(f"{seconds:.1f} s, {'no note in it' if why else 'without notes'}", files)
            else:
                item.finish(f"{seconds:.1f} s, without notes", files)
                self._link.said.emit(f"The notes of {path.stem} could not be cut: {why}", "")
            then()

        # Cut into notes knowing the whole of it, as nobody could while it was sung.
        job = self._job = Job(["melody", str(sung), "--midi", str(notes)], self)
        job.ended.connect(cut)
        job.failed.connect(uncut)

    def _tick(self) -> None:
        seconds = float(self._link.meters.get("recorded_s", 0.0))
        if self.isEnabled() == self._link.listening:
            self.setEnabled(not self._link.listening)
        if self._link.listening:
            return
        # The engine may record for somebody else, or have ended a take by itself.
        if self._recording != (seconds > 0.0):
            if self._recording and seconds == 0.0 and self._shown == 0.0:
                return  # it has just begun
            if self._recording and self._path is not None and not self._ending:
                # Another device, a full disk: the engine has said why.
                self._finished({"path": str(self._path), "seconds": self._shown, "problem": None})
                return
            self._recording = seconds > 0.0
            self._show(seconds)
        elif self._recording and int(10 * seconds) != int(10 * self._shown):
            self._show(seconds)

    def _show(self, seconds: float) -> None:
        self._shown = seconds
        self.setChecked(self._recording)
        if not self._recording:
            self.ended.emit()
        minutes, rest = divmod(seconds, 60.0)
        self.setText(f"■ {int(minutes)}:{rest:04.1f}" if self._recording else "● Rec")
        self.setAccessibleDescription("Recording" if self._recording else "Not recording")
