"""What PortAudio does not reach of a JACK server: its period and the cables between ports. [main]

Through the JACK library itself, where there is one; no audio passes here.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
from types import TracebackType
from typing import Any

from jambox.errors import DeviceError
from jambox.quiet import quiet_stderr

_NO_START_SERVER = 0x01
_IS_INPUT, _IS_OUTPUT = 0x1, 0x2
_AUDIO = b"32 bit float mono audio"


def _library() -> Any:
    path = ctypes.util.find_library("jack")
    if path is None:
        raise DeviceError("The JACK library is not installed.")
    jack = ctypes.CDLL(path)
    jack.jack_client_open.restype = ctypes.c_void_p
    jack.jack_client_open.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
    jack.jack_client_close.argtypes = [ctypes.c_void_p]
    jack.jack_get_buffer_size.restype = ctypes.c_uint32
    jack.jack_get_buffer_size.argtypes = [ctypes.c_void_p]
    jack.jack_set_buffer_size.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    jack.jack_connect.argtypes = jack.jack_disconnect.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
    jack.jack_get_ports.restype = ctypes.POINTER(ctypes.c_char_p)
    jack.jack_get_ports.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong]
    jack.jack_port_by_name.restype = ctypes.c_void_p
    jack.jack_port_by_name.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    jack.jack_port_get_all_connections.restype = ctypes.POINTER(ctypes.c_char_p)
    jack.jack_port_get_all_connections.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    jack.jack_free.argtypes = [ctypes.c_void_p]
    return jack


class Patchbay:
    """`with Patchbay() as bay:`; DeviceError if no server runs."""

    def __init__(self, name: str = "jambox-patchbay") -> None:
        self._jack = _library()
        with quiet_stderr():
            self._client = self._jack.jack_client_open(name.encode(), _NO_START_SERVER, None)
        if not self._client:
            raise DeviceError("No JACK server runs.")

    @property
    def period(self) -> int:
        """Frames that the server computes at a time."""
        return int(self._jack.jack_get_buffer_size(self._client))

    def set_period(self, frames: int) -> None:
        """Change it for everybody; DeviceError if the server's driver does not take it."""
        if self._jack.jack_set_buffer_size(self._client, frames) or self.period != frames:
            raise DeviceError(f"The JACK server does not take a period of {frames} frames.")

    @property
    def answers(self) -> bool:
        """Whether the server still lives: it is asked for the period that it has."""
        return not self._jack.jack_set_buffer_size(self._client, self.period)

    def ports(self, client: str, *, inputs: bool) -> list[str]:
        """Names of a client's audio ports, in order."""
        pattern = f"^{client}:".encode()
        return self._names(self._jack.jack_get_ports(self._client, pattern, _AUDIO, _IS_INPUT if inputs else _IS_OUTPUT))

    def connections(self, port: str) -> list[str]:
        """What a port is connected to."""
        found = self._jack.jack_port_by_name(self._client, port.encode())
        return self._names(self._jack.jack_port_get_all_connections(self._client, found)) if found else []

    def connect(self, source: str, target: str) -> None:
        """Lay a cable; one that lies there already is fine."""
        self._jack.jack_connect(self._client, source.encode(), target.encode())

    def disconnect(self, source: str, target: str) -> None:
        """Take a cable away."""
        self._jack.jack_disconnect(self._client, source.encode(), target.encode())

    def _names(self, found: Any) -> list[str]:
        if not found:
            return []
        names: list[str] = []
        while found[len(names)]:
            names.append(found[len(names)].decode())
        self._jack.jack_free(found)
        return names

    def close(self) -> None:
        """Let go of the server; waits for ever for one that died."""
        with contextlib.suppress(OSError):
            self._jack.jack_client_close(self._client)

    def __enter__(self) -> Patchbay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
