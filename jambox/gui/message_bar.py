"""What the program has to say, in a line at the foot of the window, with a button that helps. Never in the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from jambox.gui.parts import button, dress, label, shortened, tool

SHOWN_MS = 12_000
MOST_WAITING = 8
MOST_LETTERS = 240
# A sentence, the word on its button, what that does, what its cross does.
_Said = tuple[str, str, Callable[[], None] | None, Callable[[], None] | None]


class MessageBar(QWidget):
    """Sentences one after the other; one with a button stays until it is answered, another goes after a while."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "message")
        self.setAccessibleName("Message")
        self._waiting: deque[_Said] = deque(maxlen=MOST_WAITING)
        self._sentence = label()
        self._sentence.setWordWrap(True)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # however long a path in it
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = button("", "outlined")
        self._button.clicked.connect(self._help)
        self._close = tool("×", "flat", name="Close this message")
        self._close.clicked.connect(self._put_away)
        self._action: Callable[[], None] | None = None
        self._closing: Callable[[], None] | None = None
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self._next)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 10, 6)
        row.addWidget(self._sentence, 1)
        row.addWidget(self._button)
        row.addWidget(self._close)
        self.hide()

    @property
    def sentence(self) -> str:
        """What is shown; "" for nothing."""
        return "" if self.isHidden() else self._sentence.text()

    def say(
        self,
        sentence: str,
        word: str = "",
        action: Callable[[], None] | None = None,
        closing: Callable[[], None] | None = None,
    ) -> None:
        """Show a sentence, after those that wait; `word` and `action` make its button, `closing` is what its cross does
        besides."""
        if self.isHidden() or (word and word == self._button.text() and self._action is not None):
            # A newer one that is helped in the same way takes the older one's place.
            self._show(sentence, word, action, closing)
        elif sentence != self._sentence.text() and all(sentence != said[0] for said in self._waiting):
            self._waiting.append((sentence, word, action, closing))
            if self._action is None:
                self._next()

    def take_back(self, word: str) -> None:
        """What the button `word` would have helped with is over."""
        self._waiting = deque((said for said in self._waiting if said[1] != word), maxlen=MOST_WAITING)
        if self._action is not None and self._button.text() == word:
            self._next()

    def _show(self, sentence: str, word: str, action: Callable[[], None] | None, closing: Callable[[], None] | None) -> None:
        self._sentence.setText(shortened(sentence, MOST_LETTERS))
        self._sentence.setAccessibleName(sentence)
        self._action, self._closing = action, closing
        self._button.setText(word)
        self._button.setAccessibleName(word)
        self._button.setVisible(action is not None)
        self.show()
        if action is None:
            self._timer.start()
        else:
            self._timer.stop()

    def _next(self) -> None:
        if self._waiting:
            self._show(*self._waiting.popleft())
        else:
            self.hide()
            self._action = self._closing = None

    def _put_away(self) -> None:
        closing = self._closing
        self._next()
        if closing is not None:
            closing()

    def _help(self) -> None:
        action = self._action
        self._next()
        if action is not None:
            action()
