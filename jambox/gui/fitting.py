"""Who was calibrated stays fitted: another instrument gets the shifts with which that voice meets it."""

from __future__ import annotations

from jambox.control.kinds import load_instrument
from jambox.control.library import find_instrument
from jambox.errors import JamboxError
from jambox.gui.sounding import Sounding
from jambox.instrument.hybrid import parts_of
from jambox.profile import InputProfile, load_profile

# The profile that the window measures.
PROFILE = "me"
# What a calibration turns off, and what it sets in its place, apart for each instrument.
_IN_PLACE_OF = (("auto_octave", "pitch_shift_st"), ("auto_level", "loudness_shift_db"))


def fitting(profile: InputProfile, instrument: str) -> dict[str, float]:
    """Settings for that voice on an instrument, or on the first of two; JamboxError if it cannot be read."""
    return profile.settings_for(load_instrument(find_instrument(parts_of(instrument)[0])).card)


def refitted(now: Sounding, instrument: str) -> dict[str, float]:
    """Shifts that go over from the fit of what sounds now to that of `instrument`; none where nobody was calibrated, and
    none that were turned since."""
    automatic = [now.params.get(id, 1.0) >= 0.5 for id, _ in _IN_PLACE_OF]
    if any(automatic):
        return {}
    try:
        profile = load_profile(PROFILE)
        old, new = fitting(profile, now.instrument), fitting(profile, instrument)
    except JamboxError:
        return {}
    return {id: new[id] for _, id in _IN_PLACE_OF if now.params.get(id) == old[id]}
