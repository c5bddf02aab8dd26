"""Presets as a table to look through: searched, filtered by tag, sorted by any column, hearts to click."""

from __future__ import annotations

import html
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from jambox.gui.top_bar import shown_name
from jambox.presets.catalogue import Entry

COLUMNS = ("♥", "Preset", "Instrument", "Tags", "Author", "Program")
HEART, NAME, INSTRUMENT, TAGS, AUTHOR, PROGRAM = range(len(COLUMNS))
# What a narrow table does without.
_WIDE_ONLY = (AUTHOR, PROGRAM)
_WIDE_PX, _ROW_PX = 600, 30
Index = QModelIndex | QPersistentModelIndex


class PresetsModel(QAbstractTableModel):
    """The entries of a catalogue; `entry(row)` gives one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Entry] = []

    @property
    def entries(self) -> list[Entry]:
        """All of them."""
        return self._entries

    def show(self, entries: list[Entry]) -> None:
        """Show these instead."""
        self.beginResetModel()
        self._entries = entries
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802  # Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section in (HEART, PROGRAM):
            return Qt.AlignmentFlag.AlignCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry, column = self._entries[index.row()], index.column()
        preset = entry.preset
        if role == Qt.ItemDataRole.ToolTipRole:
            return html.escape(preset.description or preset.name)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (HEART, PROGRAM):
            return Qt.AlignmentFlag.AlignCenter
        if role == Qt.ItemDataRole.AccessibleTextRole and column == HEART:
            return "favourite" if entry.favourite else "no favourite"
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        texts: tuple[Any, ...] = (
            "♥" if entry.favourite else "♡",
            entry.name,
            shown_name(preset.instrument),
            ", ".join(preset.tags),
            preset.author,
            entry.program,
        )
        return texts[column]


class FoundPresets(QSortFilterProxyModel):
    """Those that are looked for: words anywhere, tags, an instrument, favourites alone."""

    def __init__(self, model: PresetsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._text = ""
        self._tags: tuple[str, ...] = ()
        self._instrument: str | None = None
        self._only_favourites = False
        self.setSortCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setSourceModel(model)

    def look_for(
        self, text: str = "", tags: tuple[str, ...] = (), instrument: str | None = None, only_favourites: bool = False
    ) -> None:
        """Show those that match all of it (see presets.catalogue.Entry)."""
        self._text, self._tags, self._instrument, self._only_favourites = text, tags, instrument, only_favourites
        self.invalidate()

    def entry(self, index: Index) -> Entry:
        """The preset in a row of what is shown."""
        return self._model.entries[self.mapToSource(index).row()]

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802  # Qt's name
        entry = self._model.entries[row]
        return entry.matches(self._text, self._tags, self._instrument) and (entry.favourite or not self._only_favourites)


class PresetsTable(QTableView):
    """The table itself: by name at first, author and program only where there is room for them."""

    def __init__(self, found: FoundPresets, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(found)
        self.setAccessibleName("Presets")
        self.setSortingEnabled(True)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setMinimumHeight(160)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(28)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(len(COLUMNS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(TAGS, QHeaderView.ResizeMode.Stretch)
        self.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  # Qt's name
        for column in _WIDE_ONLY:
            self.setColumnHidden(column, event.size().width() < _WIDE_PX)
        super().resizeEvent(event)
