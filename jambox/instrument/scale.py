"""Scale snap: the pitch of the voice is drawn to the notes of a scale, its vibrato and its slides left to the singer.

A note's centre is the mean of what was sung lately (a triangle of 0.4 s, so that vibrato averages out; shorter in a young
note). The distance from the centre to the nearest note of the scale is what is added to the pitch: what moves about the
centre is kept. A leap, a pitch that stays away from the centre, or a mean that has moved begins a new note.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.kernels import kernel
from jambox.params import INDEX as P

# Names and keys (from the root) of the built-in scales; behind them comes the tuning with all of its keys.
SCALES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("chromatic", tuple(range(12))),
    ("major", (0, 2, 4, 5, 7, 9, 11)),
    ("natural minor", (0, 2, 3, 5, 7, 8, 10)),
    ("harmonic minor", (0, 2, 3, 5, 7, 8, 11)),
    ("melodic minor", (0, 2, 3, 5, 7, 9, 11)),
    ("dorian", (0, 2, 3, 5, 7, 9, 10)),
    ("phrygian", (0, 1, 3, 5, 7, 8, 10)),
    ("lydian", (0, 2, 4, 6, 7, 9, 11)),
    ("mixolydian", (0, 2, 4, 5, 7, 9, 10)),
    ("locrian", (0, 1, 3, 5, 6, 8, 10)),
    ("major pentatonic", (0, 2, 4, 7, 9)),
    ("minor pentatonic", (0, 3, 5, 7, 10)),
    ("blues", (0, 3, 5, 6, 7, 10)),
    ("tuning", tuple(range(12))),
)
# A bit for each of the twelve keys.
_MASKS = tuple(sum(1 << key for key in keys) for _, keys in SCALES)

N_TUNED_KEYS = 128
# Hops that a centre is taken over at most: 0.4 s.
HISTORY = 300
# Farther than this from the centre a pitch is another note at once; farther than that if it stays there for so many hops.
LEAP_ST = 1.5
AWAY_ST = 0.3
SETTLED_HOPS = 45
# What stays within this is one pitch; no vibrato that comes as far as the line above stays so long on its crest.
STILL_ST = 0.06
# The mean of the last 0.18 s (a vibrato's period) against that of the 0.18 s before: so far apart they are two notes.
MEAN_HOPS = 135
MOVED_ST = 0.4
MOVED_SINCE_HOPS = 90
# A note of the scale gives way to another when that one is nearer by this.
PREFERENCE_ST = 0.08
# What holds its note begins to leave out what is sung from here on, and is rid of it there.
FREE_ST, NOT_HEARD_ST = 0.6, 1.2
# A held note gives way to one of which the tracker is as sure as this.
CLEAR = 0.9
NO_KEY = -1

snap_dtype = np.dtype(
    [
        ("history", np.float64, (HISTORY,)),  # MIDI pitches sung, a ring
        ("newest", np.int64),
        ("age", np.int64),  # so many of them belong to this note; 0: the voice rests
        ("still_st", np.float64),  # the pitch has stayed here ...
        ("still_hops", np.int64),  # ... for so long
        ("key", np.int64),  # of the scale, that is played
        ("drawn_st", np.float64),  # what is added to the pitch
        ("held_st", np.float64),  # pitch that is held
    ],
    align=True,
)


@kernel
def _is_in_scale(h: Any, scale: int, root: int, key: int) -> bool:
    return ((_MASKS[scale] >> ((key - root) % 12)) & 1) == 1 and not np.isnan(h.tuning_st[key])


@kernel
def _nearest_key(h: Any, pitch_st: float) -> int:
    """Key of the scale whose pitch is nearest, the one that is played preferred a little."""
    scale = int(h.param_value[P.scale] + 0.5)
    root = int(h.param_value[P.scale_key] + 0.5)
    best, best_st = NO_KEY, 1e9
    for key in range(N_TUNED_KEYS):
        if _is_in_scale(h, scale, root, key):
            away_st = abs(h.tuning_st[key] - pitch_st)
            if key == h.snap.key:
                away_st -= PREFERENCE_ST
            if away_st < best_st:
                best, best_st = key, away_st
    return best


@kernel
def _centre_st(s: Any) -> float:
    """Mean of the note so far, weighted by a triangle over it."""
    total, weights = 0.0, 0.0
    place = s.newest
    for back in range(s.age):
        weight = min(back + 1.0, float(s.age - back))
        total += weight * s.history[place]
        weights += weight
        place = place - 1 if place > 0 else HISTORY - 1
    return float(total / weights)


@kernel
def _moved_st(s: Any) -> float:
    """How far the mean has moved; 0 in a note that is too young to tell."""
    if s.age < 2 * MEAN_HOPS:
        return 0.0
    moved, place = 0.0, s.newest
    for back in range(2 * MEAN_HOPS):
        moved += s.history[place] if back < MEAN_HOPS else -s.history[place]
        place = place - 1 if place > 0 else HISTORY - 1
    return float(moved / MEAN_HOPS)


@kernel
def snapped_hz(h: Any, f0_hz: float, begins: bool) -> float:
    """[audio] The pitch that is played for the pitch f0_hz (above 0) that is sung, once an analysis hop."""
    value, s = h.param_value, h.snap
    amount = value[P.scale_amount]
    if amount == 0.0:
        s.age = 0
        return f0_hz
    a4_hz = value[P.a4_hz]
    pitch_st = 69.0 + 12.0 * np.log2(f0_hz / a4_hz)
    fresh = begins or s.age == 0
    if fresh or abs(pitch_st - s.still_st) > STILL_ST:
        s.still_st = pitch_st
        s.still_hops = 0
    s.still_hops += 1
    s.newest = (s.newest + 1) % HISTORY
    s.history[s.newest] = pitch_st
    s.age = 1 if fresh else min(s.age + 1, HISTORY)
    centre_st = _centre_st(s)
    away_st = abs(pitch_st - centre_st)
    if away_st > LEAP_ST or (away_st > AWAY_ST and s.still_hops >= SETTLED_HOPS):
        s.age = 1 if away_st > LEAP_ST else SETTLED_HOPS
        centre_st = _centre_st(s)
    elif abs(_moved_st(s)) > MOVED_ST:
        s.age = MOVED_SINCE_HOPS
        centre_st = _centre_st(s)
    holds = value[P.scale_hold] >= 0.5
    about_st = abs(pitch_st - centre_st)
    if fresh:
        s.key = NO_KEY
    if not holds or fresh or (h.analysis.f0_confidence >= CLEAR and s.age >= SETTLED_HOPS and about_st < AWAY_ST):
        s.key = _nearest_key(h, centre_st)
    if s.key == NO_KEY or np.isnan(h.tuning_st[s.key]):
        return f0_hz
    note_st = h.tuning_st[s.key]
    glide_hops = value[P.scale_glide_s] * h.sample_rate / h.hop
    # Within the glide's time all but a twentieth of the way is gone.
    share = 1.0 if fresh or glide_hops < 1.0 else 1.0 - np.exp(-3.0 / glide_hops)
    if fresh:
        s.held_st = note_st
        s.drawn_st = note_st - centre_st
    s.held_st += share * (note_st - s.held_st)
    s.drawn_st += share * (note_st - centre_st - s.drawn_st)
    drawn_st = s.drawn_st
    if holds:
        off_st = max(about_st, abs(pitch_st - note_st) - FREE_ST)
        kept = min(max((NOT_HEARD_ST - off_st) / (NOT_HEARD_ST - FREE_ST), 0.0), 1.0)
        drawn_st = s.held_st + kept * (pitch_st - centre_st) - pitch_st
    return float(a4_hz * 2.0 ** ((pitch_st + amount * drawn_st - 69.0) / 12.0))


@kernel
def with_vibrato(h: Any, f0_hz: float, begins: bool, grows_s: float) -> float:
    """[audio] The voice's pitch with a vibrato of its own on it, which begins after a delay, once an analysis hop."""
    value, voice = h.param_value, h.voice
    if value[P.voice_vibrato_cents] == 0.0:
        return f0_hz
    hop_s = h.hop / h.sample_rate
    if begins:
        voice.vibrato_age_s = 0.0
        voice.vibrato_cycles = 0.0
    voice.vibrato_age_s += hop_s
    grown = min(max((voice.vibrato_age_s - value[P.vibrato_delay_s]) / grows_s, 0.0), 1.0)
    if grown > 0.0:
        voice.vibrato_cycles += value[P.vibrato_rate_hz] * hop_s
        voice.vibrato_cycles -= np.floor(voice.vibrato_cycles)
    cents = grown * value[P.voice_vibrato_cents] * np.sin(2.0 * np.pi * voice.vibrato_cycles)
    return float(f0_hz * 2.0 ** (cents / 1200.0))
