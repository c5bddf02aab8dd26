"""Parameters that were turned: what was sent and is not shown by the engine yet, and what it gets when it can be reached."""

from __future__ import annotations

# A value that was set is shown as it was set until the engine shows it, or until so much later.
TRUST_S = 0.3


class Turned:
    """`meant` are values that are to come back soon: what is kept of the sound has these. Times in seconds."""

    def __init__(self) -> None:
        self.meant: dict[str, float] = {}
        self._sent: dict[str, tuple[float, float]] = {}

    @property
    def sent(self) -> dict[str, float]:
        """Values that the engine does not show yet."""
        return {id: value for id, (value, _) in self._sent.items()}

    def send(self, values: dict[str, float], now: float) -> None:
        """They go to the engine at this moment."""
        self._sent |= {id: (value, now) for id, value in values.items()}

    def hold(self) -> None:
        """The engine does not answer: what it has not shown is meant until it does."""
        self.meant = self.sent | self.meant

    def take(self) -> dict[str, float]:
        """What is meant, to be sent now."""
        meant, self.meant = self.meant, {}
        return meant

    def look(self, shown: dict[str, float], now: float, doubted: bool) -> dict[str, float]:
        """What the engine shows, with what is on its way to it; if `doubted`, what was sent long ago is not any more."""
        oldest = now - TRUST_S if doubted else float("-inf")
        self._sent = {id: (value, at) for id, (value, at) in self._sent.items() if at > oldest and shown.get(id) != value}
        return shown | self.sent
