"""Whether the engine still answers: one that died hangs up, one that hangs says nothing."""

from __future__ import annotations

# It is asked so often, and has so long to answer: it looks around sixty times a second. Asked sooner than a value that was
# set is doubted (see link), so that none is forgotten that it has not read.
ASK_EVERY_S = 0.25
ANSWER_WITHIN_S = 5.0


class Pulse:
    """One question after the other; the caller asks when it is `due`, and tells when anything came. Times in seconds."""

    def __init__(self) -> None:
        self._asked_at: float | None = None
        self._heard_at = float("-inf")

    @property
    def is_open(self) -> bool:
        """Whether an answer is awaited."""
        return self._asked_at is not None

    def is_due(self, now: float) -> bool:
        """Whether to ask, since no question is open and nothing was heard for a while."""
        return self._asked_at is None and now - self._heard_at >= ASK_EVERY_S

    def ask(self, now: float) -> None:
        """It was asked."""
        self._asked_at = now

    def hear(self, now: float) -> None:
        """Something came."""
        self._asked_at, self._heard_at = None, now

    def is_late(self, now: float) -> bool:
        """Whether a question is open for too long."""
        return self._asked_at is not None and now - self._asked_at > ANSWER_WITHIN_S
