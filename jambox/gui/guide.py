"""The first start: a strip above the page leads through device, voice, instrument, singing. It can be put away at once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from jambox.gui.columns import Quiet
from jambox.gui.parts import button, dress
from jambox.gui.session import Session

# What to do, what to say about it, the page that it is done on.
STEPS = (
    ("1  Device", "Put headphones on, choose where sound comes in and goes out, and play the test tone.", "Settings"),
    (
        "2  Voice",
        "Calibrate: three seconds of silence, then a few notes. Every instrument is then fitted to you.",
        "Settings",
    ),
    (
        "3  Instrument",
        "Choose one. Each was taught by real players; the picture shows its harmonics and its range.",
        "Sounds",
    ),
    ("4  Sing", "Sing, hum, whistle or play. The instrument plays what you play.", "Stage"),
)


class Guide(QWidget):
    """`open_page(name)` is called as it goes; at its end the session knows that it was seen."""

    def __init__(self, session: Session, open_page: Callable[[str], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "message")
        self.setAccessibleName("First steps")
        self._session, self._open_page = session, open_page
        self.step = 0
        self.title = QLabel()
        self.title.setProperty("kind", "title")
        self.words = Quiet("")
        self.back = button("Back", "outlined")
        self.forth = button("Next", "primary")
        self.skip = button("Skip", "flat", tip="Put these steps away")
        self.back.clicked.connect(lambda: self.go(self.step - 1))
        self.forth.clicked.connect(lambda: self.go(self.step + 1))
        self.skip.clicked.connect(self.finish)
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(self.title)
        text.addWidget(self.words)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 12, 8)
        row.addLayout(text, 1)
        for widget in (self.back, self.forth, self.skip):
            row.addWidget(widget)
        self.hide()

    def begin(self) -> None:
        """Show the first step."""
        self.show()
        self.go(0)

    def go(self, step: int) -> None:
        """Show a step, and open its page; behind the last one it ends."""
        if step >= len(STEPS):
            self.finish()
            return
        self.step = max(step, 0)
        title, words, page = STEPS[self.step]
        self.title.setText(title)
        self.words.setText(words)
        self.back.setEnabled(self.step > 0)
        self.forth.setText("Done" if self.step == len(STEPS) - 1 else "Next")
        self._open_page(page)

    def finish(self) -> None:
        """Put it away for good."""
        self._session.welcomed = True
        self._session.save()
        self.hide()
