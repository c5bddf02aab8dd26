"""How hard the audio thread works: shares of the deadline, from the counts that the callback keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Callback times are counted in bins of 0.1 % of the deadline; the last bin takes all that is above.
LOAD_BINS = 4096
# A callback that takes more than this share of its deadline is at its limit.
LIMIT = 0.8


@dataclass(frozen=True)
class Load:
    """Callback time over deadline (1 = all of it) and dropouts, since the last reading."""

    callbacks: int
    mean: float
    p50: float
    p99: float
    p999: float
    maximum: float
    over_limit: int  # callbacks above LIMIT
    wall_p99: float
    wall_p999: float
    wall_maximum: float
    overflows: int
    underflows: int
    late: int

    @property
    def dropouts(self) -> int:
        """Blocks that the device reports as lost on either side."""
        return max(self.overflows, self.underflows)


class LoadMeter:
    """Reads the counts of a stage's record; each reading covers the time since the one before."""

    _COUNTS = ("callbacks", "overflows", "underflows", "late")

    def __init__(self, record: Any) -> None:
        self._record = record
        self._last = self._snapshot()

    def read(self) -> Load:
        """[main] What happened since the last call (or since the meter was made)."""
        now, last = self._snapshot(), self._last
        self._last = now
        counts = {name: int(now[name] - last[name]) for name in self._COUNTS}
        cpu = now["cpu_load"] - last["cpu_load"]
        wall = now["wall_load"] - last["wall_load"]
        return Load(
            callbacks=counts["callbacks"],
            mean=float(now["cpu_sum"] - last["cpu_sum"]) / max(1, counts["callbacks"]),
            p50=quantile(cpu, 0.5),
            p99=quantile(cpu, 0.99),
            p999=quantile(cpu, 0.999),
            maximum=quantile(cpu, 1.0),
            over_limit=int(cpu[round(LIMIT * 1000) :].sum()),
            wall_p99=quantile(wall, 0.99),
            wall_p999=quantile(wall, 0.999),
            wall_maximum=quantile(wall, 1.0),
            overflows=counts["overflows"],
            underflows=counts["underflows"],
            late=counts["late"],
        )

    def _snapshot(self) -> dict[str, Any]:
        names = (*self._COUNTS, "cpu_sum", "cpu_load", "wall_load")
        return {name: np.array(self._record[name]) for name in names}


def quantile(counts: NDArray[np.int64], share: float) -> float:
    """Smallest load (upper edge of a 0.1 % bin) that `share` of the counted blocks do not pass; 0 without blocks."""
    total = int(counts.sum())
    if total == 0:
        return 0.0
    return float(np.searchsorted(np.cumsum(counts), share * total - 1e-9) + 1) / 1000.0
