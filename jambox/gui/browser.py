"""The page of sounds: instruments with their pictures, presets to search, keep and pass on."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from jambox.errors import JamboxError
from jambox.gui.background import Background
from jambox.gui.columns import MARGIN, Panel, Quiet
from jambox.gui.files import ask_to_open, ask_to_save
from jambox.gui.history import History
from jambox.gui.instrument_list import InstrumentCard, portraits
from jambox.gui.keeping import KeepForm, take_in
from jambox.gui.link import EngineLink
from jambox.gui.parts import Choice, button, surface
from jambox.gui.portrait import Portrait
from jambox.gui.presets_table import HEART, NAME, FoundPresets, PresetsModel, PresetsTable
from jambox.gui.session import Session
from jambox.gui.theme import Theme
from jambox.gui.top_bar import shown_name
from jambox.presets.catalogue import Entry, catalogue
from jambox.presets.favourites import set_favourite
from jambox.presets.keeping import export_preset

_HOW = "Double-click or press Enter to play a preset."


class BrowserPage(QWidget):
    """Instruments on the left, presets on the right. `handed_over(paths)`: files for the window to take in."""

    handed_over = Signal(list)

    def __init__(self, link: EngineLink, session: Session, theme: Theme, history: History) -> None:
        super().__init__()
        self._link, self._session, self._theme, self._history = link, session, theme, history
        self._background = Background(self)
        self.cards: list[InstrumentCard] = []
        self._seen = ""  # the instrument that was scrolled to
        self._model = PresetsModel(self)
        self.found = FoundPresets(self._model, self)
        instruments = self._instruments_panel()
        columns = QHBoxLayout(self)
        columns.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        columns.setSpacing(MARGIN)
        columns.addWidget(instruments, 4)
        columns.addWidget(self._presets_panel(), 5)
        link.happened.connect(lambda event: self._mark() if event["event"] in ("status", "loaded") else None)
        link.instrument_changed.connect(lambda name: self._look_again())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  # Qt's name
        self._seen = ""
        self._look_again()
        super().showEvent(event)

    def _instruments_panel(self) -> Panel:
        panel = Panel("Instruments")
        add = button("Add…", tip="Add an instrument: a .ts file; a folder can be dropped on the window")
        add.clicked.connect(self._choose_instrument)
        panel.head.addWidget(add)
        content = surface("clear")
        self._list = QVBoxLayout(content)
        self._list.setContentsMargins(0, 0, 6, 0)
        self._list.setSpacing(4)
        self._list.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName("Instruments")
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        scroll.viewport().setObjectName("clear")
        content.setAutoFillBackground(False)
        panel.body.addWidget(scroll, 1)
        self._scroll = scroll
        panel.body.addWidget(Quiet("Drop a folder or a .ts file on the window to add an instrument of your own."))
        return panel

    def _presets_panel(self) -> Panel:
        panel = Panel("Presets")
        panel.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search names, words, tags, authors")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search presets")
        self.search.textChanged.connect(lambda text: self._look())
        self.tag, self.instrument = Choice(), Choice()
        for box, name in ((self.tag, "Tag"), (self.instrument, "Instrument")):
            box.setAccessibleName(f"{name} of the presets to show")
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setMinimumWidth(96)
            box.currentIndexChanged.connect(lambda index: self._look())
        self.only_favourites = button("♥", name="Favourites only", tip="Show favourites only", checkable=True)
        self.only_favourites.toggled.connect(lambda on: self._look())
        filters = QHBoxLayout()
        filters.addWidget(self.tag, 1)
        filters.addWidget(self.instrument, 1)
        filters.addWidget(self.only_favourites)
        panel.body.addWidget(self.search)
        panel.body.addLayout(filters)
        self.table = self._table()
        panel.body.addWidget(self.table, 1)
        self.description = Quiet(_HOW)
        panel.body.addWidget(self.description)
        self.keep = KeepForm(self._link)
        self.keep.kept.connect(self._kept)
        buttons = QHBoxLayout()
        self.keep_button = button("Save as…", tip="Keep what sounds now as a preset", checkable=True)
        self.keep_button.toggled.connect(self.keep.open)
        buttons.addWidget(self.keep_button)
        for text, tip, do in (
            ("Import…", "Take a preset's file among your own", self._import),
            ("Export…", "Write the chosen preset's file, to pass it on", self._export),
        ):
            made = button(text, tip=tip)
            made.clicked.connect(partial(do))
            buttons.addWidget(made)
        buttons.addStretch(1)
        panel.body.addLayout(buttons)
        panel.body.addWidget(self.keep)
        return panel

    def _table(self) -> PresetsTable:
        table = PresetsTable(self.found)
        table.activated.connect(self._play)
        table.clicked.connect(self._click)
        table.selectionModel().currentRowChanged.connect(self._describe)
        return table

    # What there is.

    def _look_again(self) -> None:
        if self.isVisible():
            self._background.run(portraits, self._show_instruments)
            self._read_presets()

    def _show_instruments(self, found: list[Portrait]) -> None:
        if [(card.portrait.name, card.portrait.refusal) for card in self.cards] != [(p.name, p.refusal) for p in found]:
            for card in self.cards:
                self._list.removeWidget(card)
                card.deleteLater()
            self.cards = [InstrumentCard(portrait, self._theme) for portrait in found]
            for card in self.cards:
                card.chosen.connect(lambda name: self._history.load(instrument=name))
                self._list.insertWidget(self._list.count() - 1, card)
        self._mark()

    def _read_presets(self) -> None:
        try:
            entries, complaints = catalogue()
        except JamboxError as error:
            self._link.said.emit(str(error), "")
            return
        for complaint in complaints:
            self._link.said.emit(complaint, "")
        if entries == self._model.entries:
            return
        chosen = self.chosen()
        self._model.show(entries)
        self._offer(self.tag, "tag", sorted({tag for entry in entries for tag in entry.preset.tags}))
        self._offer(self.instrument, "instrument", sorted({entry.preset.instrument for entry in entries}))
        if chosen is not None:
            self.choose(chosen.name)

    def _offer(self, box: Choice, name: str, values: list[str]) -> None:
        known = box.currentData()
        box.blockSignals(True)
        box.clear()
        box.addItem(f"Any {name}", None)
        for value in values:
            box.addItem(shown_name(value) if box is self.instrument else value, value)
        box.setCurrentIndex(max(box.findData(known), 0))
        box.blockSignals(False)
        self._look()

    def _look(self) -> None:
        tags = (self.tag.currentData(),) if self.tag.currentData() else ()
        self.found.look_for(self.search.text(), tags, self.instrument.currentData(), self.only_favourites.isChecked())
        if not self.found.rowCount():
            self.description.setText("No preset is like that.")
        elif not self.table.currentIndex().isValid():
            self.description.setText(_HOW)

    def _mark(self) -> None:
        """Show what plays."""
        now = self._link.sounding()
        playing = now.instrument.split("+") if now is not None else []
        for card in self.cards:
            card.set_open(card.portrait.name in playing)
        first = next((card for card in self.cards if card.portrait.name in playing), None)
        if first is not None and first.portrait.name != self._seen:
            self._seen = first.portrait.name
            QTimer.singleShot(0, partial(self._scroll.ensureWidgetVisible, first))  # once it has its height
        if now is not None and now.preset is not None and self.chosen() is None:
            self.choose(now.preset)

    # What is done with it.

    def chosen(self) -> Entry | None:
        """The preset whose row is chosen."""
        index = self.table.currentIndex()
        return self.found.entry(index) if index.isValid() else None

    def choose(self, name: str) -> None:
        """Choose the row of a preset, if it is shown."""
        for row in range(self.found.rowCount()):
            index = self.found.index(row, NAME)
            if self.found.entry(index).name == name:
                self.table.setCurrentIndex(index)
                return

    def _play(self, index: QModelIndex) -> None:
        entry = self.found.entry(index)
        for warning in entry.preset.warnings:
            self._link.said.emit(warning, "")
        self._history.load(preset=entry.name)

    def _click(self, index: QModelIndex) -> None:
        if index.column() == HEART:
            entry = self.found.entry(index)
            try:
                set_favourite(entry.name, not entry.favourite)
            except JamboxError as error:
                self._link.said.emit(str(error), "")
            self._read_presets()
            self._link.refresh()

    def _describe(self, index: QModelIndex) -> None:
        if index.isValid():
            entry = self.found.entry(index)
            whose = "" if entry.shipped else " It is your own."
            self.description.setText(f"{entry.preset.description or entry.preset.name}{whose}")

    def _kept(self, name: str) -> None:
        self.keep_button.setChecked(False)
        self._read_presets()
        self.search.clear()
        self._history.load(preset=name)
        self.choose(name)

    def _import(self) -> None:
        def take(file: Path) -> None:
            try:
                name, _ = take_in(file)
            except JamboxError as error:
                self._link.said.emit(str(error), "")
                return
            self._read_presets()
            self.choose(name)

        ask_to_open(self, "Import a preset", "Presets (*.json)", take)

    def _export(self) -> None:
        entry = self.chosen()
        if entry is None:
            self._link.said.emit("Choose the preset that is to be written to a file.", "")
            return

        def write(file: Path) -> None:
            try:
                export_preset(entry.name, file, overwrite=True)  # the dialog asked
            except JamboxError as error:
                self._link.said.emit(str(error), "")
            else:
                self._link.said.emit(f"Written to {file}.", "")

        ask_to_save(self, f"Export {entry.name}", "Presets (*.json)", f"{entry.name}.json", write)

    def _choose_instrument(self) -> None:
        ask_to_open(self, "Add an instrument", "Instruments (*.ts)", self._hand_over)

    def _hand_over(self, file: Path) -> None:
        self.handed_over.emit([file])
