"""Controllers as a person turns them: control changes of 7 and of 14 bits, and parameters with numbers of their own (NRPN).

Source: MIDI 1.0 detailed specification (controllers 0 to 31 with their fine halves 32 to 63; NRPN 98 and 99, data entry).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from jambox.midi.interpreter import DATA, DATA_FINE, NRPN, NRPN_FINE, RPN, RPN_FINE

Kind = Literal["cc", "cc14", "nrpn"]
N_COARSE = 32
_INCREMENT, _DECREMENT = 96, 97
_FIRST_MODE = 120
# Banks choose presets; the others say which parameter is meant, or how much of it.
_NO_CONTROLLERS = {0, 32, DATA, DATA_FINE, _INCREMENT, _DECREMENT, NRPN_FINE, NRPN, RPN_FINE, RPN}
_NOBODY = 127


@dataclass(frozen=True)
class Controller:
    """One knob, fader, wheel or pedal. `channel` is 0 to 15; `number` is 0 to 127, of an NRPN 0 to 16383."""

    kind: Kind
    channel: int
    number: int


class Controllers:
    """Reads the control changes of one cable in order."""

    def __init__(self) -> None:
        self._coarse: dict[tuple[int, int], int] = {}  # channel, number
        self._parameter: dict[int, tuple[int, int] | None] = {}  # the NRPN that a channel's data are for
        self._data: dict[int, int] = {}

    def read(self, message: Any) -> list[tuple[Controller, float]]:
        """Controllers that moved by this message, each with its place from 0 to 1, the finest last."""
        if message.type != "control_change":
            return []
        channel, number, value = message.channel, message.control, message.value
        if number in (NRPN, NRPN_FINE, RPN, RPN_FINE):
            self._choose(channel, number, value)
        elif number in (DATA, DATA_FINE):
            return self._enter(channel, number, value)
        if number in _NO_CONTROLLERS or number >= _FIRST_MODE:
            return []
        moved = [(Controller("cc", channel, number), value / 127.0)]
        if number < N_COARSE:
            self._coarse[channel, number] = value
        elif number < 2 * N_COARSE and (channel, number - N_COARSE) in self._coarse:
            whole = self._coarse[channel, number - N_COARSE] << 7 | value
            moved.append((Controller("cc14", channel, number - N_COARSE), whole / 16383.0))
        return moved

    def _choose(self, channel: int, number: int, value: int) -> None:
        self._data.pop(channel, None)
        if number in (RPN, RPN_FINE):
            self._parameter[channel] = None
            return
        upper, lower = self._parameter.get(channel) or (_NOBODY, _NOBODY)
        self._parameter[channel] = (value, lower) if number == NRPN else (upper, value)

    def _enter(self, channel: int, number: int, value: int) -> list[tuple[Controller, float]]:
        chosen = self._parameter.get(channel)
        if chosen is None or chosen == (_NOBODY, _NOBODY):
            return []
        if number == DATA:
            self._data[channel] = value
        whole = self._data.get(channel, 0) << 7 | (value if number == DATA_FINE else 0)
        place = whole / 16383.0 if number == DATA_FINE else value / 127.0
        return [(Controller("nrpn", channel, chosen[0] << 7 | chosen[1]), place)]
