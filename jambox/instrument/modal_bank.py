"""Where a modal instrument sounds: every row strikes one sound from its beginning, at its own pitch and level.

A trained instrument steps its network and renders a harmonic bank for each row; this one lets the row's time go on, renders
the row's partials and reads its noise from a table. Rows are voices as in notes.py; row N_ROWS is what the microphone's
voice struck before, while it fades. `h` is the header, `f64` and `f32` the arenas (see layout).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.control.scaling import f0_in_st
from jambox.dsp.modal import (
    N_ROTORS,
    N_STARTS,
    OCTAVES,
    TILE,
    advance_modal,
    begin_partials,
    render_modal,
    tilt_power,
    track_at,
)
from jambox.instrument.notes import along, timbre
from jambox.instrument.pool import OFF
from jambox.instrument.rows import N_ROWS
from jambox.kernels import kernel
from jambox.params import INDEX as P

# What was struck before fades within so many hops (5 ms) when the voice strikes anew.
FADING_HOPS = 4.0
# A voice strikes anew where it begins, where its pitch has settled so far (semitones) from what it struck, or where it is
# so much louder than it had become since. For so many hops after a strike (80 ms) it is still the same.
_NEW_NOTE_ST = 0.7
_SETTLED_HOPS = 8
_LOUDER_DB = 10.0
_SAME_HOPS = 60


@kernel
def follow_strike(h: Any, began: bool) -> None:
    """[audio] Whether the microphone's voice strikes the sound anew in the hop that begins."""
    m, voice = h.modal, h.voice
    m.strike = 0
    if voice.voiced == 0:
        return
    m.since += 1
    now_st = f0_in_st(voice.steady_hz)
    if m.since < _SAME_HOPS:
        m.struck_st, m.lowest_db = now_st, voice.steady_db
    m.lowest_db = min(m.lowest_db, voice.steady_db)
    other_note = abs(now_st - m.struck_st) > _NEW_NOTE_ST and voice.still_pitch_hops >= _SETTLED_HOPS
    if began or other_note or voice.steady_db > m.lowest_db + _LOUDER_DB:
        m.strike, m.since = 1, 0
        m.struck_st, m.lowest_db = now_st, voice.steady_db


@kernel
def forget_strikes(h: Any) -> None:
    """[audio] Nothing rings any more."""
    for row in range(N_ROWS + 1):
        h.modal.playing[row] = 0


@kernel
def _advance(h: Any, f64: NDArray[np.float64], row: int, now: int) -> None:
    """The row's partials and its time, from the start of its last piece to sample `now` of the run."""
    m = h.modal
    played = now - m.clock[row]
    if played > 0:
        first, last = row * m.n_partials, (row + 1) * m.n_partials
        advance_modal(
            f64[h.modal_table_at : h.modal_table_at + h.modal_table_size],
            m.n_partials,
            f64[h.modal_stretch_at : h.modal_stretch_at + h.modal_stretch_size],
            f64[h.modal_phases_at + first : h.modal_phases_at + last],
            f64[h.modal_levels_at + first : h.modal_levels_at + last],
            m.started[row],
            float(m.age[row]),
            float(played),
            float(m.length[row]),
            float(h.hop),
            m.ratio_from[row],
            m.ratio_to[row],
            m.more_from[row],
            m.more_to[row],
        )
        m.age[row] += played
        m.more_cycles[row] += played * along(m.more_from[row], m.more_to[row], 0.5 * played, m.length[row])
    m.clock[row] = now
    if m.age[row] >= m.duration:
        m.playing[row] = 0


@kernel
def _strike(h: Any, row: int, now: int) -> None:
    """The row's sound begins at sample `now` of the run."""
    m = h.modal
    m.playing[row], m.fresh[row] = 1, 1
    m.age[row], m.started[row], m.clock[row] = 0, 0, now
    m.more_cycles[row] = 0.0


@kernel
def _keep_fading(h: Any, f64: NDArray[np.float64], now: int) -> None:
    """What the voice struck before goes on in the last row, and fades."""
    m = h.modal
    m.playing[N_ROWS] = m.playing[0]
    m.age[N_ROWS], m.started[N_ROWS], m.clock[N_ROWS] = m.age[0], m.started[0], m.clock[0]
    m.ratio_from[N_ROWS], m.ratio_to[N_ROWS] = m.ratio_from[0], m.ratio_to[0]
    m.more_from[N_ROWS], m.more_to[N_ROWS] = m.more_from[0], m.more_to[0]
    m.more_cycles[N_ROWS] = m.more_cycles[0]
    m.tilt_db[N_ROWS], m.tilt_gain[N_ROWS] = m.tilt_db[0], m.tilt_gain[0]
    m.fading_since = now
    for p in range(m.started[0]):
        f64[h.modal_phases_at + N_ROWS * m.n_partials + p] = f64[h.modal_phases_at + p]
        f64[h.modal_levels_at + N_ROWS * m.n_partials + p] = f64[h.modal_levels_at + p]


@kernel
def _aim_stretch(h: Any, f64: NDArray[np.float64], at: int) -> None:
    """What the stretch does to every partial, at the start of this piece and at its end."""
    m = h.modal
    start, end = h.param_previous[P.stretch_cents] / 1200.0, h.param_value[P.stretch_cents] / 1200.0
    start = along(start, end, at, h.hop)
    if start == m.stretch_from and end == m.stretch_to:
        return
    m.stretch_from, m.stretch_to = start, end
    octaves_at = h.modal_table_at + OCTAVES * m.n_partials
    for p in range(m.n_partials):
        f64[h.modal_stretch_at + p] = 2.0 ** (start * f64[octaves_at + p])
        f64[h.modal_stretch_at + m.n_partials + p] = 2.0 ** (end * f64[octaves_at + p])


@kernel
def _more(
    h: Any, f64: NDArray[np.float64], age: float, count: int, ratio_from: float, ratio_to: float
) -> tuple[float, float]:
    """What the pitch played is above the sound's own (cycles per sample) at both ends of a piece: a straight line,
    under which there are just as many cycles as the track has."""
    m = h.modal
    track = f64[h.modal_track_at : h.modal_track_at + h.modal_track_size]
    start, start_cycles = track_at(track, m.track_step, age)
    end, end_cycles = track_at(track, m.track_step, age + count)
    more_from, more_to = (ratio_from - 1.0) * start, (ratio_to - 1.0) * end
    missing = (0.5 * (ratio_from + ratio_to) - 1.0) * (end_cycles - start_cycles) / count - 0.5 * (more_from + more_to)
    return more_from + missing, more_to + missing


@kernel
def sound_modal(h: Any, f64: NDArray[np.float64], f32: NDArray[np.float32]) -> None:
    """[audio] All that sounds, from this sample of the hop to its end, where a piece begins; nothing to do inside of one."""
    m, n, voice = h.modal, h.notes, h.voice
    if m.due == 0:
        return
    m.due = 0
    at = h.hop_position
    now = h.position + at
    count = h.hop - at
    for i in range(at, h.hop):
        f32[h.hop_harmonics_at + i] = 0.0
    for row in range(N_ROWS + 1):
        if m.playing[row] == 1:
            _advance(h, f64, row, now)
    _aim_stretch(h, f64, at)
    if m.strike == 1 and at == 0:
        _keep_fading(h, f64, now)
        _strike(h, 0, now)
    for row in range(1, N_ROWS):
        if n.state[row] == OFF:
            m.playing[row] = 0
        elif n.age[row] == 0:
            _strike(h, row, now)
    table = f64[h.modal_table_at : h.modal_table_at + h.modal_table_size]
    stretch = f64[h.modal_stretch_at : h.modal_stretch_at + h.modal_stretch_size]
    out = f64[h.harmonic_scratch_at : h.harmonic_scratch_at + h.harmonic_scratch_size]
    for row in range(N_ROWS + 1):
        if m.playing[row] == 0:
            continue
        if 0 < row < N_ROWS:
            f0_from, f0_to = n.f0_from_hz[row], n.f0_to_hz[row]
            gain_from, gain_to = n.harmonics_from[row], n.harmonics_to[row]
            tilt_db = h.param_value[P.tilt_db] + timbre(h, row)
        else:
            f0_from, f0_to = along(voice.f0_from_hz, voice.f0_to_hz, at, h.hop), voice.f0_to_hz
            gain_from, gain_to = (
                along(voice.harmonics_gain_from, voice.harmonics_gain_to, at, h.hop),
                voice.harmonics_gain_to,
            )
            tilt_db = h.param_value[P.tilt_db]
        if row == N_ROWS:
            faded, will_be = now - m.fading_since, now - m.fading_since + count
            gain_from *= max(1.0 - faded / (FADING_HOPS * h.hop), 0.0)
            gain_to *= max(1.0 - will_be / (FADING_HOPS * h.hop), 0.0)
            if gain_from == 0.0 and gain_to == 0.0:
                m.playing[row] = 0
                continue
        ratio_from, ratio_to = f0_from / m.reference_hz, f0_to / m.reference_hz
        first, last = row * m.n_partials, (row + 1) * m.n_partials
        phases = f64[h.modal_phases_at + first : h.modal_phases_at + last]
        levels = f64[h.modal_levels_at + first : h.modal_levels_at + last]
        age = float(m.age[row])
        more_from, more_to = _more(h, f64, age, count, ratio_from, ratio_to)
        m.started[row] = begin_partials(
            table,
            m.n_partials,
            stretch,
            phases,
            levels,
            m.started[row],
            age,
            float(count),
            ratio_from,
            ratio_to,
            more_from,
            more_to,
            m.more_cycles[row],
        )
        m.ratio_from[row], m.ratio_to[row], m.length[row] = ratio_from, ratio_to, count
        m.more_from[row], m.more_to[row] = more_from, more_to
        tilt_gain = tilt_power(table, m.n_partials, levels, m.started[row], tilt_db)
        if m.fresh[row] == 1:
            m.fresh[row], m.tilt_db[row], m.tilt_gain[row] = 0, tilt_db, tilt_gain
        gain_from, gain_to = gain_from * m.tilt_gain[row], gain_to * tilt_gain
        tilt_from_db = m.tilt_db[row]
        m.tilt_db[row], m.tilt_gain[row] = tilt_db, tilt_gain
        if gain_from == 0.0 and gain_to == 0.0:
            continue
        render_modal(
            out,
            count,
            f64[h.modal_starts_at : h.modal_starts_at + N_STARTS * TILE],
            f32[h.modal_rotors_at : h.modal_rotors_at + N_ROTORS * TILE],
            f32[h.modal_lanes_at : h.modal_lanes_at + h.modal_lanes_size],
            table,
            m.n_partials,
            stretch,
            phases,
            levels,
            m.started[row],
            age,
            ratio_from,
            ratio_to,
            more_from,
            more_to,
            tilt_from_db,
            tilt_db,
        )
        for i in range(count):
            level = along(gain_from, gain_to, i + 1, count)
            left = m.duration - age - i
            if left < m.end_fade:
                level *= 0.5 - 0.5 * np.cos(np.pi * max(left, 0.0) / m.end_fade)
            f32[h.hop_harmonics_at + at + i] += np.float32(out[i] * level)


@kernel
def _read_noise(h: Any, f32: NDArray[np.float32], to_at: int, age: float) -> None:
    """The noise bands of the sound `age` samples after its strike, to f32[to_at:]; none beyond its end."""
    m = h.modal
    place = max(age, 0.0) / m.noise_step
    low = int(place)
    share = place - low
    for band in range(h.n_bands):
        value = 0.0
        if low + 1 < m.n_noise:
            here = f32[h.modal_noise_at + low * h.n_bands + band]
            value = here + share * (f32[h.modal_noise_at + (low + 1) * h.n_bands + band] - here)
        f32[to_at + band] = np.float32(value)


@kernel
def take_noise(h: Any, f32: NDArray[np.float32]) -> None:
    """[audio] The noise of all rows that ask for a frame: what it will be when the coming control hop is over."""
    m, n = h.modal, h.notes
    now = h.position + h.hop_position
    for i in range(n.n_wanted):
        row = n.wanted[i]
        to_at, from_at = h.noise_to_at + row * h.n_bands, h.noise_from_at + row * h.n_bands
        if n.wanted_fresh[i] == 1:
            _read_noise(h, f32, from_at, 0.0)
            _read_noise(h, f32, to_at, float(h.ramp))
        elif row == 0 and m.strike == 1:
            _read_noise(h, f32, to_at, float(h.ramp))
        elif m.playing[row] == 1:
            _read_noise(h, f32, to_at, float(m.age[row] + now - m.clock[row] + h.ramp))
        else:
            for band in range(h.n_bands):
                f32[to_at + band] = 0.0
    n.n_wanted = 0
