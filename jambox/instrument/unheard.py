"""Which parameters change nothing while an instrument plays, and why not: for whoever shows them. [main]"""

from __future__ import annotations

from jambox.control.kinds import load_instrument
from jambox.control.library import find_instrument
from jambox.control.modal import ModalBundle
from jambox.errors import JamboxError
from jambox.instrument.hybrid import parts_of
from jambox.params import PARAMS

# A recorded sound has partials of its own, not the harmonics of a network, and starts only where something is struck.
_OF_A_NETWORK = ("odd_even", "formant_st", "unvoiced_level_db")


def unheard(instrument: str) -> dict[str, str]:
    """A sentence for each parameter that has no effect on `instrument`; none for an instrument that cannot be read."""
    first, second = parts_of(instrument)
    told: dict[str, str] = {}
    if second is None:
        only_two = "No effect now: it lies between two instruments, and one plays (see Shape)."
        told |= {row.id: only_two for row in PARAMS if row.group == "morph"}
    try:
        bundle = load_instrument(find_instrument(first))
    except JamboxError:
        return told
    if isinstance(bundle, ModalBundle):
        own = f"No effect now: {bundle.card.name} is one recorded sound with partials of its own."
        told |= {row.id: own for row in PARAMS if row.id in _OF_A_NETWORK or row.group == "harmonics"}
    return told
