"""JACK cables to and from our ports: seen while a stream is open, laid again on the next one. [worker]"""

from __future__ import annotations

from jambox.engine.devices import Route, closed
from jambox.engine.jack import Patchbay
from jambox.errors import DeviceError

_CLIENT = "jambox"

Pairs = list[tuple[str, str]]


class Cables:
    """The patchbay of one stream; does nothing where the stream is not on JACK."""

    def __init__(self, route: Route) -> None:
        try:
            self._bay = Patchbay("jambox-cables") if route.is_jack else None
        except DeviceError:
            self._bay = None

    def laid(self) -> Pairs | None:
        """Every cable of ours as (source, target); None without JACK."""
        if self._bay is None:
            return None
        bay = self._bay
        outwards = [(port, other) for port in bay.ports(_CLIENT, inputs=False) for other in bay.connections(port)]
        inwards = [(other, port) for port in bay.ports(_CLIENT, inputs=True) for other in bay.connections(port)]
        return sorted({*outwards, *inwards})

    def lay(self, pairs: Pairs) -> None:
        """Make the cables of each port those of `pairs`; a port none of whose old partners is there keeps what it has."""
        if self._bay is None:
            return
        for inputs in (False, True):
            for port in self._bay.ports(_CLIENT, inputs=inputs):
                self._lay_port(port, [pair for pair in pairs if pair[inputs] == port])

    def _lay_port(self, port: str, wanted: Pairs) -> None:
        assert self._bay is not None
        for source, target in wanted:
            self._bay.connect(source, target)
        now = self._bay.connections(port)
        there = [pair for pair in wanted if (pair[0] if pair[1] == port else pair[1]) in now]
        if not there:
            return
        for other in now:
            for cable in ((port, other), (other, port)):
                if cable not in there:
                    self._bay.disconnect(*cable)

    def close(self) -> bool:
        """Let go of the server; False if it does not let go of us (see devices)."""
        bay, self._bay = self._bay, None
        return bay is None or closed(bay.close)
