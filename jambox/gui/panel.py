"""Every parameter as a knob, by groups: built from the table, so that none is missing and none is made up."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from jambox.gui.flow import FlowLayout
from jambox.gui.history import History
from jambox.gui.knob import HEIGHT, WIDTH, Knob
from jambox.gui.link import EngineLink
from jambox.gui.parts import button
from jambox.gui.row_controls import ask_to_learn, settle
from jambox.gui.switch import knob_for
from jambox.gui.theme import Theme
from jambox.params import PARAMS, Param

# What is turned together lies together; a group that is not named here has a sheet of its own.
SHEETS: dict[str, tuple[str, ...]] = {
    "Sound": ("input", "pitch", "dynamics", "output", "tone", "room"),
    "Keys": ("notes",),
    "Scale and morph": ("scale", "morph"),
}
MARGIN, GAP, MOST_ROWS = 8, 2, 2
# Drawn as bars on the stage.
DRAWN = "harmonics"
# What the engine adds by itself to a parameter, by the meter that tells it.
ADDED = {"pitch_shift_st": "auto_octave_st", "loudness_shift_db": "auto_level_db", "output_gain_db": "ducked_db"}


def sheets() -> dict[str, list[Param]]:
    """The rows of each sheet, all but the drawn ones."""
    sheet_of = {group: sheet for sheet, groups in SHEETS.items() for group in groups}
    rows: dict[str, list[Param]] = {}
    for sheet, groups in SHEETS.items():
        rows[sheet] = [row for group in groups for row in PARAMS if row.group == group]
    for row in PARAMS:
        if row.group != DRAWN and row.group not in sheet_of:
            rows.setdefault(row.group.capitalize(), []).append(row)
    return {sheet: members for sheet, members in rows.items() if members}


class ParameterPanel(QWidget):
    """Sheets of knobs, two rows high; `knobs` by parameter id."""

    def __init__(self, link: EngineLink, theme: Theme, history: History, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.knobs: dict[str, Knob] = {}
        self._most_rows = MOST_ROWS
        self._link, self._theme, self._history = link, theme, history
        self._stack = QStackedWidget()
        tabs, group = QHBoxLayout(), QButtonGroup(self)
        tabs.setSpacing(4)
        for number, (name, rows) in enumerate(sheets().items()):
            opener = button(name, "flat", name=f"Knobs: {name}", checkable=True)
            opener.setChecked(number == 0)
            opener.clicked.connect(partial(self._stack.setCurrentIndex, number))
            group.addButton(opener)
            tabs.addWidget(opener)
            self._stack.addWidget(self._sheet(rows))
        tabs.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, 6, MARGIN, 4)
        column.setSpacing(2)
        column.addLayout(tabs)
        column.addWidget(self._stack)
        self._set_height()
        link.ticked.connect(self._follow)
        link.happened.connect(lambda event: self._settle() if event["event"] == "status" else None)
        history.stack.indexChanged.connect(lambda index: self._settle())
        link.instrument_changed.connect(lambda name: self._meet())
        self._meet()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  # Qt's name
        self._set_height()

    def show_rows(self, most: int) -> None:
        """So many rows of knobs at once, where there is little room; the others are scrolled to."""
        if most != self._most_rows:
            self._most_rows = most
            self._set_height()

    def _set_height(self) -> None:
        """As high as the longest sheet needs, so that none jumps; a sheet of more than two rows is scrolled."""
        across = max(1, (self.width() - 2 * MARGIN + GAP) // (WIDTH + GAP))
        longest = max(len(rows) for rows in sheets().values())
        rows = min(self._most_rows, math.ceil(longest / across))
        self._stack.setFixedHeight(rows * (HEIGHT + GAP))

    def _sheet(self, rows: list[Param]) -> QScrollArea:
        page = QWidget()
        flow = FlowLayout(page, GAP)
        for row in rows:
            knob = knob_for(row, self._theme)
            knob.begun.connect(self._history.begin)
            knob.turned.connect(partial(self._turn, row.id))
            knob.learn_wanted.connect(partial(ask_to_learn, self._link, row))
            knob.refused.connect(lambda sentence: self._link.said.emit(sentence, ""))
            self.knobs[row.id] = knob
            flow.addWidget(knob)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        area.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        return area

    def _turn(self, id: str, value: float) -> None:
        self._history.set({id: value})

    def _follow(self) -> None:
        if not self.isVisible():
            return
        params, meters = self._link.params, self._link.meters
        for id, knob in self.knobs.items():
            if id in params and knob.isVisible():
                knob.show_value(params[id], meters.get(ADDED.get(id, ""), 0.0))

    def _meet(self) -> None:
        for id, knob in self.knobs.items():
            knob.tell_unheard(self._link.unheard.get(id, ""))

    def _settle(self) -> None:
        settle(self.knobs, self._link)
