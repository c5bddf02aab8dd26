"""The MIDI ports: which are played from, which hear the melody, and a light that says that something comes."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from jambox.gui.columns import Panel, Quiet
from jambox.gui.link import EngineLink
from jambox.gui.session import Session
from jambox.gui.theme import Theme

ALL = "all"
_GLOW_TICKS = 8
# Where there is no MIDI at all the engine tells of no port that comes: it is asked so often.
_AGAIN_MS = 2000


class ActivityLight(QWidget):
    """Lights up with every message that comes, and says in words how many came."""

    def __init__(self, link: EngineLink, theme: Theme) -> None:
        super().__init__()
        self._link, self._theme = link, theme
        self._messages, self._glow = -1, 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("MIDI activity")
        link.ticked.connect(self._tick)

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        return QSize(14, 14)

    @property
    def lit(self) -> bool:
        """Whether something came just now."""
        return self._glow > 0

    def _tick(self) -> None:
        messages = int(self._link.meters.get("midi_messages", 0))
        before = self._glow
        if messages != self._messages and self._messages >= 0:
            self._glow = _GLOW_TICKS
        elif self._glow:
            self._glow -= 1
        if messages != self._messages:
            self._messages = messages
            self.setToolTip(f"{messages} MIDI messages came, {self._link.meters.get('midi_notes', 0)} notes among them")
        if (before > 0) != (self._glow > 0):
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.colour("line"))
        painter.setBrush(self._theme.colour("good" if self.lit else "raised"))
        painter.drawEllipse(QRectF(self.rect()).adjusted(1.0, 1.0, -1.0, -1.0))


class PortsPanel(Panel):
    """A box for each port; what was chosen is kept, and opened again next time. `opened()`: others are played from now."""

    opened = Signal()

    def __init__(self, link: EngineLink, session: Session, theme: Theme) -> None:
        super().__init__("MIDI ports")
        self._link, self._session = link, session
        self.boxes: dict[tuple[str, str], QCheckBox] = {}
        self.light = ActivityLight(link, theme)
        self.head.insertWidget(1, self.light)
        again = QPushButton("Look again")
        again.clicked.connect(self.look)
        self.head.addWidget(again)
        row = QHBoxLayout()
        self._lists = {"ports": QVBoxLayout(), "melody": QVBoxLayout()}
        for key, title in (("ports", "Play from"), ("melody", "Send what is sung to")):
            column = QVBoxLayout()
            column.addWidget(QLabel(title))
            column.addLayout(self._lists[key])
            column.addStretch(1)
            row.addLayout(column, 1)
        self.body.addLayout(row)
        self.hint = Quiet("")
        self.body.addWidget(self.hint)
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(lambda: self.look() if self.isVisible() else None)
        link.happened.connect(lambda event: self.look() if event["event"] == "midi" and self.isVisible() else None)

    def look(self) -> None:
        """Ask the engine which ports there are."""
        self._link.request("midi", self._show, self._refused)

    def _refused(self, sentence: str) -> None:
        self.hint.setText(sentence)
        self._again.start()

    def _show(self, answer: dict[str, Any]) -> None:
        self._again.stop()
        before, self.boxes = self.boxes, {}
        every = {"ports": ALL in answer["wishes"], "melody": ALL in self._session.melody_ports}
        sides = (
            ("ports", answer["ports"], answer["open"], answer["wishes"]),
            ("melody", answer["listeners"], answer["melody"], self._session.melody_ports),
        )
        for key, there, used, wishes in sides:
            self._offer(key, ALL, "Every port", every[key], before)
            for port in there:
                self._offer(key, port["name"], f"{port['name']} ({port['system']})", port in used, before)
            for wish in wishes:
                if wish in answer["missing"]:  # still wished for, until its box is cleared
                    self._offer(key, wish, f"{wish} (waited for)", True, before)
        for place, box in before.items():
            if place not in self.boxes:
                if box.hasFocus():  # or the page would jump to whatever is next
                    self.setFocus(Qt.FocusReason.OtherFocusReason)
                box.deleteLater()
        missing = "; ".join(answer["missing"])
        opened = ", ".join(port["name"] for port in answer["open"])
        self.hint.setText(
            f"Waited for: {missing}." if missing else f"Played from: {opened}." if opened else "No port is played from."
        )

    def _offer(self, key: str, wish: str, text: str, on: bool, before: dict[tuple[str, str], QCheckBox]) -> None:
        """A box below the others of its list: the one that there was, if there was, since it may have the focus."""
        box = before.get((key, wish))
        if box is None:
            box = QCheckBox()
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setMinimumWidth(120)
            box.clicked.connect(lambda checked: self._choose(key, wish, checked))
        box.setText(text)
        box.setChecked(on)
        box.setToolTip(text)
        box.setAccessibleName(f"{'Play from' if key == 'ports' else 'Send what is sung to'} {text}")
        self._lists[key].addWidget(box)
        self.boxes[key, wish] = box

    def _choose(self, key: str, wish: str, on: bool) -> None:
        wishes = [name for (kind, name), box in self.boxes.items() if kind == key and box.isChecked()]
        if wish == ALL:
            wishes = [ALL] if on else []
        elif ALL in wishes:
            wishes = [name for name in wishes if name != ALL]
        if key == "ports":
            self._session.midi_ports = wishes
        else:
            self._session.melody_ports = wishes

        def chosen(answer: dict[str, Any]) -> None:
            self._show(answer)
            self.opened.emit()

        self._link.request("midi", chosen, self._refused, **{key: wishes})
