"""A violin for the checks of MIDI."""

from __future__ import annotations

import pytest

from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument


@pytest.fixture(scope="session")
def player() -> Instrument:
    """The shipped violin at 48 kHz, opened once; reset it with parameters before use."""
    return open_instrument("violin", Design(48_000))
