"""The smallest block that is safe on this machine: the instrument plays under load, at one size after the other. [main]"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from jambox.engine.devices import DeviceGone, Route, abandon
from jambox.engine.engine import Engine, Settings
from jambox.engine.jack import Patchbay
from jambox.errors import DeviceError

SIZES = (32, 64, 128, 256, 512, 1024, 2048)
SAFE_LOAD = 0.8
_SETTLE_S = 0.5
# It ends with whoever started it, however that ends: its stdin closes then.
_BURN = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
while True: pass
"""


@dataclass(frozen=True)
class Trial:
    """How one block size did: dropouts in so many seconds, the p99.9 of callback CPU time over deadline, the latency."""

    block_size: int
    seconds: float
    dropouts: int
    load_p999: float
    latency_s: float

    @property
    def safe(self) -> bool:
        """Nothing was lost, and there was room left."""
        return self.dropouts == 0 and self.load_p999 < SAFE_LOAD


def try_sizes(
    settings: Settings, route: Route, seconds: float = 4.0, sizes: Sequence[int] = SIZES, *, under_load: bool = True
) -> Iterator[Trial]:
    """Play at every size from the smallest on, until one is safe; a second process burns a core meanwhile.

    On JACK the server's own period is what counts: it is changed for the trial and put back afterwards. A size that the
    device refuses is passed over; DeviceError if it refuses all, DeviceGone if it goes away meanwhile.
    """
    burner = burn_a_core() if under_load else None
    bay = Patchbay() if route.is_jack else None
    before = bay.period if bay is not None else 0
    refusal: DeviceError | None = None
    tried = False
    try:
        for size in sizes:
            try:
                trial = _try(settings, route, seconds, size, bay)
            except DeviceGone:
                raise
            except DeviceError as error:
                if bay is not None and not bay.answers:
                    raise _gone(route) from error
                refusal = error
                continue
            tried = True
            yield trial
            if trial.safe:
                return
        if refusal is not None and not tried:
            raise refusal
    finally:
        if burner is not None:
            burner.kill()
            burner.communicate()
        if bay is not None:
            with bay:
                if bay.answers:
                    bay.set_period(before)


def burn_a_core() -> subprocess.Popen[bytes]:
    """A process that does nothing else, in a session of its own: Ctrl-C is for us alone."""
    return subprocess.Popen([sys.executable, "-c", _BURN], stdin=subprocess.PIPE, start_new_session=True)


def _try(settings: Settings, route: Route, seconds: float, size: int, bay: Patchbay | None) -> Trial:
    if bay is not None:
        bay.set_period(size)
    engine = Engine(replace(settings, block_size=0 if bay is not None else size), route)
    ended = False
    try:
        engine.start()
        ended = engine.wait(_SETTLE_S)
        engine.load.read()
        ended = ended or engine.wait(seconds)
        load = engine.load.read()
        latency_s = engine.latency.total
    finally:
        if not engine.stop():
            raise _gone(route)
    if ended:
        raise DeviceGone(route)
    return Trial(size, seconds, load.dropouts, load.p999, latency_s)


def _gone(route: Route) -> DeviceGone:
    """The sound server died: PortAudio must be left as it is, since its end would take the process with it."""
    abandon()
    return DeviceGone(route)


def best_of(trials: Sequence[Trial]) -> Trial:
    """The first that is safe, else the one that lost least."""
    safe = next((trial for trial in trials if trial.safe), None)
    return safe or min(trials, key=lambda trial: (trial.dropouts, trial.load_p999))


def recommendation(trials: Sequence[Trial], route: Route) -> str:
    """One sentence: which size, at which latency, and how to set it."""
    best = best_of(trials)
    if not best.safe:
        judged = f"No block size was free of dropouts here; the best was {best.block_size} frames with {best.dropouts}"
    else:
        judged = f"The smallest safe block size is {best.block_size} frames"
    how = f"jackd -p {best.block_size}" if route.is_jack else f"--block-size {best.block_size}"
    return f"{judged} ({1e3 * best.latency_s:.1f} ms from microphone to loudspeaker): {how}."
