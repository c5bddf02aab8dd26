"""The bar above every page: what plays, two sounds to compare, back and forth in time, silence."""

from __future__ import annotations

import contextlib
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from jambox.control.library import instrument_names
from jambox.errors import JamboxError
from jambox.gui.history import History
from jambox.gui.link import EngineLink
from jambox.gui.parts import button, dress, shortened, tool
from jambox.presets.favourites import favourites, set_favourite
from jambox.presets.library import numbered

MOST_LETTERS = 44


def shown_name(instrument: str) -> str:
    """An instrument's name as a person reads it: `alto_sax` is Alto sax, of a path its last part."""
    parts = [part.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1] for part in instrument.split("+")]
    return " + ".join(part.replace("_", " ").capitalize() for part in parts)


class TopBar(QWidget):
    """Instrument and preset with their neighbours and a heart; `record_slot` is where the record button stands."""

    def __init__(self, link: EngineLink, history: History, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "top")
        self._link, self._history = link, history
        self._stepped: tuple[str | None, str | None] = ("", None)  # the preset that sounded, and the one stepped to
        self._name = button("", tip="Choose an instrument or a preset")
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._name.setMinimumWidth(150)
        self._name.setMaximumWidth(420)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self._name.setMenu(self._menu)
        self._heart = tool("♡", name="Favourite", tip="Count this preset among the favourites", checkable=True)
        self._heart.clicked.connect(self._like)
        compare = tool("A | b", name="Compare", tip="Compare two sounds (F6)", shortcut="F6")
        compare.clicked.connect(lambda: history.compare())
        history.compared.connect(lambda slot: compare.setText("A | b" if slot == "A" else "a | B"))
        self.record_slot = QHBoxLayout()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(6)
        row.addStretch(1)
        for widget in (
            self._stepper("‹", "Previous preset", -1),
            self._name,
            self._stepper("›", "Next preset", 1),
            self._heart,
        ):
            row.addWidget(widget, 8 if widget is self._name else 0)
        row.addStretch(1)
        row.addLayout(self.record_slot)
        row.addWidget(compare)
        for widget in self._undo_and_redo():
            row.addWidget(widget)
        panic = tool("Panic", tip="End all sound at once (Ctrl+.)", shortcut="Ctrl+.")
        panic.setObjectName("panic")
        panic.clicked.connect(lambda: link.request("panic"))
        row.addWidget(panic)
        link.happened.connect(lambda event: self._show() if event["event"] in ("status", "loaded") else None)
        self._show()

    def _stepper(self, text: str, name: str, step: int) -> QToolButton:
        made = tool(text, name=name)
        made.clicked.connect(lambda: self._step(step))
        return made

    def _undo_and_redo(self) -> list[QToolButton]:
        stack = self._history.stack
        undo = tool("↶", name="Undo", shortcut="Ctrl+Z")
        undo.clicked.connect(lambda: self._history.undo())
        stack.canUndoChanged.connect(undo.setEnabled)
        stack.undoTextChanged.connect(lambda text: undo.setToolTip(f"Undo {text} (Ctrl+Z)"))
        redo = tool("↷", name="Redo", shortcut="Ctrl+Shift+Z")
        redo.clicked.connect(lambda: self._history.redo())
        stack.canRedoChanged.connect(redo.setEnabled)
        stack.redoTextChanged.connect(lambda text: redo.setToolTip(f"Redo {text} (Ctrl+Shift+Z)"))
        for made in (undo, redo):
            made.setEnabled(False)
        return [undo, redo]

    def _show(self) -> None:
        now = self._link.sounding()
        if now is None:
            self._name.setText("Jambox")
            return
        text = shown_name(now.instrument) + (f"  ·  {now.preset}" if now.preset else "")
        self._name.setText(shortened(text, MOST_LETTERS).replace("&", "&&"))  # Qt would take it for the mark of a key
        self._name.setAccessibleName(f"Sound: {text}")
        self._name.setToolTip(f"{text}\nChoose an instrument or a preset")
        liked = now.preset is not None and now.preset in _liked()
        self._heart.setEnabled(now.preset is not None)
        self._heart.setChecked(liked)
        self._heart.setText("♥" if liked else "♡")

    def _fill(self) -> None:
        self._menu.clear()
        liked = _liked()
        for name in instrument_names():
            self._menu.addAction(shown_name(name), partial(self._history.load, instrument=name))
        self._menu.addSeparator()
        for name in sorted(numbered(), key=lambda name: (name not in liked, name)):
            self._menu.addAction(f"♥ {name}" if name in liked else name, partial(self._history.load, preset=name))

    def _step(self, step: int) -> None:
        names, now = numbered(), self._link.sounding()
        if not names or now is None:
            return
        before, wanted = self._stepped
        last = wanted if now.preset == before else now.preset  # several quick clicks go several presets further
        at = names.index(last) + step if last in names else (0 if step > 0 else -1)
        self._stepped = (now.preset, names[at % len(names)])
        self._history.load(preset=self._stepped[1])

    def _like(self, liked: bool) -> None:
        now = self._link.sounding()
        if now is not None and now.preset is not None:
            try:
                set_favourite(now.preset, liked)
            except JamboxError as error:
                self._link.said.emit(str(error), "")
        self._show()


def _liked() -> frozenset[str]:
    with contextlib.suppress(JamboxError):
        return favourites()
    return frozenset()
