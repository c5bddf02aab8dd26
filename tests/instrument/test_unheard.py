"""What is said to have no effect has none, to the last bit; what is not said to have none has one."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from jambox.instrument.unheard import unheard
from jambox.params import BY_ID
from tests.instrument.test_every_parameter import RATE, at_both_ends


@pytest.mark.parametrize("name", ["bark", "violin", "violin+clarinet"])
def test_a_parameter_is_told_as_unheard_if_and_only_if_it_changes_no_sample(name: str) -> None:
    player = open_instrument(name, Design(RATE))
    silent = {id for id in BY_ID if np.array_equal(*map(player.process_stereo, at_both_ends(player, id)))}
    assert silent == set(unheard(name))


def test_an_instrument_that_is_not_there_has_no_parameter_told_but_those_between_two() -> None:
    assert {BY_ID[id].group for id in unheard("nobody")} == {"morph"}
    assert unheard("nobody+violin") == {}
