"""Controllers that move parameters: learnt by being moved, taken over without a jump. [control]

Soft takeover: a controller whose place is not the parameter's moves nothing until it passes there; from then on the
parameter follows, until somebody else moves it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from jambox.errors import BadInput
from jambox.midi.controllers import N_COARSE, Controller
from jambox.midi.mappings import Mapping, learnt, load_mappings, save_mappings
from jambox.params import Param, row_of

# So near to the parameter's place (of its whole way) a controller is there.
NEAR = 1.0 / 64.0


@dataclass(frozen=True)
class Wish:
    """The parameter that the next controller to be moved is to move, and how far."""

    param: str
    minimum: float
    maximum: float


class Learning:
    """The controllers of every keyboard, by the name of its port."""

    def __init__(self) -> None:
        self.wish: Wish | None = None
        self.mappings: dict[str, list[Mapping]] = {}
        self._candidate: tuple[str, Controller] | None = None
        self._places: dict[tuple[str, str], float] = {}  # of the controller that moves a parameter, when it moved last
        self._given: dict[str, float] = {}  # the value that a controller gave a parameter last

    def learn(self, param: str, minimum: float | None, maximum: float | None) -> None:
        """The next controller that is moved moves `param`. BadInput for what is none, or a range beyond its own."""
        row = row_of(param)
        ends = [row.minimum if minimum is None else minimum, row.maximum if maximum is None else maximum]
        if not all(row.minimum <= end <= row.maximum for end in ends):
            raise BadInput(f"{param} goes from {row.minimum:g} to {row.maximum:g}; it cannot be moved further.")
        self.wish, self._candidate = Wish(param, *ends), None

    def forget(self, param: str, keyboards: list[str]) -> None:
        """Nothing moves `param` any more, on these keyboards. BadInput if nothing did."""
        row_of(param)
        if not any(one.param == param for keyboard in keyboards for one in self.of(keyboard)):
            raise BadInput(f"Nothing moves {param}.")
        for keyboard in keyboards:
            left = [one for one in self.of(keyboard) if one.param != param]
            save_mappings(keyboard, left)
            self.mappings[keyboard] = left

    def reach(self, keyboard: str, param: str, minimum: float, maximum: float) -> None:
        """What moves `param` on this keyboard moves it from `minimum` to `maximum`; BadInput if nothing does."""
        row = row_of(param)
        if not all(row.minimum <= end <= row.maximum for end in (minimum, maximum)):
            raise BadInput(f"{param} goes from {row.minimum:g} to {row.maximum:g}; it cannot be moved further.")
        mappings = self.of(keyboard)
        if not any(one.param == param for one in mappings):
            raise BadInput(f"Nothing on {keyboard} moves {param}.")
        ends = {"minimum": minimum, "maximum": maximum}
        changed = [one.model_copy(update=ends) if one.param == param else one for one in mappings]
        save_mappings(keyboard, changed)
        self.mappings[keyboard] = changed

    def of(self, keyboard: str) -> list[Mapping]:
        """What moves what on a keyboard. BadInput for a damaged file."""
        if keyboard not in self.mappings:
            self.mappings[keyboard] = load_mappings(keyboard)
        return self.mappings[keyboard]

    def moved(self, keyboard: str, controllers: list[tuple[Controller, float]]) -> Mapping | None:
        """A controller was moved while one is to be learnt; what was learnt, as soon as it is sure which kind it is of.

        A coarse half is one of 14 bits if its fine half follows at once.
        """
        if self.wish is None or not controllers:
            return None
        finest = controllers[-1][0]
        before = self._candidate
        coarse = finest.kind == "cc" and finest.number < N_COARSE
        if coarse and (before is None or before != (keyboard, finest)):
            self._candidate = (keyboard, finest)
            return None
        wish, self.wish = self.wish, None
        new = Mapping(
            param=wish.param,
            kind=finest.kind,
            channel=finest.channel,
            number=finest.number,
            minimum=wish.minimum,
            maximum=wish.maximum,
        )
        mappings = learnt(self.of(keyboard), new)
        self.mappings[keyboard] = mappings
        save_mappings(keyboard, mappings)
        return new

    def turned(
        self, keyboard: str, controllers: list[tuple[Controller, float]], params: dict[str, float]
    ) -> dict[str, float]:
        """The parameters that follow a move, with their new values; `params` are all values as they are."""
        values = {}
        for controller, place in controllers:
            for mapping in self.of(keyboard):
                if mapping.meant_by(controller):
                    value = self._follow(keyboard, mapping, place, params[mapping.param])
                    if value is not None:
                        values[mapping.param] = value
        return values

    def _follow(self, keyboard: str, mapping: Mapping, place: float, now: float) -> float | None:
        """The value that the controller gives, or None while it has not come to where the parameter is."""
        param, value = mapping.param, mapping.value(place)
        before = self._places.get((keyboard, param))
        self._places[keyboard, param] = place
        way, there = _way(mapping.row, value), _way(mapping.row, now)
        led = math.isclose(self._given.get(param, math.nan), now, rel_tol=1e-9, abs_tol=1e-9)
        near = abs(way - there) <= NEAR
        passed = before is not None and (_way(mapping.row, mapping.value(before)) - there) * (way - there) <= 0.0
        if not (led or near or passed):
            return None
        self._given[param] = value
        return value


def _way(row: Param, value: float) -> float:
    """How far along its range a value lies, 0 to 1, by the parameter's taper."""
    if row.taper == "log":
        return math.log(value / row.minimum) / math.log(row.maximum / row.minimum)
    return (value - row.minimum) / (row.maximum - row.minimum)
