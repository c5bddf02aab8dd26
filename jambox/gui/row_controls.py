"""Parameters on pages of their own matter: a box for choices, a check for on and off, a knob for everything else.

Each shows what the engine has, and each change can be undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from jambox.gui.flow import FlowLayout
from jambox.gui.history import History
from jambox.gui.knob import Knob
from jambox.gui.link import EngineLink
from jambox.gui.parts import Choice
from jambox.gui.theme import Theme
from jambox.params import BY_ID, OFF_ON, Param

_LABEL_PX, _GAP_PX = 128, 2


class RowChoice(Choice):
    """A row of whole numbers with names."""

    def __init__(self, row: Param, link: EngineLink, history: History) -> None:
        super().__init__()
        self.row, self._link, self._history = row, link, history
        self.addItems([choice[:1].upper() + choice[1:] for choice in row.choices])
        _describe(self, row)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(110)
        self.activated.connect(self._choose)
        link.ticked.connect(self._show)

    def _choose(self, index: int) -> None:
        self._history.begin()
        self._history.set({self.row.id: self.row.minimum + index})

    def _show(self) -> None:
        value = round(self._link.params.get(self.row.id, self.row.default) - self.row.minimum)
        if value != self.currentIndex() and self.isVisible() and not self.view().isVisible():
            self.setCurrentIndex(value)


class RowSwitch(QCheckBox):
    """A row that is 0 or 1."""

    def __init__(self, row: Param, link: EngineLink, history: History) -> None:
        super().__init__()
        self.row, self._link, self._history = row, link, history
        _describe(self, row)
        self.clicked.connect(self._choose)
        link.ticked.connect(self._show)

    def _choose(self, on: bool) -> None:
        self._history.begin()
        self._history.set({self.row.id: float(on)})

    def _show(self) -> None:
        on = self._link.params.get(self.row.id, self.row.default) >= 0.5
        if on != self.isChecked():
            self.setChecked(on)


class Rows(QWidget):
    """Some rows of the table: what is chosen above, what is turned below; `knobs` by parameter."""

    def __init__(self, ids: Iterable[str], link: EngineLink, theme: Theme, history: History) -> None:
        super().__init__()
        self._link = link
        self.knobs: dict[str, Knob] = {}
        self.choosers: list[RowChoice | RowSwitch] = []
        grid, turned = QGridLayout(), QWidget()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        flow = FlowLayout(turned, _GAP_PX)
        for line, row in enumerate(BY_ID[id] for id in ids):
            if row.choices:
                name = QLabel(row.name)
                name.setMinimumWidth(_LABEL_PX)
                name.setToolTip(row.help)
                grid.addWidget(name, line, 0)
                kind = RowSwitch if row.choices == OFF_ON else RowChoice
                self.choosers.append(kind(row, link, history))
                grid.addWidget(self.choosers[-1], line, 1)
                continue
            knob = Knob(row, theme)
            knob.begun.connect(history.begin)
            knob.turned.connect(partial(_turn, history, row.id))
            knob.learn_wanted.connect(partial(ask_to_learn, link, row))
            knob.refused.connect(lambda sentence: link.said.emit(sentence, ""))
            flow.addWidget(knob)
            self.knobs[row.id] = knob
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(grid)
        column.addWidget(turned)
        turned.setVisible(bool(self.knobs))
        link.ticked.connect(self._follow)
        link.happened.connect(lambda event: self._settle() if event["event"] == "status" else None)
        history.stack.indexChanged.connect(lambda index: self._settle())
        link.instrument_changed.connect(lambda name: self._meet())
        self._meet()
        self._settle()

    def _settle(self) -> None:
        settle(self.knobs, self._link)

    def _meet(self) -> None:
        for id, knob in self.knobs.items():
            knob.tell_unheard(self._link.unheard.get(id, ""))
        for chooser in self.choosers:
            why = self._link.unheard.get(chooser.row.id, "")
            chooser.setEnabled(not why)
            chooser.setToolTip(why or chooser.row.help)

    def _follow(self) -> None:
        if self.isVisible():
            for id, knob in self.knobs.items():
                if id in self._link.params:
                    knob.show_value(self._link.params[id])


def settle(knobs: Mapping[str, Knob], link: EngineLink) -> None:
    """What the engine has is meant: another preset, a step back in time. Nothing that moved it is marked."""
    for id, knob in knobs.items():
        if id in link.params:
            knob.show_value(link.params[id])
            knob.settle()


def ask_to_learn(link: EngineLink, row: Param) -> None:
    """Let the controller that is moved next move this row."""

    def told(answer: dict[str, Any]) -> None:
        if answer["keyboards"]:
            link.said.emit(f"Move the controller that is to move {row.name}.", "forget_learning")
        else:
            link.request("learn", param=None)
            link.said.emit("No MIDI port is open yet: choose one first.", "keys")

    link.request("learn", told, param=row.id)


def _turn(history: History, id: str, value: float) -> None:
    history.set({id: value})


def _describe(widget: QWidget, row: Param) -> None:
    widget.setAccessibleName(row.name)
    widget.setAccessibleDescription(row.help)
    widget.setToolTip(row.help)
    widget.setObjectName(row.id)
