"""The scale that what is sung is drawn to, shown on keys, and tunings from files for keys and scale alike."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QPushButton

from jambox.gui.columns import Panel, Quiet
from jambox.gui.files import ask_to_open
from jambox.gui.history import History
from jambox.gui.link import EngineLink
from jambox.gui.piano import Piano
from jambox.gui.row_controls import Rows
from jambox.gui.theme import Theme
from jambox.instrument.scale import SCALES

SNAP = 1.0


class ScalePanel(Panel):
    """A click on a key makes it the root of the scale."""

    def __init__(self, link: EngineLink, theme: Theme, history: History) -> None:
        super().__init__("Scale")
        self._link, self._history = link, history
        self._shown: tuple[int, int] | None = None
        self.snap = QPushButton("Snap to it")
        self.snap.setCheckable(True)
        self.snap.setToolTip("Draw what you sing onto the notes of the scale; vibrato and slides stay yours")
        self.snap.clicked.connect(lambda on: self._set({"scale_amount": SNAP if on else 0.0}))
        self.head.addWidget(self.snap)
        self.keys = Piano(theme, 60, 83)
        self.keys.setAccessibleName("Keys of the scale")
        self.keys.setAccessibleDescription("Click a key to make it the root.")
        self.keys.pressed.connect(lambda key, velocity: self._set({"scale_key": float(key % 12)}))
        self.body.addWidget(self.keys)
        self.body.addWidget(Quiet("Click a key to make it the root. Keys with a dot are in the scale."))
        ids = ("scale", "scale_key", "scale_amount", "scale_glide_s", "scale_hold", "a4_hz")
        self.body.addWidget(Rows(ids, link, theme, history))
        row = QHBoxLayout()
        self.tuning = Quiet("")
        choose = QPushButton("Tuning…")
        choose.setToolTip(
            "Play keys and scale in a tuning of your own: a Scala file (.scl), with a .kbm beside it if need be"
        )
        choose.clicked.connect(self._choose)
        self.equal = QPushButton("Equal")
        self.equal.setToolTip("Back to twelve equal steps an octave")
        self.equal.clicked.connect(lambda: history.load(scale=""))
        row.addWidget(self.tuning, 1)
        row.addWidget(choose)
        row.addWidget(self.equal)
        self.body.addLayout(row)
        link.ticked.connect(self._tick)
        link.happened.connect(lambda event: self.look() if event["event"] == "status" else None)
        self.look()

    def look(self) -> None:
        """Show the tuning that plays."""
        now = self._link.sounding()
        file = now.scale if now is not None else None
        self.tuning.setText(f"Tuning: {Path(file).name if file else 'twelve equal steps'}")
        self.equal.setEnabled(bool(file))

    def _set(self, values: dict[str, float]) -> None:
        self._history.begin()
        self._history.set(values)

    def _choose(self) -> None:
        ask_to_open(self, "Choose a tuning", "Scala files (*.scl)", lambda file: self._history.load(scale=str(file)))

    def _tick(self) -> None:
        params = self._link.params
        scale, root = round(params.get("scale", 0.0)), round(params.get("scale_key", 0.0))
        if (scale, root) != self._shown:
            self._shown = (scale, root)
            self.keys.mark({(step + root) % 12 for step in SCALES[scale][1]}, root)
        on = params.get("scale_amount", 0.0) > 0.0
        if on != self.snap.isChecked():
            self.snap.setChecked(on)
