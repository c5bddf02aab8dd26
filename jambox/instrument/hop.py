"""What happens at a hop boundary, or where a note begins or changes inside a hop: events, parameters, what was heard.

Pitch, voicing and gains get the values that the coming hop ramps to; every third time the control network is stepped and
timbre gets its values too. Notes count at their very sample: there the ramps of all notes are taken up anew. `h` is the
header, `f32` the arena (see layout). Read it from the bottom up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import analyse_hop
from jambox.analysis.state import HIGHEST_F0_HZ
from jambox.control.compiled import step_networks
from jambox.control.scaling import HIGHEST_LOUDNESS_DB, LOWEST_LOUDNESS_DB
from jambox.frames import ANALYSIS_HOPS_PER_CONTROL_HOP
from jambox.instrument.events import (
    EVENT_PANIC,
    EVENT_SET,
    FIRST_NOTE_EVENT,
    LAST_NOTE_EVENT,
    next_due_event,
    pop_event,
    push_event,
)
from jambox.instrument.layout import N_ROWS
from jambox.instrument.levels import gain, gain_or_off, loudness_gain
from jambox.instrument.mixing import aim_noise
from jambox.instrument.morph import morph_frame, morph_share
from jambox.instrument.notes import VIBRATO_GROWS_S, aim_notes, begin_piece, timbre, want_step
from jambox.instrument.pool import BOTH, OFF, VOICE, apply_note_event, choice, end_all_notes
from jambox.instrument.scale import snapped_hz, with_vibrato
from jambox.instrument.tone import advance_stretch, aim_tone, begin_stretch, shape_timbre
from jambox.kernels import kernel
from jambox.params import INDEX as P
from jambox.params import N_PARAMS

# The harmonics close once confidence falls below this share of the threshold, and fade within so many hops (10.7 ms).
VOICING_HYSTERESIS = 0.7
CLOSING_HOPS = 8.0
# Below the gate the level falls by this many dB for each dB of input.
GATE_SLOPE = 2.0
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
def _apply_events(h: Any, hop_start: int) -> None:
    """Everything that is due now. A parameter counts from the hop that begins at `hop_start` on, a note at this sample."""
    now = h.position + h.hop_position
    while True:
        slot = next_due_event(h.events, now)
        if slot < 0:
            return
        kind, index, value = h.events.kind[slot], h.events.index[slot], h.events.value[slot]
        counts = hop_start
        if kind == EVENT_SET and 0 <= index < N_PARAMS:
            h.param_target[index] = value
        elif kind == EVENT_PANIC:
            h.panic = 1
            end_all_notes(h)
        elif FIRST_NOTE_EVENT <= kind <= LAST_NOTE_EVENT:
            counts = now
            if 0 <= h.events.time[slot] < now:
                h.notes.late += 1
            apply_note_event(h, kind, index, value)
        push_event(h.applied, counts, kind, index, value)
        pop_event(h.events)


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
def _update_voice(h: Any) -> None:
    """Pitch, voicing and gains that the coming hop ramps to."""
    voice = h.voice
    value = h.param_value
    confidence = h.analysis.f0_confidence
    threshold = value[P.voicing_threshold]
    _steady(h)
    f0_hz = voice.steady_hz * 2.0 ** (value[P.pitch_shift_st] / 12.0)
    began = voice.voiced == 0 and confidence >= threshold and voice.agreeing_hops >= ONSET_HOPS
    if began:
        voice.voiced = 1
    elif confidence < VOICING_HYSTERESIS * threshold:
        voice.voiced = 0
    voice.f0_from_hz = voice.f0_to_hz
    if f0_hz > 0.0 and (voice.voiced == 1 or voice.f0_to_hz == 0.0):
        f0_hz = with_vibrato(h, snapped_hz(h, f0_hz, began), began, VIBRATO_GROWS_S)
        voice.f0_to_hz = f0_hz
        if began and voice.gate == 0.0:
            # A new note begins at its own pitch, not with a glide from the last one. Its first pulse falls where its gate
            # has just opened: every attack is the same, and none waits for the better part of a period.
            voice.f0_from_hz = f0_hz
            cycles = f0_hz * h.hop / h.sample_rate
            voice.phase = np.ceil(cycles) - cycles
    if voice.voiced == 1:
        voice.gate = 1.0
        voice.breath = max(0.0, voice.breath - 1.0 / CLOSING_HOPS)
    else:
        voice.gate = max(0.0, voice.gate - 1.0 / CLOSING_HOPS)
        voice.breath = min(1.0, voice.breath + 1.0 / CLOSING_HOPS)
    shifted_db = voice.steady_db + value[P.loudness_shift_db]
    h.loudness_db = min(max(shifted_db, LOWEST_LOUDNESS_DB), HIGHEST_LOUDNESS_DB)
    below_db = max(0.0, value[P.gate_db] - voice.steady_db)
    expander = gain(-GATE_SLOPE * below_db)
    breath_gain = 1.0 + voice.breath * (gain_or_off(value[P.unvoiced_level_db]) - 1.0)
    level = expander * loudness_gain(h.loudness_db)
    h.level, h.breath_gain = level, breath_gain
    source = choice(value[P.source])
    if source != BOTH and source != VOICE:
        level = 0.0  # it is heard through the keys, or not at all
    voice.harmonics_gain_from = voice.harmonics_gain_to
    voice.harmonics_gain_to = voice.gate * level * gain_or_off(value[P.harmonics_level_db])
    voice.noise_gain_from = voice.noise_gain_to
    voice.noise_gain_to = breath_gain * level * gain_or_off(value[P.noise_level_db])


@kernel
def _clear(f32: NDArray[np.float32], at: int, size: int) -> None:
    for i in range(at, at + size):
        f32[i] = 0.0


@kernel
def _forget_network(h: Any, f32: NDArray[np.float32], row: int) -> None:
    """The row's network, or both of its networks, know no past."""
    _clear(f32, h.network_state_at + row * h.state_stride, h.state_stride)
    if h.morphing == 1:
        _clear(f32, h.network_state_b_at + row * h.state_stride_b, h.state_stride_b)


@kernel
def _step_networks(h: Any, f32: NDArray[np.float32]) -> None:
    """The compiled control network: pitch and loudness in, harmonic amplitudes and noise magnitudes out, of all rows that
    ask for it at once."""
    n = h.notes
    for i in range(n.n_wanted):
        if n.wanted_fresh[i] == 1:
            _forget_network(h, f32, n.wanted[i])
    # One call for both instruments, where two play as one: the machine code of the network is there once.
    for instrument in range(1 + h.morphing):
        net, stride = h.network, h.state_stride
        weights = f32[h.weights_at : h.weights_at + h.weights_size]
        states = f32[h.network_state_at : h.network_state_at + h.network_state_size]
        amplitudes = f32[h.amplitudes_to_at : h.amplitudes_to_at + h.amplitudes_to_size]
        noise = f32[h.noise_to_at : h.noise_to_at + h.noise_to_size]
        if instrument == 1:
            net, stride = h.network_b, h.state_stride_b
            weights = f32[h.weights_b_at : h.weights_b_at + h.weights_b_size]
            states = f32[h.network_state_b_at : h.network_state_b_at + h.network_state_b_size]
            amplitudes = f32[h.amplitudes_b_at : h.amplitudes_b_at + h.amplitudes_b_size]
            noise = f32[h.noise_b_at : h.noise_b_at + h.noise_b_size]
        step_networks(
            net,
            weights,
            states,
            stride,
            f32[h.network_scratch_at : h.network_scratch_at + h.network_scratch_size],
            h.scratch_stride,
            n.wanted,
            n.n_wanted,
            n.wanted_f0,
            n.wanted_loudness,
            amplitudes,
            noise,
        )


@kernel
def _take_frame(h: Any, f32: NDArray[np.float32], row: int) -> None:
    """A frame of the network, made relative to the loudness it was told.

    Timbre moves once a control hop; loudness need not wait for it: the gains of the voice carry it every analysis hop.
    A NaN or an infinity becomes silence and is counted; it must never reach a state or an ear.
    """
    amplitudes_at = h.amplitudes_to_at + row * h.n_harmonics
    noise_at = h.noise_to_at + row * h.n_bands
    amplitudes = f32[amplitudes_at : amplitudes_at + h.n_harmonics]
    noise = f32[noise_at : noise_at + h.n_bands]
    healthy = True
    for i in range(h.n_harmonics):
        healthy = healthy and np.isfinite(amplitudes[i])
    for i in range(h.n_bands):
        healthy = healthy and np.isfinite(noise[i])
    if not healthy:
        h.network_faults += 1
        _clear(f32, amplitudes_at, h.n_harmonics)
        _clear(f32, noise_at, h.n_bands)
        _forget_network(h, f32, row)
        return
    per_gain = np.float32(1.0 / gain(h.notes.told_db[row]))
    for i in range(h.n_harmonics):
        amplitudes[i] *= per_gain
    for i in range(h.n_bands):
        noise[i] *= per_gain


@kernel
def _keep_frame(h: Any, f32: NDArray[np.float32], row: int) -> None:
    """The newest frame of the row is the one from which its timbre ramps."""
    for i in range(row * h.n_harmonics, (row + 1) * h.n_harmonics):
        f32[h.amplitudes_from_at + i] = f32[h.amplitudes_to_at + i]
    for i in range(row * h.n_bands, (row + 1) * h.n_bands):
        f32[h.noise_from_at + i] = f32[h.noise_to_at + i]


@kernel
def _take_frames(h: Any, f32: NDArray[np.float32]) -> None:
    """The frames of all rows that asked for one; those that begin start with it."""
    n = h.notes
    if n.n_wanted > 0:
        aim_tone(h, f32)
    for i in range(n.n_wanted):
        row = n.wanted[i]
        midi = 127.0 * n.wanted_f0[i]
        share = morph_share(h, midi, n.told_db[row])
        morph_frame(h, f32, row, midi, share)
        _take_frame(h, f32, row)
        tilt_db = h.param_value[P.tilt_db] + (timbre(h, row) if row > 0 else 0.0)
        shape_timbre(h, f32, row, midi, tilt_db, share)
        if n.wanted_fresh[i] == 1:
            _keep_frame(h, f32, row)
            _clear(f32, h.stretch_offsets_at + row * h.n_harmonics, h.n_harmonics)
    n.n_wanted = 0


@kernel
def _forget_sound(h: Any, f32: NDArray[np.float32]) -> None:
    """Nothing rings and nothing is held any more; what is being heard and every parameter stay."""
    _clear(f32, h.network_state_at, h.network_state_size)
    _clear(f32, h.network_state_b_at, h.network_state_b_size)
    _clear(f32, h.predelay_at, h.predelay_size)
    _clear(f32, h.amplitudes_from_at, h.amplitudes_from_size)
    _clear(f32, h.amplitudes_to_at, h.amplitudes_to_size)
    _clear(f32, h.noise_from_at, h.noise_from_size)
    _clear(f32, h.noise_to_at, h.noise_to_size)
    _clear(f32, h.reverb_recent_at, h.reverb_recent_size)
    _clear(f32, h.reverb_tail_at, h.reverb_tail_size)
    _clear(f32, h.reverb_overlap_at, h.reverb_overlap_size)
    _clear(f32, h.reverb_line_at, h.reverb_line_size)
    _clear(f32, h.late_heard_at, h.late_heard_size)
    _clear(f32, h.late_line_at, h.late_line_size)
    _clear(f32, h.late_sums_at, h.late_sums_size)
    _clear(f32, h.late_coming_at, h.late_coming_size)
    _clear(f32, h.late_tail_at, h.late_tail_size)
    _clear(f32, h.late_overlap_at, h.late_overlap_size)
    h.voice.voiced = 0
    h.voice.gate = 0.0
    h.voice.harmonics_gain_to = 0.0
    h.voice.noise_gain_to = 0.0
    h.notes.mixing = 0
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
    h.fade_to = gain(h.fade_db * max(0.0, 1.0 - fade))
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
                _keep_frame(h, f32, row)
        want_step(h, 0, h.voice.f0_to_hz, h.loudness_db, 0)
    aim_notes(h, at, control_hop)


@kernel
def prepare(h: Any, f32: NDArray[np.float32]) -> bool:
    """[audio] Before the next sample: whatever is due. False if the driver must step networks first."""
    if h.network_awaited == 0:
        if h.hop_begun == 1 and next_due_event(h.events, h.position + h.hop_position) < 0:
            return True
        _begin_piece(h, f32)
        if h.notes.n_wanted > 0:
            if h.external_network:
                h.network_awaited = 1
                return False
            _step_networks(h, f32)
    h.network_awaited = 0
    _take_frames(h, f32)
    aim_noise(h, f32)
    return True
