"""What is said to have no effect has none, to the last bit; what is not said to have none has one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from jambox.instrument.unheard import unheard
from jambox.params import BY_ID
from tests.instrument.singing_in_scale import AS_SUNG
from tests.instrument.test_every_parameter import MOVES, RATE


def both_ends(player: Instrument, id: str) -> list[NDArray[np.float32]]:
    """What sounds with the parameter at its one end and at its other, where it is known to move something."""
    move, row = MOVES[id], BY_ID[id]
    sounds = []
    for value in move.ends or (row.minimum, row.maximum):
        player.reset({**AS_SUNG, **move.params, id: value})
        for event in move.events:
            player.play(event)
        player.duck(move.ducked_db)
        sounds.append(player.process_stereo(move.x()))
    return sounds


@pytest.mark.parametrize("name", ["bark", "violin", "violin+clarinet"])
def test_a_parameter_is_told_as_unheard_if_and_only_if_it_changes_no_sample(name: str) -> None:
    player = open_instrument(name, Design(RATE))
    silent = {id for id in BY_ID if np.array_equal(*both_ends(player, id))}
    assert silent == set(unheard(name))


def test_an_instrument_that_is_not_there_has_no_parameter_told_but_those_between_two() -> None:
    assert {BY_ID[id].group for id in unheard("nobody")} == {"morph"}
    assert unheard("nobody+violin") == {}
