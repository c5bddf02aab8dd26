"""Changes of what plays, one after the other: each begins when the one before is done, from what that one left. [control]"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jambox.engine.plan import Plan
from jambox.engine.worker import Answer
from jambox.errors import JamboxError
from jambox.instrument import Instrument
from jambox.take import Origin

Begin = Callable[[Answer], None]


@dataclass(frozen=True)
class Newcomer:
    """An instrument that is about to take over, with its plan, the parameters when it began to load, whom to tell."""

    instrument: Instrument
    origin: Origin | None
    plan: Plan
    before: dict[str, float]
    done: Answer


class Changes:
    """`ask(begin, answer)`: `begin` is called when it is its turn, with what it must call at its end; then `answer` is."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Begin, Answer]] = deque()
        self._under_way = False

    @property
    def under_way(self) -> bool:
        """Whether a change was begun and is not done yet."""
        return self._under_way

    def ask(self, begin: Begin, answer: Answer) -> None:
        """Have a change made."""
        self._waiting.append((begin, answer))
        self._next()

    def refuse(self, error: JamboxError) -> None:
        """Answer all that wait with this: the one that is under way does not end."""
        waiting, self._waiting = self._waiting, deque()
        for _, answer in waiting:
            answer(error)

    def _next(self) -> None:
        if self._under_way or not self._waiting:
            return
        self._under_way = True
        begin, answer = self._waiting.popleft()

        def done(result: dict[str, Any] | JamboxError) -> None:
            self._under_way = False
            answer(result)
            self._next()

        begin(done)
