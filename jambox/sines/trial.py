"""How well a few partials describe a sound: which of several sounds is worth a whole fit. [main]"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.audiofile import resample
from jambox.sines.modal import ModalSettings, fit_modal

# So many a second, 8 for a bark, and none of them moved again, cost a tenth of a fit with 64; they leave 8 dB less
# of a clear bark than of a hoarse one. Were they as many for every sound, the shortest would always win.
_PARTIALS_PER_S = 35.0
# More of a sound would cost more and say little else.
_LONGEST_S = 0.5
# Nobody hears what a higher rate would hold besides, and each model would spend itself, and its time, on more samples.
HIGHEST_RATE = 48_000


def described_db(samples: NDArray[np.float64], sample_rate: int) -> float:
    """Signal-to-noise ratio (dB) of a few partials of the first half second of a sound [n], each as pursuit finds it."""
    rate = min(sample_rate, HIGHEST_RATE)
    first = samples[: round(_LONGEST_S * sample_rate)].astype(np.float32)
    x = resample(first, sample_rate, rate).astype(np.float64)
    partials = max(1, round(_PARTIALS_PER_S * len(x) / rate))
    return fit_modal(x, rate, ModalSettings(partials=partials, sweeps=0), lambda share, where: None).points[-1][1]
