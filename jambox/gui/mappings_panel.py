"""Which controller moves which parameter: a table to read, change, shorten; and a new one to be learnt."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
)

from jambox.gui.columns import Panel, Quiet
from jambox.gui.link import EngineLink
from jambox.gui.parts import Choice
from jambox.params import BY_ID, PARAMS

COLUMNS = ("Keyboard", "Controller", "Moves", "From", "To")
MINIMUM, MAXIMUM = 3, 4
_KINDS = {"cc": "CC", "cc14": "14-bit CC", "nrpn": "NRPN"}
_ROW_PX = 28


class MappingsPanel(Panel):
    """`From` and `To` can be edited in their cells."""

    def __init__(self, link: EngineLink) -> None:
        super().__init__("Controllers")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._link = link
        self._rows: list[tuple[str, dict[str, Any]]] = []
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        self.table.setAccessibleName("Controllers and what they move")
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self.table.setShowGrid(False)
        self.table.setMinimumHeight(120)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(len(COLUMNS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.cellChanged.connect(self._edited)
        self.wish = Choice()
        self.wish.setAccessibleName("Parameter that is to be moved")
        self.wish.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.wish.setMinimumWidth(120)
        for row in PARAMS:
            self.wish.addItem(row.name, row.id)
        self.learn_button = QPushButton("Learn")
        self.learn_button.setToolTip("Then move a knob, fader, wheel or pedal")
        self.learn_button.setCheckable(True)
        self.learn_button.clicked.connect(self._learn)
        remove = QPushButton("Remove")
        remove.setToolTip("Let nothing move the chosen parameter any more")
        remove.clicked.connect(self._remove)
        buttons = QHBoxLayout()
        buttons.addWidget(self.wish, 1)
        buttons.addWidget(self.learn_button)
        buttons.addWidget(remove)
        self.body.addLayout(buttons)
        self.hint = Quiet("Open a MIDI port, then learn: the controller that is moved next moves the parameter.")
        self.body.addWidget(self.hint)
        self.body.addWidget(self.table, 1)
        link.happened.connect(self._happened)
        link.gone.connect(lambda: self.learn_button.setChecked(False))  # what it was to learn is forgotten with it

    def look(self) -> None:
        """Ask the engine what moves what."""
        self._link.request("mappings", self._show, lambda sentence: self.hint.setText(sentence))

    def _show(self, answer: dict[str, Any]) -> None:
        self._rows = [(keyboard, one) for keyboard, rows in answer["rows"].items() for one in rows]
        self.table.blockSignals(True)
        self.table.setRowCount(len(self._rows))
        for line, (keyboard, one) in enumerate(self._rows):
            channel = f", ch. {one['channel'] + 1}" if one["channel"] is not None else ""
            texts = (
                keyboard,
                f"{_KINDS[one['kind']]} {one['number']}{channel}",
                BY_ID[one["param"]].name,
                f"{one['minimum']:g}",
                f"{one['maximum']:g}",
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if column < MINIMUM:
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                self.table.setItem(line, column, item)
        self.table.blockSignals(False)

    def _edited(self, line: int, column: int) -> None:
        keyboard, one = self._rows[line]
        ends = []
        for place in (MINIMUM, MAXIMUM):
            item = self.table.item(line, place)
            text = item.text() if item is not None else ""
            try:
                ends.append(float(text))
            except ValueError:
                self._refused(f"{text!r} is no number.")
                return
        reach = {"keyboard": keyboard, "param": one["param"], "minimum": ends[0], "maximum": ends[1]}
        self._link.request("mappings", self._show, self._refused, reach=reach)

    def _refused(self, sentence: str) -> None:
        self._link.said.emit(sentence, "")
        self.look()

    def _learn(self, on: bool) -> None:
        if not on:
            self._link.request("learn", param=None)
            return
        row = BY_ID[self.wish.currentData()]

        def asked(answer: dict[str, Any]) -> None:
            if answer["keyboards"]:
                self.hint.setText(f"Move the knob, fader, wheel or pedal that is to move {row.name.lower()}.")
            else:
                self.learn_button.setChecked(False)
                self._link.request("learn", param=None)
                self.hint.setText("No MIDI port is open yet: choose one above.")

        self._link.request("learn", asked, param=row.id)

    def _remove(self) -> None:
        line = self.table.currentRow()
        if 0 <= line < len(self._rows):
            self._link.request("mappings", self._show, forget=self._rows[line][1]["param"])

    def _happened(self, event: dict[str, Any]) -> None:
        if event["event"] == "learnt":
            self.learn_button.setChecked(False)
            self.hint.setText(f"{event['keyboard']}: {event['text']}")
            self.look()
        elif event["event"] == "midi" and self.isVisible():
            self.look()
