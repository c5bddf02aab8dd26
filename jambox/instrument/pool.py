"""Who plays which key: notes begin, go on, give way to others and end. Only states change here; sound follows in notes.py.

A key that is down is remembered with its place in the order of keys (`key_serial`), so that a note which plays one key at
a time can return to the key below. Every note whose key is up and that no pedal keeps is released: none can hang.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.instrument.events import (
    EVENT_ALL_NOTES_OFF,
    EVENT_ALL_SOUND_OFF,
    EVENT_BEND,
    EVENT_LOUDNESS,
    EVENT_MODULATION,
    EVENT_NOTE_OFF,
    EVENT_NOTE_ON,
    EVENT_PRESSURE,
    EVENT_RESET_CONTROLLERS,
    EVENT_SOFT,
    EVENT_SOSTENUTO,
    EVENT_SUSTAIN,
    EVENT_TIMBRE,
    EVENT_VOLUME,
    PLACES,
    WHOLE_CHANNEL,
)
from jambox.instrument.rows import N_CHANNELS, N_KEYS, N_ROWS
from jambox.kernels import kernel
from jambox.params import INDEX as P

OFF, HELD, RELEASED, FADING = 0, 1, 2, 3
ATTACK, DECAY, RELEASE, FADE, ENDED = 0, 1, 2, 3, 4

# `voice_mode`
CHORDS, ANEW, GOING_ON, LEGATO = 0, 1, 2, 3
# `source`
BOTH, VOICE, KEYS, KEYS_PITCH, VOICE_PITCH = 0, 1, 2, 3, 4

# A note that gives way fades within this time: long enough to make no click, short enough not to be heard.
GIVING_WAY_S = 0.005
DOWN = 0.5
NOWHERE = -1


@kernel
def choice(value: float) -> int:
    """[audio] A parameter that counts choices."""
    return int(value + 0.5)


@kernel
def _plays_one_note(h: Any) -> bool:
    return choice(h.param_value[P.voice_mode]) != CHORDS or choice(h.param_value[P.source]) == VOICE_PITCH


@kernel
def _fade_out(h: Any, row: int) -> None:
    n = h.notes
    if n.state[row] == OFF or n.state[row] == FADING:
        return
    n.state[row] = FADING
    n.stage[row] = FADE
    n.fade_step[row] = max(n.level[row], 1e-3) / (GIVING_WAY_S * h.sample_rate)
    n.key_down[row] = 0
    n.kept[row] = 0


@kernel
def _release_unless_kept(h: Any, row: int) -> None:
    n = h.notes
    if n.state[row] != HELD or n.key_down[row] == 1 or n.kept[row] == 1 or n.sustain[n.channel[row]] >= DOWN:
        return
    n.state[row] = RELEASED
    n.stage[row] = RELEASE
    # What is told to the channel from now on is meant for its next note.
    channel = n.channel[row]
    n.bend_st[row] += n.channel_bend_st[channel]
    n.pressure[row] = max(n.pressure[row], n.channel_pressure[channel])
    n.timbre[row] += n.channel_timbre[channel]


@kernel
def _level(h: Any, row: int) -> float:
    return float(max(h.notes.harmonics_from[row], h.notes.noise_from[row]))


@kernel
def _make_room(h: Any) -> None:
    """End notes until one more may sound: the oldest that is released, else the quietest."""
    n = h.notes
    limit = choice(h.param_value[P.polyphony])
    while True:
        count, oldest, quietest = 0, 0, 0
        for row in range(1, N_ROWS):
            if n.state[row] == OFF or n.state[row] == FADING:
                continue
            count += 1
            if n.state[row] == RELEASED and (oldest == 0 or n.serial[row] < n.serial[oldest]):
                oldest = row
            if n.fresh[row] == 0 and (quietest == 0 or _level(h, row) < _level(h, quietest)):
                quietest = row
        if count < limit:
            return
        if oldest == 0:
            oldest = quietest
        if oldest == 0:  # all began at this very sample
            for row in range(1, N_ROWS):
                if n.state[row] == HELD and (oldest == 0 or n.serial[row] < n.serial[oldest]):
                    oldest = row
        n.stolen += 1
        if n.fresh[oldest] == 1:
            n.state[oldest] = OFF  # it has not sounded yet
        else:
            _fade_out(h, oldest)


@kernel
def _free_row(h: Any) -> int:
    """A row without sound; if there is none, that of the fading note which is nearest to its end."""
    n = h.notes
    faintest = 1
    for row in range(1, N_ROWS):
        if n.state[row] == OFF:
            return row
        if n.state[row] == FADING and (n.state[faintest] != FADING or _level(h, row) < _level(h, faintest)):
            faintest = row
    return faintest


@kernel
def _glide_from_the_last(h: Any, row: int, distance_st: float) -> None:
    n = h.notes
    seconds = h.param_value[P.glide_s]
    if choice(h.param_value[P.glide_by]) == 1:
        seconds *= abs(distance_st) / 12.0
    samples = seconds * h.sample_rate
    n.glide_st[row] = distance_st if samples >= 1.0 else 0.0
    n.glide_step[row] = abs(distance_st) / max(samples, 1.0)


@kernel
def _begin_note(h: Any, place: int) -> None:
    """A note for the key of this place, which is down."""
    _make_room(h)
    n = h.notes
    channel, key = place // N_KEYS, place % N_KEYS
    row = _free_row(h)
    n.state[row] = HELD
    n.channel[row] = channel
    n.key[row] = key
    n.serial[row] = n.last_serial
    n.key_down[row] = 1
    n.kept[row] = 0
    n.velocity[row] = n.key_velocity[place]
    n.fresh[row] = 1
    n.age[row] = 0
    n.stage[row] = ATTACK
    n.level[row] = 0.0
    n.harmonics_from[row] = 0.0
    n.harmonics_to[row] = 0.0
    n.noise_from[row] = 0.0
    n.noise_to[row] = 0.0
    n.glide_st[row] = 0.0
    n.bend_st[row] = 0.0
    n.pressure[row] = 0.0
    n.timbre[row] = 0.0
    if n.last_serial > 1:
        _glide_from_the_last(h, row, n.last_pitch_st - h.tuning_st[key])
    n.last_pitch_st = h.tuning_st[key]


@kernel
def _played_row(h: Any) -> int:
    """The note that plays one key at a time; 0 if none does."""
    n = h.notes
    newest = 0
    for row in range(1, N_ROWS):
        if n.state[row] == HELD and (newest == 0 or n.serial[row] > n.serial[newest]):
            newest = row
    return newest


@kernel
def _go_on_to(h: Any, row: int, place: int) -> None:
    """The note that sounds takes another key."""
    n = h.notes
    channel, key = place // N_KEYS, place % N_KEYS
    _glide_from_the_last(h, row, h.tuning_st[n.key[row]] + n.glide_st[row] - h.tuning_st[key])
    n.channel[row] = channel
    n.key[row] = key
    n.key_down[row] = 1
    n.kept[row] = 0
    n.last_pitch_st = h.tuning_st[key]


@kernel
def _note_on(h: Any, channel: int, key: int, velocity: float) -> int:
    """Returns the place of the key if a note must begin there, else NOWHERE."""
    n = h.notes
    if np.isnan(h.tuning_st[key]):
        return NOWHERE  # the tuning gives this key no pitch
    n.last_serial += 1
    place = channel * N_KEYS + key
    n.key_serial[place] = n.last_serial
    n.key_velocity[place] = velocity
    mode = choice(h.param_value[P.voice_mode])
    one = _plays_one_note(h)
    row = _played_row(h) if one else 0
    overlaps = row != 0 and n.key_down[row] == 1
    if overlaps and mode != ANEW:
        _go_on_to(h, row, place)
        return NOWHERE
    for other in range(1, N_ROWS):
        if one or (n.channel[other] == channel and n.key[other] == key):
            _fade_out(h, other)
    if one and mode == LEGATO and not overlaps:
        n.last_pitch_st = h.tuning_st[key]  # nothing to glide from
    return place


@kernel
def _newest_key_down(h: Any) -> int:
    n = h.notes
    newest = NOWHERE
    for place in range(N_CHANNELS * N_KEYS):
        if n.key_serial[place] > 0 and (newest == NOWHERE or n.key_serial[place] > n.key_serial[newest]):
            newest = place
    return newest


@kernel
def _note_off(h: Any, channel: int, key: int) -> int:
    """Returns the place of a key below this one whose note must begin anew, else NOWHERE."""
    n = h.notes
    n.key_serial[channel * N_KEYS + key] = 0
    for row in range(1, N_ROWS):
        if n.state[row] != HELD or n.key_down[row] == 0 or n.channel[row] != channel or n.key[row] != key:
            continue
        n.key_down[row] = 0
        below = _newest_key_down(h) if _plays_one_note(h) else NOWHERE
        if below != NOWHERE and choice(h.param_value[P.voice_mode]) == ANEW:
            _fade_out(h, row)
            n.last_serial += 1
            return below
        if below != NOWHERE:
            _go_on_to(h, row, below)
        else:
            _release_unless_kept(h, row)
    return NOWHERE


@kernel
def _release_channel(h: Any, channel: int) -> None:
    """Notes of the channel that nothing holds any more."""
    for row in range(1, N_ROWS):
        if h.notes.channel[row] == channel:
            _release_unless_kept(h, row)


@kernel
def _sostenuto(h: Any, channel: int, down: bool) -> None:
    n = h.notes
    for row in range(1, N_ROWS):
        if n.channel[row] == channel and n.state[row] == HELD:
            if down and n.key_down[row] == 1:
                n.kept[row] = 1
            elif not down:
                n.kept[row] = 0
    if not down:
        _release_channel(h, channel)


@kernel
def _lift_keys(h: Any, channel: int) -> None:
    n = h.notes
    for key in range(N_KEYS):
        n.key_serial[channel * N_KEYS + key] = 0
    for row in range(1, N_ROWS):
        if n.channel[row] == channel:
            n.key_down[row] = 0


@kernel
def end_channel(h: Any, channel: int) -> None:
    """[audio] All its sound fades at once, whatever holds it."""
    n = h.notes
    _lift_keys(h, channel)
    for row in range(1, N_ROWS):
        if n.channel[row] != channel:
            continue
        if n.fresh[row] == 1:
            n.fresh[row] = 0
            n.state[row] = OFF
        else:
            _fade_out(h, row)


@kernel
def _reset_controllers(h: Any, channel: int) -> None:
    n = h.notes
    n.channel_bend_st[channel] = 0.0
    n.channel_pressure[channel] = 0.0
    n.channel_timbre[channel] = 0.0
    n.channel_modulation[channel] = 0.0
    n.channel_loudness_db[channel] = 0.0
    n.sustain[channel] = 0.0
    n.sostenuto[channel] = 0.0
    n.soft[channel] = 0.0
    _sostenuto(h, channel, False)


@kernel
def end_all_notes(h: Any) -> None:
    """[audio] Everything that sounds fades, every key and every pedal is up."""
    for channel in range(N_CHANNELS):
        end_channel(h, channel)
        h.notes.sustain[channel] = 0.0
        h.notes.sostenuto[channel] = 0.0


@kernel
def _express(h: Any, kind: int, channel: int, key: int, value: float) -> None:
    """Bend, pressure or timbre of one note, or of a channel's."""
    n = h.notes
    if key == WHOLE_CHANNEL:
        if kind == EVENT_BEND:
            n.channel_bend_st[channel] = value
        elif kind == EVENT_PRESSURE:
            n.channel_pressure[channel] = value
        else:
            n.channel_timbre[channel] = value
        return
    for row in range(1, N_ROWS):
        if n.state[row] != HELD or n.channel[row] != channel or n.key[row] != key:
            continue
        if kind == EVENT_BEND:
            n.bend_st[row] = value
        elif kind == EVENT_PRESSURE:
            n.pressure[row] = value
        else:
            n.timbre[row] = value


@kernel
def apply_note_event(h: Any, kind: int, index: int, value: float) -> None:
    """[audio] One event of a note, now. What is no place and no number is passed over."""
    n = h.notes
    channel, key = index // PLACES, index % PLACES
    if channel < 0 or channel >= N_CHANNELS or key > WHOLE_CHANNEL or not abs(value) < 1e6:
        return
    if kind in (EVENT_NOTE_ON, EVENT_NOTE_OFF):
        place = NOWHERE
        if key != WHOLE_CHANNEL and kind == EVENT_NOTE_ON:
            place = _note_on(h, channel, key, min(max(value, 0.0), 1.0))
        elif key != WHOLE_CHANNEL:
            place = _note_off(h, channel, key)
        if place != NOWHERE:
            _begin_note(h, place)
    elif kind in (EVENT_BEND, EVENT_PRESSURE, EVENT_TIMBRE):
        _express(h, kind, channel, key, value)
    elif kind == EVENT_MODULATION:
        n.channel_modulation[channel] = min(max(value, 0.0), 1.0)
    elif kind == EVENT_LOUDNESS:
        n.channel_loudness_db[channel] = value
    elif kind == EVENT_VOLUME:
        n.channel_volume_db[channel] = value
    elif kind == EVENT_SUSTAIN:
        n.sustain[channel] = value
        _release_channel(h, channel)
    elif kind == EVENT_SOSTENUTO:
        if (value >= DOWN) != (n.sostenuto[channel] >= DOWN):
            _sostenuto(h, channel, value >= DOWN)
        n.sostenuto[channel] = value
    elif kind == EVENT_SOFT:
        n.soft[channel] = value
    elif kind == EVENT_ALL_NOTES_OFF:
        _lift_keys(h, channel)
        _release_channel(h, channel)
    elif kind == EVENT_ALL_SOUND_OFF:
        end_channel(h, channel)
    elif kind == EVENT_RESET_CONTROLLERS:
        _reset_controllers(h, channel)
