"""Files that are rendered beside the playing, by what sounds when they are dropped: one after the other."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject

from jambox.gui.job import Job
from jambox.gui.link import EngineLink
from jambox.gui.recording import fresh_name, takes_folder
from jambox.gui.session import Session
from jambox.gui.shelf import Item, Shelf
from jambox.gui.sounding import Sounding
from jambox.params import BY_ID


class Rendering(QObject):
    """`add(path)`: it lies on the shelf from then on, waiting, being rendered, and rendered."""

    def __init__(self, link: EngineLink, session: Session, shelf: Shelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link, self._session, self._shelf = link, session, shelf
        self._waiting: deque[tuple[Item, Path, Sounding]] = deque()
        self._job: Job | None = None

    def add(self, path: Path) -> None:
        """Play a file through what sounds now, into a new file, as soon as its turn comes."""
        sounding = self._link.sounding()
        if sounding is None:
            self._link.said.emit("What plays is not known yet; drop the file once the engine has started.", "start")
            return
        item = self._shelf.add(f"{path.stem} {_short(sounding)}")
        item.show_state("waiting")
        self._waiting.append((item, path, sounding))
        if self._job is None:
            self._next()

    def end(self) -> None:
        """Give up whatever is not done."""
        self._waiting.clear()
        if self._job is not None:
            self._job.end()

    def _next(self) -> None:
        self._job = None
        while self._waiting and self._job is None:
            item, path, sounding = self._waiting.popleft()
            if not item.put_away:
                self._begin(item, path, sounding)

    def _begin(self, item: Item, path: Path, sounding: Sounding) -> None:
        folder = takes_folder(self._session)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            item.give_up()
            self._link.said.emit(f"The folder {folder} cannot be made: {error.strerror or error}.", "takes")
            return
        target = fresh_name(folder, f"{path.stem} {_short(sounding)}", ".wav")
        settings = [f"--set={id}={value!r}" for id, value in sounding.params.items() if value != BY_ID[id].default]
        places = [*([f"--room={sounding.room}"] if sounding.room else [])]
        places += [f"--scale={sounding.scale}"] if sounding.scale else []
        options = ["-i", sounding.instrument, "-o", str(target), *settings, *places, "--progress", "--json"]
        job = self._job = Job(["render", *options, "--", str(path)], self)
        item.show_state("rendering")
        item.follow(job)

        def done(report: dict[str, object]) -> None:
            item.finish(f"{report.get('seconds', 0.0):.1f} s", [target])
            self._next()

        def failed(sentence: str) -> None:
            item.give_up()
            if sentence:
                self._link.said.emit(sentence, "")
            self._next()

        job.ended.connect(done)
        job.failed.connect(failed)


def _short(sounding: Sounding) -> str:
    return sounding.instrument.replace("/", "-")[-40:]
