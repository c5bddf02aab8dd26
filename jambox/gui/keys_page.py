"""The page of keys: a piano, MIDI ports and controllers, how keys' notes are played, tunings."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from jambox.gui.columns import Columns, Panel, Quiet
from jambox.gui.history import History
from jambox.gui.link import EngineLink
from jambox.gui.mappings_panel import MappingsPanel
from jambox.gui.piano import Piano
from jambox.gui.ports_panel import PortsPanel
from jambox.gui.row_controls import Rows
from jambox.gui.session import Session
from jambox.gui.theme import Theme
from jambox.params import PARAMS

# Which values of `source` let a key alone sound.
_SOUNDING_KEYS = (0.0, 2.0)
_FIRST = ("source", "voice_mode", "polyphony", "glide_s", "glide_by", "note_transpose_st")


class KeysPage(QWidget):
    """The piano above, everything that has to do with keys below."""

    def __init__(self, link: EngineLink, session: Session, theme: Theme, history: History) -> None:
        super().__init__()
        self._link, self._history = link, history
        self.piano = Piano(theme)
        self.piano.pressed.connect(lambda key, velocity: link.request("note", key=key, velocity=velocity))
        self.piano.released.connect(lambda key: link.request("note", failed=lambda sentence: None, key=key, velocity=0))
        keyboard = Panel("Piano")
        keyboard.body.addWidget(self.piano)
        self.typing = Quiet()
        keyboard.body.addWidget(self.typing)
        self.piano.shifted.connect(self._tell_typing)
        self._tell_typing()
        self.silent = QPushButton("Keys are silent now, since the voice plays alone. Let keys play")
        self.silent.clicked.connect(self._let_keys_play)
        self.silent.hide()
        keyboard.body.addWidget(self.silent, 0, Qt.AlignmentFlag.AlignLeft)
        self.ports = PortsPanel(link, session, theme)
        self.mappings = MappingsPanel(link)
        self.ports.opened.connect(self.mappings.look)
        playing = Panel("How keys play")
        notes = [row.id for row in PARAMS if row.group == "notes"]
        playing.body.addWidget(Rows((*_FIRST, *(id for id in notes if id not in _FIRST)), link, theme, history))
        expressive = Panel("Bends and MPE")
        expressive.body.addWidget(
            Quiet(
                "Pitch bend, pressure and timbre reach each note by itself where the keyboard speaks MPE: its zones and the "
                "range of its bend are taken from what it sends, so there is nothing to set. Any other keyboard's bend "
                "reaches two semitones unless it says otherwise."
            )
        )
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(Columns([keyboard, self.ports, self.mappings], [playing, expressive]))
        link.ticked.connect(self._tick)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  # Qt's name
        self.ports.look()
        self.mappings.look()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        self.piano.let_go()
        super().hideEvent(event)

    def _tell_typing(self) -> None:
        self.typing.setText(f"The farther down a key is struck, the louder. Click it, then {self.piano.typed}")

    def _tick(self) -> None:
        silent = self._link.params.get("source", 0.0) not in _SOUNDING_KEYS
        if silent == self.silent.isHidden():
            self.silent.setVisible(silent)

    def _let_keys_play(self) -> None:
        self._history.begin()
        self._history.set({"source": 0.0})
