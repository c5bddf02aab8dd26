"""The howl guard: is the microphone hearing the loudspeaker, louder each time round? [control]

Then the input is the output of a moment ago and little else. That is asked twice of the newest input: by the correlation of
phases alone (Knapp & Carter 1976), to which a voice and an instrument that plays it are strangers even where they hold the
same note, since only an echo of the output brings back its noise; and by power: is that echo most of what is heard?
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from jambox.engine.stage import Stage

Samples = NDArray[np.float32]

WINDOW_S = 0.085
LONGEST_DELAY_S = 0.17
# Root mean square below which nothing is a howl; the end of a window against its beginning, below which it dies by itself.
QUIETEST_DB, FALLING_DB = -54.0, -1.0
# What the correlation of phases must reach, and the echo's share of the input's power.
LEAST_PHASES, LEAST_SHARE = 0.2, 0.5
# A howl is cut off for a moment; then the output stays so much lower, and lower again if it comes back, for some time.
CUT_DB, CUT_S = -60.0, 0.4
STEP_DB, LOWEST_DB, FORGIVEN_S = 12.0, -48.0, 30.0
# Every other turn of the control thread, which has more to do: two looks at any window.
_LOOK_S = 0.02


@dataclass(frozen=True)
class Echo:
    """An echo of the output in the input: the correlation of phases, its share of the power, its delay in samples."""

    phases: float
    share: float
    delay: int


def find_echo(x: Samples, y: Samples) -> Echo:
    """The likeliest echo in the input x [w] of the output y [d + w], which ends with it: delays 1 to d are tried."""
    longest = len(y) - len(x)
    size = 1 << (len(y) - 1).bit_length()
    # The edges of both would find each other.
    late = np.concatenate([np.zeros(longest, dtype=np.float32), x * _window(len(x))])
    cross = np.fft.rfft(late, size) * np.conj(np.fft.rfft(y * _edges(len(y)), size))
    phases = np.fft.irfft(cross / np.maximum(np.abs(cross), 1e-20), size)[1 : longest + 1]
    delay = 1 + int(np.argmax(phases))
    echo = y[longest - delay : len(y) - delay]
    heard, came_back = (np.abs(np.fft.rfft(part * _window(len(x)))) for part in (x, echo))
    # Its gain is that of most frequencies: a note that somebody holds is at few of them.
    gain = float(np.median(heard / np.maximum(came_back, 1e-20)))
    share = gain**2 * float(np.sum(came_back**2)) / max(float(np.sum(heard**2)), 1e-30)
    return Echo(float(phases[delay - 1]), share, delay)


@lru_cache(maxsize=2)
def _window(n: int) -> Samples:
    return np.hanning(n).astype(np.float32)


@lru_cache(maxsize=2)
def _edges(n: int) -> Samples:
    """Nearly all of it as it is."""
    return (np.hanning(n) ** 0.25).astype(np.float32)


class HowlGuard:
    """Over one stream: `look` some sixty times a second."""

    def __init__(self) -> None:
        self.level_db = 0.0  # where the output ought to be
        self.howls = 0
        self.sentence: str | None = None  # what to say of the last change
        self._ceiling_db = 0.0
        self._looked_at = self._cut_at = self._heard_at = 0

    def look(self, stage: Stage) -> bool:
        """Whether `level_db` changed with what was heard since the last look."""
        position, rate = stage.position, float(stage.record["sample_rate"])
        if position - self._looked_at < _LOOK_S * rate:
            return False
        self._looked_at = position
        before, self.sentence = self.level_db, None
        cut = self.level_db == CUT_DB
        if not cut and _howls(stage):
            self.howls += 1
            self._ceiling_db = max(self._ceiling_db - STEP_DB, LOWEST_DB)
            self._cut_at = self._heard_at = position
            self.level_db = CUT_DB
            self.sentence = f"The loudspeaker feeds back into the microphone; it is turned down by {-self._ceiling_db:g} dB."
        elif cut and position - self._cut_at >= CUT_S * rate:
            self.level_db = self._ceiling_db
        elif self._ceiling_db < 0.0 and position - self._heard_at >= FORGIVEN_S * rate:
            self._heard_at = position
            self._ceiling_db = self.level_db = min(self._ceiling_db + STEP_DB, 0.0)
        return self.level_db != before


def _howls(stage: Stage) -> bool:
    rate, position, size = float(stage.record["sample_rate"]), stage.position, len(stage.ring_in)
    window, longest = round(WINDOW_S * rate), round(LONGEST_DELAY_S * rate)
    if position < window:
        return False
    x = stage.ring_in[np.arange(position - window, position) % size]
    if _level_db(x) < QUIETEST_DB or _level_db(x[-window // 3 :]) < _level_db(x[: window // 3]) + FALLING_DB:
        return False
    echo = find_echo(x, stage.ring_out[np.arange(position - window - longest, position) % size])
    return echo.phases >= LEAST_PHASES and echo.share >= LEAST_SHARE


def _level_db(x: Samples) -> float:
    return float(10.0 * np.log10(np.mean(x.astype(np.float64) ** 2) + 1e-20))
