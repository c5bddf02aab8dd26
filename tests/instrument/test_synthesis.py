"""The whole synthesis, harmonics, noise and room, against the same in float64."""

from __future__ import annotations

import pytest

from jambox.audiofile import read_sound
from jambox.control.bundle import Bundle
from jambox.instrument import Design, Instrument
from tests.data import shared_data
from tests.instrument.conftest import Violin
from tests.instrument.sounds import phrase
from tests.instrument.synthesis import synthesis_error_db

RATE = 48_000


@pytest.mark.parametrize("reverb_mix", [0.0, 0.3, 1.0])
def test_the_violin_is_within_90_db_of_float64(violin: Violin, reverb_mix: float) -> None:
    assert synthesis_error_db(violin(RATE), phrase(RATE)[0][: 2 * RATE], reverb_mix) <= -90.0


def test_a_lively_network_is_within_90_db_of_float64(lively: Bundle) -> None:
    assert synthesis_error_db(Instrument(lively, Design(RATE)), phrase(RATE)[0][: 2 * RATE]) <= -90.0


def test_real_singing_through_the_violin_is_within_90_db_of_float64(violin: Violin) -> None:
    x = read_sound(shared_data("test", "singing_vocadito_1.flac"), RATE).samples
    assert synthesis_error_db(violin(RATE), x[: 4 * RATE]) <= -90.0
