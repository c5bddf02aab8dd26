"""Whoever steps the network, the same sound comes out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.instrument import Design, Instrument
from jambox.instrument.note_events import note_off, note_on
from jambox.instrument.opening import open_instrument
from tests.data import shared_data
from tests.dsp.blocks import error_db
from tests.instrument.conftest import Violin
from tests.instrument.sounds import mixed

RATE = 48_000


@pytest.fixture(scope="module")
def through_torch() -> Instrument:
    return open_instrument("violin", Design(RATE), runtime="torchscript")


def differ_by_db(compiled: Instrument, other: Instrument, x: NDArray[np.float32]) -> float:
    for instrument in (compiled, other):
        instrument.reset({"pitch_shift_st": 12.0})
    return error_db(other.process(x), compiled.process(x))


def test_torchscript_and_compiled_agree_within_80_db(violin: Violin, through_torch: Instrument) -> None:
    assert differ_by_db(violin(RATE), through_torch, mixed(RATE)) <= -80.0


def test_notes_agree_too(violin: Violin, through_torch: Instrument) -> None:
    heard = []
    for instrument in (violin(RATE), through_torch):
        instrument.reset({"source": 2.0})
        for key, time in ((57, 100), (64, 5000), (72, 5001)):
            instrument.play(note_on(key, 0.7, time=time))
            instrument.play(note_off(key, time=20_000))
        heard.append(instrument.process(np.zeros(RATE, dtype=np.float32)))
    assert np.max(np.abs(heard[0])) > 0.01
    assert error_db(heard[1], heard[0]) <= -80.0


def test_torchscript_and_compiled_agree_within_80_db_on_real_singing(violin: Violin, through_torch: Instrument) -> None:
    sound = read_sound(shared_data("test", "singing_vocadito_1.flac"), RATE)
    assert differ_by_db(violin(RATE), through_torch, sound.samples[: 8 * RATE]) <= -80.0


def test_blocks_cannot_be_heard_through_torchscript(through_torch: Instrument) -> None:
    x = mixed(RATE)[: RATE // 2]
    through_torch.reset({})
    whole = through_torch.process(x)
    for block in (64, 65, 1000):
        through_torch.reset({})
        cut = np.concatenate([through_torch.process(x[first : first + block]) for first in range(0, len(x), block)])
        assert np.max(np.abs(cut - whole)) == 0.0
