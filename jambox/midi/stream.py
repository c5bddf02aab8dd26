"""From bytes of a MIDI cable to messages: running status, system exclusive, and clocks that come in between.

Source: MIDI 1.0 detailed specification, section 2 (data format, receiver's handling of status bytes).
"""

from __future__ import annotations

from typing import Any

import mido

# Data bytes of channel messages, by the upper half of their status; of system common ones, by the whole.
_N_DATA = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
_N_COMMON = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_EXCLUSIVE, _RESET, _REAL_TIME, _ACTIVE_SENSING = 0xF0, 0xFF, 0xF8, 0xFE


class ByteStream:
    """Reads what one cable carries, in pieces of any size; what is no message is passed over.

    `sensed`: whether active sensing was ever heard, so that silence means that the cable was pulled.
    """

    def __init__(self) -> None:
        self.sensed = False
        self._status = 0  # 0: data bytes mean nothing
        self._data: list[int] = []

    def feed(self, data: bytes) -> list[Any]:
        """The mido messages of channels that are complete now, and system resets."""
        messages = []
        for byte in data:
            if byte >= _REAL_TIME:
                # They come anywhere, even inside another message, and change nothing there.
                self.sensed = self.sensed or byte == _ACTIVE_SENSING
                if byte == _RESET:
                    self._status, self._data = 0, []
                    messages.append(mido.Message("reset"))
            elif byte >= 0x80:
                self._status, self._data = byte if byte < 0xF4 else 0, []
            elif self._status not in (0, _EXCLUSIVE):
                self._data.append(byte)
                if len(self._data) == self._needed():
                    if self._status < 0xF0:
                        messages.append(mido.Message.from_bytes([self._status, *self._data]))
                    else:
                        self._status = 0  # a system common message ends running status
                    self._data = []
        return messages

    def _needed(self) -> int:
        return _N_COMMON[self._status] if self._status >= 0xF0 else _N_DATA[self._status >> 4]
