"""What happens at a hop boundary, or where a note begins or changes inside a hop: events, parameters, what was heard.

Pitch, voicing and gains get the values that the coming hop ramps to; every third time the control network is stepped and
timbre gets its values too (control_frames). Notes count at their very sample: there all ramps are taken up anew. `h` is the
header, `f32` the arena (see layout). Read it from the bottom up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import analyse_hop
from jambox.analysis.state import HIGHEST_F0_HZ
from jambox.control.scaling import HIGHEST_LOUDNESS_DB, LOWEST_LOUDNESS_DB, f0_in_st, st_in_hz
from jambox.frames import ANALYSIS_HOPS_PER_CONTROL_HOP
from jambox.instrument.control_frames import clear, keep_frame, step_all_networks, take_frames
from jambox.instrument.doubt import is_hum, trusted_level_db
from jambox.instrument.duck import follow_duck
from jambox.instrument.events import (
    EVENT_DUCK,
    EVENT_PANIC,
    EVENT_SET,
    FIRST_NOTE_EVENT,
    LAST_NOTE_EVENT,
    drop_events,
    next_due_event,
    pop_event,
    push_event,
)
from jambox.instrument.layout import MODAL
from jambox.instrument.level import follow_level
from jambox.instrument.levels import gain, gain_or_off, loudness_gain
from jambox.instrument.mixing import aim_noise
from jambox.instrument.modal_bank import follow_strike, forget_strikes, take_noise
from jambox.instrument.morph import middle_st
from jambox.instrument.notes import VIBRATO_GROWS_S, aim_notes, begin_piece, want_step
from jambox.instrument.octave import follow_octave, is_stray
from jambox.instrument.pool import BOTH, OFF, VOICE, apply_note_event, choice, end_all_notes
from jambox.instrument.rows import N_ROWS
from jambox.instrument.scale import snapped_hz, with_vibrato
from jambox.instrument.tone import advance_stretch, begin_stretch
from jambox.kernels import kernel
from jambox.params import INDEX as P
from jambox.params import N_PARAMS

# The harmonics close once confidence falls below this share of the threshold, and fade within so many hops (10.7 ms).
VOICING_HYSTERESIS = 0.7
CLOSING_HOPS = 8.0
# The first note is coming, and the network gets ready for its pitch, from this share of the threshold on.
COMING = 0.5
# Below the gate the level falls by this many dB for each dB of input. Once open it closes so much lower.
GATE_SLOPE = 2.0
GATE_HYSTERESIS_DB = 6.0
# Pitch and loudness that stay within these are jitter around a steady note; beyond 0.75 of it they are moving.
JITTER_CENTS = 5.0
JITTER_DB = 0.15
MOVING = 0.75
# What the tracker hears while consonants pass is no melody: a leap beyond JUMP_CENTS is played only when so many hops in a
# row agree on it (fewer where the tracker is sure), a note begins once it is heard twice.
AGREEING_CENTS = 100.0
JUMP_CENTS = 250.0
JUMP_HOPS = 2
DOUBTED_JUMP_HOPS = 6
SURE = 0.9
ONSET_HOPS = 1
# After a panic nothing sounds for so many hops (85 ms): the tracker has forgotten by then what was sung before it.
PANIC_HOPS = 64
HIGHEST_NOTE_HZ = 0.99 * HIGHEST_F0_HZ
# A steady note settles on the mean of what is heard: first by this share of the way in a hop, at last by that.
SETTLING_FIRST = 0.1
SETTLING_LAST = 0.002


@kernel
def _apply_due(h: Any, queue: Any, hop_start: int) -> None:
    """What is due in a queue. A parameter counts from the hop that begins at `hop_start` on, a note at this sample."""
    now = h.position + h.hop_position
    while True:
        slot = next_due_event(queue, now)
        if slot < 0:
            return
        kind, index, value = queue.kind[slot], queue.index[slot], queue.value[slot]
        counts = hop_start
        if kind == EVENT_SET and 0 <= index < N_PARAMS:
            h.param_target[index] = value
        elif kind == EVENT_PANIC:
            h.panic = 1
            end_all_notes(h)
        elif kind == EVENT_DUCK:
            h.duck.goal_db = min(value, 0.0)
        elif FIRST_NOTE_EVENT <= kind <= LAST_NOTE_EVENT:
            counts = now
            if 0 <= queue.time[slot] < now:
                h.notes.late += 1
            apply_note_event(h, kind, index, value)
        push_event(h.applied, counts, kind, index, value)
        pop_event(queue)


@kernel
def _apply_events(h: Any, hop_start: int) -> None:
    """Everything that is due now."""
    _apply_due(h, h.events, hop_start)
    drop_events(h.scheduled)
    _apply_due(h, h.scheduled, hop_start)


@kernel
def _is_due(h: Any) -> bool:
    """Whether an event waits for this sample."""
    now = h.position + h.hop_position
    return next_due_event(h.events, now) >= 0 or next_due_event(h.scheduled, now) >= 0


@kernel
def _step_params(h: Any) -> None:
    for i in range(N_PARAMS):
        h.param_previous[i] = h.param_value[i]
        distance = h.param_target[i] - h.param_value[i]
        if abs(distance) < 1e-6:
            h.param_value[i] = h.param_target[i]
        else:
            h.param_value[i] += distance * h.param_step[i]


@kernel
def _share_followed(jitters: float, still_hops: float) -> float:
    """Share of its way that a control goes in this hop, when it is so many times its jitter away from where it should be.

    Jitter is averaged away, a move is followed at once: what stays behind is below JITTER_CENTS and JITTER_DB. Unsmoothed,
    jitter is sampled at the hop rate and puts a haze of side bands around every harmonic, k times as wide in the k-th
    (tests/instrument/test_sidebands.py).
    """
    power = min(jitters**2, 100.0) ** 8
    settling = max(1.0 / (still_hops + 1.0 / SETTLING_FIRST), SETTLING_LAST)
    return float(max(settling, power / (1.0 + power)))


@kernel
def _steady(h: Any) -> None:
    """Pitch and loudness as they are played: what is heard, without its jitter. A new note starts at its own pitch."""
    voice = h.voice
    heard_hz = h.analysis.f0_hz
    if heard_hz > 0.0:
        # The upper end of the tracker's range is where hiss ends up, not where anybody sings.
        agrees = 0.0 < voice.heard_hz < HIGHEST_NOTE_HZ and abs(1200.0 * np.log2(heard_hz / voice.heard_hz)) < AGREEING_CENTS
        voice.agreeing_hops = voice.agreeing_hops + 1 if agrees else 0
        voice.heard_hz = heard_hz
    cents = 1200.0 * np.log2(heard_hz / voice.steady_hz) if voice.steady_hz > 0.0 else 0.0
    needed = JUMP_HOPS if h.analysis.f0_confidence >= SURE else DOUBTED_JUMP_HOPS
    if voice.steady_hz == 0.0 or voice.voiced == 0:
        voice.steady_hz = heard_hz
        voice.still_pitch_hops = 0
    elif abs(cents) < JUMP_CENTS or voice.agreeing_hops >= needed:
        voice.still_pitch_hops = 0 if abs(cents) > MOVING * JITTER_CENTS else voice.still_pitch_hops + 1
        share = _share_followed(cents / JITTER_CENTS, voice.still_pitch_hops)
        voice.steady_hz *= 2.0 ** (share * cents / 1200.0)
    away_db = h.analysis.loudness_db - voice.steady_db
    voice.still_level_hops = 0 if abs(away_db) > MOVING * JITTER_DB else voice.still_level_hops + 1
    voice.steady_db += _share_followed(away_db / JITTER_DB, voice.still_level_hops) * away_db


@kernel
def _gate_gain(h: Any) -> float:
    """Of what is heard: 1 above the gate, less and less below it."""
    voice = h.voice
    gate_db = h.param_value[P.gate_db]
    step = 1.0 / CLOSING_HOPS
    if voice.steady_db >= gate_db:
        voice.heard = min(1.0, voice.heard + step)
    elif voice.steady_db < gate_db - GATE_HYSTERESIS_DB:
        voice.heard = max(0.0, voice.heard - step)
    below_db = max(0.0, gate_db - GATE_HYSTERESIS_DB * voice.heard - voice.steady_db)
    return gain(-GATE_SLOPE * below_db)


@kernel
def _update_voice(h: Any) -> None:
    """Pitch, voicing and gains that the coming hop ramps to."""
    voice = h.voice
    value = h.param_value
    confidence = h.analysis.f0_confidence
    threshold = value[P.voicing_threshold]
    _steady(h)
    gate_gain = _gate_gain(h)
    sung_st = f0_in_st(voice.steady_hz)
    silent = voice.heard == 0.0 or is_hum(h.doubt, voice.heard_hz, voice.steady_db, voice.voiced == 1)
    if value[P.auto_octave] >= 0.5:
        silent = silent or is_stray(h.octave, sung_st, confidence)
    trusted_db = trusted_level_db(h.doubt, voice.heard_hz, voice.steady_hz, voice.steady_db, confidence, voice.voiced == 1)
    agreed = confidence >= threshold and voice.agreeing_hops >= ONSET_HOPS
    began = voice.voiced == 0 and agreed and not silent and h.doubt.falls == 0
    if began:
        voice.voiced = 1
    elif confidence < VOICING_HYSTERESIS * threshold or silent:
        voice.voiced = 0
    octave_st = follow_octave(h.octave, sung_st, confidence, began and voice.gate == 0.0, voice.voiced == 1)
    level_db = follow_level(h.level_match, voice.steady_db, voice.voiced == 1)
    shift_st = value[P.pitch_shift_st] + (octave_st if value[P.auto_octave] >= 0.5 else 0.0)
    f0_hz = voice.steady_hz * 2.0 ** (shift_st / 12.0)
    voice.f0_from_hz = voice.f0_to_hz
    if voice.voiced == 1:
        voice.played = 1
        f0_hz = with_vibrato(h, snapped_hz(h, f0_hz, began), began, VIBRATO_GROWS_S)
        voice.f0_to_hz = f0_hz
        if began and voice.gate == 0.0:
            # A new note begins at its own pitch, not with a glide from the last one. Its first pulse falls where its gate
            # has just opened: every attack is the same, and none waits for the better part of a period.
            voice.f0_from_hz = f0_hz
            cycles = f0_hz * h.hop / h.sample_rate
            voice.phase = np.ceil(cycles) - cycles
    elif voice.played == 0:
        # Hiss has a pitch too, anywhere in the tracker's range, and asked there a network may answer with any noise.
        coming = f0_hz > 0.0 and confidence >= COMING * threshold
        voice.f0_to_hz = f0_hz if coming else st_in_hz(middle_st(h, h.notes.middle_st))
    if h.kind == MODAL:
        follow_strike(h, began)
    if voice.voiced == 1:
        voice.gate = 1.0
        voice.breath = max(0.0, voice.breath - 1.0 / CLOSING_HOPS)
    else:
        voice.gate = max(0.0, voice.gate - 1.0 / CLOSING_HOPS)
        voice.breath = min(1.0, voice.breath + 1.0 / CLOSING_HOPS)
    shifted_db = voice.steady_db + value[P.loudness_shift_db] + (level_db if value[P.auto_level] >= 0.5 else 0.0)
    h.loudness_db = min(max(shifted_db, LOWEST_LOUDNESS_DB), HIGHEST_LOUDNESS_DB)
    breath_gain = 1.0 + voice.breath * (gain_or_off(value[P.unvoiced_level_db]) - 1.0)
    level = gate_gain * loudness_gain(h.loudness_db)
    h.level, h.breath_gain = level, breath_gain
    source = choice(value[P.source])
    if source != BOTH and source != VOICE:
        level = 0.0  # it is heard through the keys, or not at all
    voice.harmonics_gain_from = voice.harmonics_gain_to
    trust = gain(min(0.0, trusted_db - voice.steady_db))
    voice.harmonics_gain_to = voice.gate * trust * level * gain_or_off(value[P.harmonics_level_db])
    voice.noise_gain_from = voice.noise_gain_to
    voice.noise_gain_to = breath_gain * level * gain_or_off(value[P.noise_level_db])


@kernel
def _forget_sound(h: Any, f32: NDArray[np.float32]) -> None:
    """Nothing rings and nothing is held any more; what is being heard and every parameter stay."""
    clear(f32, h.network_state_at, h.network_state_size)
    clear(f32, h.network_state_b_at, h.network_state_b_size)
    clear(f32, h.predelay_at, h.predelay_size)
    clear(f32, h.width_lines_at, h.width_lines_size)
    clear(f32, h.amplitudes_from_at, h.amplitudes_from_size)
    clear(f32, h.amplitudes_to_at, h.amplitudes_to_size)
    clear(f32, h.noise_from_at, h.noise_from_size)
    clear(f32, h.noise_to_at, h.noise_to_size)
    clear(f32, h.reverb_recent_at, h.reverb_recent_size)
    clear(f32, h.reverb_tail_at, h.reverb_tail_size)
    clear(f32, h.reverb_overlap_at, h.reverb_overlap_size)
    clear(f32, h.reverb_line_at, h.reverb_line_size)
    clear(f32, h.late_heard_at, h.late_heard_size)
    clear(f32, h.late_line_at, h.late_line_size)
    clear(f32, h.late_sums_at, h.late_sums_size)
    clear(f32, h.late_coming_at, h.late_coming_size)
    clear(f32, h.late_tail_at, h.late_tail_size)
    clear(f32, h.late_overlap_at, h.late_overlap_size)
    h.voice.voiced = 0
    h.voice.gate = 0.0
    h.voice.harmonics_gain_to = 0.0
    h.voice.noise_gain_to = 0.0
    h.notes.mixing = 0
    forget_strikes(h)
    for row in range(1, N_ROWS):
        h.notes.state[row] = OFF
    h.limiter.peak = 0.0
    h.panic = 0


@kernel
def _begin_hop(h: Any) -> None:
    """Parameters, what was heard, and the fade that the coming hop ramps along."""
    _step_params(h)
    if h.position > 0:
        analyse_hop(h.analysis)
    _update_voice(h)
    begin_stretch(h)
    fade = h.position / h.fade_samples if h.fade_samples > 0 else 1.0
    h.fade_from = h.fade_to if h.position > 0 else gain(h.fade_db)
    ducked_db = follow_duck(h.duck, h.param_value[P.howl_guard] >= 0.5)
    h.fade_to = gain(h.fade_db * max(0.0, 1.0 - fade) + ducked_db)
    if h.panic > 0:
        h.fade_to = 0.0
        h.panic += 1
    h.hop_begun = 1


@kernel
def _begin_piece(h: Any, f32: NDArray[np.float32]) -> None:
    """A hop begins, or events are due inside of one: from this sample on everything ramps anew.

    At a control hop all voices ask for a step of their network; a note that begins asks for its own at once.
    """
    begins = h.hop_begun == 0
    at = h.hop_position
    if begins and h.panic == PANIC_HOPS:
        _forget_sound(h, f32)
    for row in range(1, N_ROWS):
        if h.notes.state[row] != OFF:
            n = h.notes
            started = n.piece_start[row]
            played = (at if at > 0 else h.hop) - started
            advance_stretch(h, f32, row, n.f0_from_hz[row], n.f0_to_hz[row], played, h.hop - started)
            begin_piece(h, row, at)
    _apply_events(h, h.position if begins else h.position + h.hop)
    if begins:
        _begin_hop(h)
    control_hop = begins and h.hop_index % ANALYSIS_HOPS_PER_CONTROL_HOP == 0
    if control_hop:
        for row in range(N_ROWS):
            if row == 0 or h.notes.state[row] != OFF:
                keep_frame(h, f32, row)
        want_step(h, 0, h.voice.f0_to_hz, h.loudness_db, 0)
    aim_notes(h, at, control_hop)


@kernel
def prepare(h: Any, f32: NDArray[np.float32]) -> bool:
    """[audio] Before the next sample: whatever is due. False if the driver must step networks first."""
    if h.network_awaited == 0:
        if h.hop_begun == 1 and not _is_due(h):
            return True
        _begin_piece(h, f32)
        if h.kind == MODAL:
            take_noise(h, f32)
            h.modal.due = 1
        if h.notes.n_wanted > 0:
            if h.external_network:
                h.network_awaited = 1
                return False
            step_all_networks(h, f32)
    h.network_awaited = 0
    take_frames(h, f32)
    aim_noise(h, f32)
    return True
