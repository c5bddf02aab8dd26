"""A loudspeaker that feeds back: an instrument on a stage whose output comes to its input again, guarded or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jambox.engine.callback import play_device_block
from jambox.engine.howl import HowlGuard
from jambox.engine.stage import Stage
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument

RATE, BLOCK = 48_000, 128
DELAY_S = 0.02
# An octave at each turn would leave the range after a few.
SAME_PITCH = {"auto_octave": 0.0}


@dataclass(frozen=True)
class Round:
    """Output [n], and the samples and levels (dB) of the guard's decisions."""

    y: NDArray[np.float32]
    changes: list[tuple[int, float]]


def play_round(
    name: str, x: NDArray[np.float32], loop_gain_db: float | None, guarded: bool = True, **params: float
) -> Round:
    """`x` [n] sung into the instrument `name`, its output added after DELAY_S with that gain (None: headphones)."""
    instrument = open_instrument(name, Design(RATE), params)
    stage, guard = Stage(RATE), HowlGuard()
    stage.enter(instrument)
    delay = round(DELAY_S * RATE)
    n = len(x) // BLOCK * BLOCK
    fed = np.zeros(n + delay, dtype=np.float32)  # what the loudspeaker said, from `delay` samples before the first on
    gain = 0.0 if loop_gain_db is None else 10.0 ** (loop_gain_db / 20.0)
    changes = []
    for first in range(0, n, BLOCK):
        heard = (x[first : first + BLOCK] + gain * fed[first : first + BLOCK]).astype(np.float32)
        said = fed[delay + first : delay + first + BLOCK]
        play_device_block(stage.record, stage.f32, heard, said, BLOCK, 0, 0.0)
        if guarded and guard.look(stage):
            instrument.duck(guard.level_db)
            changes.append((first + BLOCK, guard.level_db))
    return Round(fed[delay:], changes)


def struck(seconds: float) -> NDArray[np.float32]:
    """A short soft note that starts it all, then silence."""
    t = np.arange(round(0.15 * RATE)) / RATE
    x = np.zeros(round(seconds * RATE), dtype=np.float32)
    x[: len(t)] = 0.03 * np.sin(2.0 * np.pi * 440.0 * t) * np.hanning(len(t))
    return x


def peak_db(y: NDArray[np.float32]) -> float:
    """Largest sample, dBFS."""
    return float(20.0 * np.log10(np.max(np.abs(y), initial=0.0) + 1e-10))


def began(y: NDArray[np.float32]) -> int:
    """The sample at which the output first passes -40 dBFS."""
    return int(np.argmax(np.abs(y) > 0.01))
