"""The automatic octave: whole octaves that bring whoever sings into the range of the instrument.

A note takes the octave in which it lies nearest to the instrument's middle; from the first that is held with confidence on,
this octave stays. What is sung is counted by semitone, with slow forgetting. After a rest, and only there, another octave is
taken if it suits what was counted clearly better. So nothing waits, nothing is looked at ahead, and no held note leaps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.frames import ANALYSIS_FRAMES_PER_S
from jambox.kernels import kernel

N_SEMITONES = 128
MOST_OCTAVES = 3
# A note is held, and no slip of the tracker, after so many confident hops without a leap (0.1 s); so long a rest may change
# the octave (0.5 s).
HELD_HOPS = round(0.1 * ANALYSIS_FRAMES_PER_S)
CONFIDENT = 0.8
LEAP_ST = 2.5
REST_HOPS = round(0.5 * ANALYSIS_FRAMES_PER_S)
# What was sung counts for half after 10 s of singing.
FORGETTING = 0.5 ** (1.0 / (10.0 * ANALYSIS_FRAMES_PER_S))
LARGEST_WEIGHT = 1e6
# An octave costs the share of singing that it takes out of the range, and so much for each semitone by which the mean of
# it lies off the middle. A change must save WORTH_IT.
COST_PER_ST = 0.02
WORTH_IT = 0.15

octave_dtype = np.dtype(
    [
        ("lowest_st", np.float64),  # the instrument's range and middle (MIDI)
        ("highest_st", np.float64),
        ("middle_st", np.float64),
        ("sung", np.float64, (N_SEMITONES,)),  # hops of singing by semitone, faded
        ("weight", np.float64),  # of the newest of them: in place of fading all others
        ("last_st", np.float64),
        ("held_hops", np.int64),  # of the first note; from HELD_HOPS on the octave is settled
        ("rest_hops", np.int64),  # since the last note
        ("shift_st", np.float64),
    ],
    align=True,
)


def reset_octave(octave: Any, lowest_st: float, middle_st: float, highest_st: float) -> None:
    """[main] Nothing was sung yet to an instrument with this range and middle."""
    octave["lowest_st"], octave["middle_st"], octave["highest_st"] = lowest_st, middle_st, highest_st
    octave["sung"] = 0.0
    octave["weight"] = 1.0
    octave["held_hops"] = octave["rest_hops"] = 0
    octave["last_st"] = octave["shift_st"] = 0.0


@kernel
def _nearest_st(octave: Any, sung_st: float) -> float:
    """Whole octaves, in semitones, that bring a pitch nearest to the middle."""
    octaves = np.floor((octave.middle_st - sung_st) / 12.0 + 0.5)
    return float(12.0 * min(max(octaves, -float(MOST_OCTAVES)), float(MOST_OCTAVES)))


@kernel
def _cost(octave: Any, shift_st: float) -> float:
    """What it costs to play all that was sung with this shift; 0 is the best there is."""
    total, outside, weighted = 0.0, 0.0, 0.0
    for st in range(N_SEMITONES):
        count = octave.sung[st]
        total += count
        weighted += count * (st + shift_st)
        # A semitone's count stands for pitches half a semitone around it.
        if st + shift_st < octave.lowest_st - 0.5 or st + shift_st > octave.highest_st + 0.5:
            outside += count
    if total == 0.0:
        return 0.0
    return float(outside / total + COST_PER_ST * abs(weighted / total - octave.middle_st))


@kernel
def _reconsider(octave: Any) -> None:
    best_st, best = octave.shift_st, _cost(octave, octave.shift_st) - WORTH_IT
    for octaves in range(-MOST_OCTAVES, MOST_OCTAVES + 1):
        cost = _cost(octave, 12.0 * octaves)
        if cost < best:
            best_st, best = 12.0 * octaves, cost
    octave.shift_st = best_st


@kernel
def _count(octave: Any, sung_st: float) -> None:
    octave.sung[min(max(int(sung_st + 0.5), 0), N_SEMITONES - 1)] += octave.weight
    octave.weight /= FORGETTING
    if octave.weight > LARGEST_WEIGHT:
        for st in range(N_SEMITONES):
            octave.sung[st] /= octave.weight
        octave.weight = 1.0


@kernel
def is_stray(octave: Any, sung_st: float, confidence: float) -> bool:
    """[audio] Whether a pitch is heard that the instrument does not have, and not with confidence: more likely a noise."""
    played_st = sung_st + octave.shift_st
    outside = played_st < octave.lowest_st - 1.0 or played_st > octave.highest_st + 1.0
    return outside and octave.held_hops >= HELD_HOPS and confidence < CONFIDENT


@kernel
def follow_octave(octave: Any, sung_st: float, confidence: float, begins: bool, sounds: bool) -> float:
    """[audio] The shift in semitones for this hop. `begins`: a note begins in silence; `sounds`: one sounds, at the (MIDI)
    pitch `sung_st`. Held by tests/instrument/test_octave.py."""
    leaps = sounds and abs(sung_st - octave.last_st) > LEAP_ST
    octave.last_st = sung_st
    if (begins or leaps) and octave.held_hops < HELD_HOPS:
        octave.held_hops = 0
        octave.shift_st = _nearest_st(octave, sung_st)
    elif begins and octave.rest_hops >= REST_HOPS:
        _reconsider(octave)
    if not sounds:
        octave.rest_hops += 1
        return float(octave.shift_st)
    octave.rest_hops = 0
    if confidence >= CONFIDENT:
        octave.held_hops = min(octave.held_hops + 1, HELD_HOPS)
        _count(octave, sung_st)
    return float(octave.shift_st)
