"""What the program has to say, in a line at the foot of the window, with a button that helps. Never in the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from jambox.gui.parts import button, dress, label, shortened, tool

# How long a sentence without a button stays; so long at least, if others wait for it.
SHOWN_MS, READ_MS = 12_000, 6_000
MOST_WAITING = 8
MOST_LETTERS = 240
# A sentence, the word on its button, what that does, what its cross does.
_Said = tuple[str, str, Callable[[], None] | None, Callable[[], None] | None]


class MessageBar(QWidget):
    """The newest sentence, and how many more there are to page to; what had no time to be read comes again.

    One with a button stays until it is answered: others wait meanwhile, but a newer one with a button comes first. One
    without goes after a while.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "message")
        self.setAccessibleName("Message")
        self._waiting: deque[_Said] = deque()
        self._said: _Said = ("", "", None, None)  # what is shown, in full
        self._sentence = label()
        self._sentence.setWordWrap(True)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # however long a path in it
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = button("", "flat", tip="Show the next message; this one comes again")
        self._more.clicked.connect(self._page)
        self._button = button("", "outlined")
        self._button.clicked.connect(self._help)
        self._close = tool("×", "flat", name="Close this message")
        self._close.clicked.connect(self._put_away)
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self._next)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 10, 6)
        row.addWidget(self._sentence, 1)
        row.addWidget(self._more)
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
        """Show a sentence, but one without a button behind one that has one; `word` and `action` make its button, `closing`
        is what its cross does besides."""
        said = (sentence, word, action, closing)
        if not self.isHidden() and any(sentence == other[0] for other in (self._said, *self._waiting)):
            return
        if word:  # a newer one that is helped in the same way takes the older one's place
            self._forget(word)
        if self.isHidden() or (word and word == self._said[1]):
            self._show(said)
        elif action is not None or self._said[2] is None:
            unread = self._timer.remainingTime() > self._timer.interval() - READ_MS
            if unread or self._said[2] is not None:
                self._put_off(self._said)
            self._show(said)
        else:
            self._put_off(said)
            self._count()

    def _put_off(self, said: _Said) -> None:
        """Let it wait; where that would be too many, the oldest goes that asks for nothing."""
        if len(self._waiting) == MOST_WAITING:
            del self._waiting[next((place for place, other in enumerate(self._waiting) if other[2] is None), 0)]
        self._waiting.append(said)

    def has(self, word: str) -> bool:
        """Whether a sentence with this button is shown, or waits."""
        return not self.isHidden() and any(said[1] == word for said in (self._said, *self._waiting))

    def take_back(self, word: str) -> None:
        """What the button `word` would have helped with is over."""
        self._forget(word)
        if not self.isHidden() and self._said[1] == word:
            self._next()

    def _forget(self, word: str) -> None:
        """Those that wait with this button."""
        self._waiting = deque(said for said in self._waiting if said[1] != word)
        self._count()

    def _show(self, said: _Said) -> None:
        sentence, word, action, _ = self._said = said
        self._sentence.setText(shortened(sentence, MOST_LETTERS))
        self._sentence.setAccessibleName(sentence)
        self._button.setText(word)
        self._button.setAccessibleName(word)
        self._button.setVisible(action is not None)
        self._count()
        self.show()
        if action is None:
            self._timer.start(READ_MS if self._waiting else SHOWN_MS)
        else:
            self._timer.stop()

    def _count(self) -> None:
        """How many wait."""
        self._more.setText(f"{len(self._waiting)} more")
        self._more.setAccessibleName(f"{len(self._waiting)} more: show the next message")
        self._more.setVisible(bool(self._waiting))

    def _page(self) -> None:
        """The next one; what is shown comes again after those that wait."""
        following, shown = self._waiting.popleft(), self._said
        self._waiting.append(shown)
        self._show(following)

    def _next(self) -> None:
        if self._waiting:
            self._show(self._waiting.popleft())
        else:
            self.hide()

    def _put_away(self) -> None:
        closing = self._said[3]
        self._next()
        if closing is not None:
            closing()

    def _help(self) -> None:
        action = self._said[2]
        self._next()
        if action is not None:
            action()
