"""A musician who never tires: everything that the window offers, over and over, as fast as the window takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtTest import QTest

from jambox.audiofile import write_sound
from jambox.control.library import instrument_names
from jambox.gui.browser import BrowserPage
from jambox.gui.keys_page import KeysPage
from jambox.gui.knob import Knob
from jambox.gui.shape_page import ShapePage
from jambox.gui.stage_page import StagePage
from jambox.gui.window import PAGES, MainWindow
from jambox.presets import preset_names
from tests.gui.live_window import pump
from tests.instrument.sounds import tone

LEFT = Qt.MouseButton.LeftButton
TAKE_S, RATE = 0.5, 48_000
# A file is rendered once in so many rounds: that is another process's work, which takes a second.
RENDER_EVERY = 5


class User:
    """`round()` uses everything once; takes and renderings are put away again, the files deleted."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        self.window, self.rounds = window, 0
        self._sound = folder / "short.wav"
        self._takes = folder / "takes"
        window.session.takes_folder = str(self._takes)
        write_sound(self._sound, tone(220.0, 0.3, RATE), RATE)

    def round(self) -> None:
        """Once through the window."""
        self.rounds += 1
        self._turn_and_draw()
        self._browse()
        self._shape()
        self._play()
        self._look_about()
        self._record()
        if self.rounds % RENDER_EVERY == 1:
            self._render()

    def _page(self, name: str) -> Any:
        self.window.open_page(name)
        _settle()
        return self.window.page(name)

    def _turn_and_draw(self) -> None:
        stage: StagePage = self._page("Stage")
        for knob in stage.panel.knobs.values():
            _click(knob, Qt.Key.Key_Up)
            _click(knob, Qt.Key.Key_Down)
        knobs: list[Knob] = list(stage.panel.knobs.values())
        knob = knobs[self.rounds % len(knobs)]
        menu = knob.menu()
        menu.popup(QPoint(10, 10))
        menu.close()
        for typed in (knob.row.text(knob.value), "a million"):
            knob.enter_value(typed)
            knob._take_entry()
        plot = stage.harmonics.plot()
        _drag(stage.harmonics, QPoint(plot.left() + 3, plot.top() + 4), QPoint(plot.right() - 3, plot.bottom() - 4))
        box = stage.field.box().center().toPoint()
        _drag(stage.field, box, box + QPoint(90, -9))
        stack = self.window.history.stack
        while stack.canUndo():
            stack.undo()
        while stack.canRedo():
            stack.redo()
        self.window.history.compare()
        self.window.history.compare()

    def _browse(self) -> None:
        sounds: BrowserPage = self._page("Sounds")
        names, presets = instrument_names(), preset_names()
        self._load(instrument=names[self.rounds % len(names)])
        self._load(preset=presets[self.rounds % len(presets)])
        for word in ("violin", "keys warm", "nothing like it", ""):
            sounds.search.setText(word)
            _settle()
        sounds.keep_button.setChecked(True)
        sounds.keep_button.setChecked(False)

    def _shape(self) -> None:
        shape: ShapePage = self._page("Shape")
        self._load(instrument="flute+trumpet")
        pad = shape.morph.pad
        pump(pad.isEnabled)
        _drag(pad, QPoint(40, 60), QPoint(pad.width() - 40, 90))
        QTest.mouseClick(shape.scale.keys, LEFT, pos=shape.scale.keys.place_of(67).center().toPoint())

    def _play(self) -> None:
        board: KeysPage = self._page("Keys")
        for key in (48, 60, 72):
            QTest.mouseClick(board.piano, LEFT, pos=board.piano.place_of(key).center().toPoint())
        board.ports.look()
        board.mappings.look()
        self.window.link.request("panic")

    def _look_about(self) -> None:
        for theme in ("light", "dark"):
            self.window.theme.choose(theme)
            for name, _ in PAGES:
                self._page(name)
        self.window.say(f"Round {self.rounds}.", "settings")
        self.window.messages._next()

    def _record(self) -> None:
        button, shelf = self.window.record_button, self.window.shelf
        button.click()
        pump(lambda: self.window.link.meters.get("recorded_s", 0.0) > TAKE_S)
        button.click()
        pump(lambda: shelf.items and shelf.items[0].files and "note" in shelf.items[0].state)
        self._clear()

    def _render(self) -> None:
        self.window.dropping.take([self._sound])
        pump(lambda: self.window.shelf.items and self.window.shelf.items[0].files)
        self._clear()

    def _clear(self) -> None:
        for item in self.window.shelf.items:
            item.give_up()
            for file in item.files:
                file.unlink(missing_ok=True)
        _settle()

    def _load(self, **content: Any) -> None:
        done: list[bool] = []
        self.window.history.load(lambda: done.append(True), **content)
        pump(lambda: done)


def _settle() -> None:
    for _ in range(3):
        QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _click(knob: Knob, key: Qt.Key) -> None:
    QTest.keyClick(knob, key)


def _drag(widget: Any, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(widget, LEFT, pos=start)
    for share in np.linspace(0.0, 1.0, 5):
        QTest.mouseMove(widget, start + (end - start) * float(share))
    QTest.mouseRelease(widget, LEFT, pos=end)
