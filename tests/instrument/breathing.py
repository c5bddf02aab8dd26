"""What the instrument makes of breath and of notes: levels at its output."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.dsp.limiter import THRESHOLD
from jambox.instrument import Instrument
from tests.instrument.sounds import breath, tone

RATE = 48_000
SECONDS = 3.0
# The first of these seconds are left out: a run begins from silence.
SETTLED = RATE // 2
LEVELS_DB = (-50.0, -35.0, -20.0)
DRY = {"auto_octave": 0.0, "reverb_mix": 0.0}
HARMONICS_ONLY = {"auto_octave": 0.0, "reverb_mix": 0.0, "noise_level_db": -60.0}


def level_db(y: NDArray[np.float32]) -> float:
    """Root mean square in dBFS, no lower than -200."""
    return float(10.0 * np.log10(np.mean(y.astype(np.float64) ** 2) + 1e-20))


def output(instrument: Instrument, x: NDArray[np.float32], params: dict[str, float]) -> NDArray[np.float32]:
    instrument.reset(params)
    return instrument.process(x)[SETTLED:]


def harmonics_of_a_note_db(instrument: Instrument, input_db: float) -> float:
    """Level of the harmonics for a 220 Hz voice of that level."""
    return level_db(output(instrument, tone(220.0, SECONDS, RATE, input_db), HARMONICS_ONLY))


def harmonics_of_breath_db(instrument: Instrument, kind: str, input_db: float, seed: int = 0) -> float:
    """Level of the harmonics for breath of that kind and level, against a note's of the same level, in dB."""
    breathed = level_db(output(instrument, breath(kind, SECONDS, input_db, seed), HARMONICS_ONLY))
    return breathed - harmonics_of_a_note_db(instrument, input_db)


def onset_after_confidence_ms(instrument: Instrument, f0_hz: float, start: int) -> float:
    """From the sample at which confidence is known to be above its threshold, for good, to a tenth of the note's level.

    The confidence of a hop is known at the hop's end; the note begins `start` samples into a run of silence.
    """
    n = np.arange(RATE // 2) - start
    x = np.where(n < 0, 0.0, 0.1 * np.sin(2.0 * np.pi * f0_hz * n / RATE)).astype(np.float32)
    instrument.reset(HARMONICS_ONLY)
    y = np.zeros_like(x)
    passed = -1
    threshold = instrument.params()["voicing_threshold"]
    for first in range(0, len(x) - instrument.hop, instrument.hop):
        instrument.process_into(x[first : first + instrument.hop], y[first : first + instrument.hop])
        # Processing a hop begins with the analysis of what came before it.
        if float(instrument.header["analysis"]["f0_confidence"]) < threshold:
            passed = -1
        elif passed < 0:
            passed = first
    assert passed > 0, "the tone was not heard"
    assert np.max(np.abs(y)) < THRESHOLD
    loud = np.abs(y[: len(x) - instrument.hop]) >= 0.1 * np.max(np.abs(y[-RATE // 10 - instrument.hop : -instrument.hop]))
    return 1e3 * (int(np.argmax(loud)) - passed) / RATE
