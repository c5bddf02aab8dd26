"""One undo and redo over everything that the window changes, and two sounds to compare."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from jambox.gui.fitting import refitted
from jambox.gui.link import EngineLink
from jambox.gui.sounding import Sounding
from jambox.params import BY_ID

MOST_STEPS = 200


class _Turn(QUndoCommand):
    """Parameters that were turned in one gesture."""

    def __init__(self, link: EngineLink, before: dict[str, float], after: dict[str, float], text: str, gesture: int) -> None:
        super().__init__(text)
        self._link, self._before, self._after, self._gesture = link, before, after, gesture

    def redo(self) -> None:
        self._link.set_many(self._after)

    def undo(self) -> None:
        self._link.set_many(self._before)

    def go_on(self, before: dict[str, float], after: dict[str, float], text: str, gesture: int) -> bool:
        """Turn further, if that is the same gesture. A command that Qt merges into another is kept by Python for good."""
        if gesture != self._gesture:
            return False
        self._before = before | self._before
        self._after |= after
        self.setText(text)
        self._link.set_many(after)
        return True


class _Change(QUndoCommand):
    """Another sound."""

    def __init__(self, apply: Callable[[Sounding, int], None], before: tuple[Sounding, int], after: tuple[Sounding, int]):
        super().__init__(after[0].preset or after[0].instrument)
        self._apply, self._before, self._after = apply, before, after
        self._done = False

    def redo(self) -> None:
        if self._done:  # the first time it has just been done
            self._apply(*self._after)
        self._done = True

    def undo(self) -> None:
        self._apply(*self._before)


class _Waiting(NamedTuple):
    """What was asked for while something loads; with `changes`, a load of such parts that nobody waits for the end of: the
    next one of the same parts takes its place."""

    do: Callable[[], None]
    changes: frozenset[str]


class History(QObject):
    """Whoever changes what sounds does it through here.

    Loading takes a moment. What is asked for meanwhile (but not a knob that is turned) waits for its end: what sounds then
    is what it is about, and not what is about to go.
    """

    compared = Signal(str)  # A or B: which of two sounds plays

    def __init__(self, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(MOST_STEPS)
        self._link = link
        self._gesture = 0
        self._slot = 0
        self._slots: list[Sounding | None] = [None, None]
        self._turn: _Turn | None = None  # the last step, if it is one
        self._loading = False
        self._waiting: deque[_Waiting] = deque()
        link.gone.connect(self._forget)

    def begin(self) -> None:
        """A gesture begins: what is set from here on is undone apart from what was set before."""
        self._gesture += 1

    def set(self, values: dict[str, float], text: str = "") -> None:
        """Turn parameters, at once; all of one gesture are undone together."""
        known = self._link.params
        before = {id: known[id] for id in values if id in known}
        if not before or all(known[id] == value for id, value in values.items()):
            return
        text = text or (BY_ID[next(iter(values))].name if len(values) == 1 else f"{len(values)} parameters")
        last = self._turn if self.stack.index() == self.stack.count() else None
        if last is None or not last.go_on(before, values, text, self._gesture):
            turn = _Turn(self._link, before, dict(values), text, self._gesture)
            self.stack.push(turn)
            self._turn = turn

    def load(self, done: Callable[[], None] | None = None, **content: Any) -> None:
        """Let another instrument, preset, room or tuning take over (content of the engine's `load`)."""
        changes = frozenset(content) if done is None else frozenset[str]()
        if changes and self._waiting and self._waiting[-1].changes == changes:
            self._waiting.pop()  # who clicks through a list wants to hear the last
        self._in_turn(lambda: self._load(done, content), changes)

    def compare(self) -> None:
        """Change over to the other of two sounds, A and B; at first they are the same."""
        self._in_turn(self._compare)

    def undo(self) -> None:
        """One step back."""
        self._in_turn(self.stack.undo)

    def redo(self) -> None:
        """One step forth."""
        self._in_turn(self.stack.redo)

    @property
    def slot(self) -> str:
        """A or B."""
        return "AB"[self._slot]

    def _load(self, done: Callable[[], None] | None, content: dict[str, Any]) -> None:
        self.begin()
        before = self._link.sounding()
        if before is not None and "instrument" in content:
            content = {"params": refitted(before, content["instrument"])} | content

        def told() -> None:
            after = self._link.sounding()
            if before is not None and after is not None and before != after:
                self._turn = None
                self.stack.push(_Change(self._apply, (before, self._slot), (after, self._slot)))
            if done is not None:
                done()

        self._ask(content, told)

    def _compare(self) -> None:
        self.begin()
        now = self._link.sounding()
        if now is None:
            return
        before, other = (now, self._slot), 1 - self._slot
        self._slots[self._slot] = now
        after = (self._slots[other] or now, other)
        self._apply(*after)
        self._turn = None
        self.stack.push(_Change(self._apply, before, after))

    def _apply(self, wanted: Sounding, slot: int) -> None:
        now = self._link.sounding()
        if slot != self._slot:
            self._slots[self._slot] = now
            self._slot = slot
            self.compared.emit(self.slot)
        if now is not None and now.differs_only_in_params(wanted):
            self._link.set_many(wanted.known_params())
        else:
            self._ask(wanted.command())

    # One change of sound after the other.

    def _in_turn(self, do: Callable[[], None], changes: frozenset[str] = frozenset()) -> None:
        self._waiting.append(_Waiting(do, changes))
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and not self._loading:
            self._waiting.popleft().do()

    def _ask(self, content: dict[str, Any], then: Callable[[], None] | None = None) -> None:
        """Let the engine load; `then` is called when it has, and it is known what sounds."""
        self._loading = True

        def told() -> None:
            self._loading = False
            if then is not None:
                then()
            self._go_on()

        def refused(sentence: str) -> None:
            if not self._link.is_joined:  # it is gone, and what waits with it
                return
            self._loading = False
            self._link.said.emit(sentence, "")
            self._go_on()

        self._link.request("load", lambda answer: self._link.refresh(told), refused, **content)

    def _forget(self) -> None:
        """The engine is gone: nobody answers any more."""
        self._loading = False
        self._waiting.clear()
