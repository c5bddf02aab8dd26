"""Running instruments for the checks: the shipped violin, and networks of several shapes made on the spot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jambox.control.bundle import Bundle
from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from tests.control.conftest import make_instrument

Violin = Callable[[int], Instrument]


@pytest.fixture(scope="session")
def violin() -> Violin:
    """The shipped violin at a sample rate, opened once; reset it with parameters before use."""
    opened: dict[int, Instrument] = {}

    def at(sample_rate: int) -> Instrument:
        if sample_rate not in opened:
            opened[sample_rate] = open_instrument("violin", Design(sample_rate))
        return opened[sample_rate]

    return at


@pytest.fixture(scope="session")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Random weights whose spectrum moves a lot with pitch and loudness."""
    return make_instrument(tmp_path_factory.mktemp("instruments") / "lively", "full", seed=5)


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A network of other sizes."""
    return make_instrument(tmp_path_factory.mktemp("instruments") / "odd", "odd", seed=6)
