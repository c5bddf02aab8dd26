"""An hour in the life of an instrument: `make soak`."""

from __future__ import annotations

import numpy as np
import psutil
import pytest

from jambox.demo import demo_melody
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument

RATE = 48_000


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_an_hour_of_playing_takes_no_more_memory_than_a_minute() -> None:
    instrument = open_instrument("violin", Design(RATE))
    melody = demo_melody(RATE)
    out = np.empty_like(melody)
    process = psutil.Process()
    repeats = 3600 * RATE // len(melody)
    after_a_minute = 0
    for turn in range(repeats):
        instrument.set("reverb_mix", (turn % 10) / 10)
        instrument.process_into(melody, out)
        assert np.all(np.isfinite(out))
        assert np.max(np.abs(out)) < 1.0
        if turn == repeats // 60:
            after_a_minute = process.memory_info().rss
    assert process.memory_info().rss - after_a_minute < 2**20
