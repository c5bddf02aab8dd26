"""What was done, in order, to be taken back and done again.

Not Qt's QUndoStack: it deletes commands that Python made, and under PySide 6.11 a long run died in its `push`.
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Signal

MOST_STEPS = 200


class Step(Protocol):
    """Something that can be done and undone; `text` says what, in a word or two."""

    text: str

    def redo(self) -> None:
        """Do it (again)."""

    def undo(self) -> None:
        """Take it back."""

    def absorb(self, later: Step) -> bool:
        """Become this and what was done right after it, if both are parts of one gesture; whether it is so."""
        return False


class UndoStack(QObject):
    """At most MOST_STEPS steps; `changed` tells of every push, undo and redo."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps: list[Step] = []
        self._done = 0  # so many of them are done, the later ones undone

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def undo_text(self) -> str:
        """What would be taken back next; "" for nothing."""
        return self._steps[self._done - 1].text if self._done else ""

    @property
    def redo_text(self) -> str:
        """What would be done again next; "" for nothing."""
        return self._steps[self._done].text if self._done < len(self._steps) else ""

    @property
    def can_undo(self) -> bool:
        """Whether anything can be taken back."""
        return self._done > 0

    @property
    def can_redo(self) -> bool:
        """Whether anything can be done again."""
        return self._done < len(self._steps)

    def push(self, step: Step) -> None:
        """A step that has just been done: what was undone before can no longer be done again."""
        del self._steps[self._done :]
        if not (self._steps and self._steps[-1].absorb(step)):
            self._steps.append(step)
        del self._steps[:-MOST_STEPS]
        self._done = len(self._steps)
        self.changed.emit()

    def undo(self) -> None:
        """Take the last step back, if there is one."""
        if self.can_undo:
            self._done -= 1
            self._steps[self._done].undo()
            self.changed.emit()

    def redo(self) -> None:
        """Do the next one again, if there is one."""
        if self.can_redo:
            self._done += 1
            self._steps[self._done - 1].redo()
            self.changed.emit()
