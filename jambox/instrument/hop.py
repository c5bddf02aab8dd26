"""What happens at a hop boundary, before any of its samples: events, parameters, what was heard, and where to go next.

Pitch, voicing and gains get the values that the coming hop ramps to; every third time the control network is stepped and
timbre gets its values too. `h` is the header, `f32` the arena (see layout). Read it from the bottom up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import analyse_hop
from jambox.analysis.state import HIGHEST_F0_HZ
from jambox.control.compiled import step_network
from jambox.control.scaling import HIGHEST_LOUDNESS_DB, LOWEST_LOUDNESS_DB, scale_f0, scale_loudness
from jambox.frames import ANALYSIS_HOPS_PER_CONTROL_HOP
from jambox.instrument.events import EVENT_PANIC, EVENT_SET, next_due_event, pop_event, push_event
from jambox.kernels import kernel
from jambox.params import INDEX as P
from jambox.params import N_PARAMS

# The harmonics close once confidence falls below this share of the threshold, and fade within so many hops (10.7 ms).
VOICING_HYSTERESIS = 0.7
CLOSING_HOPS = 8.0
# Below the gate the level falls by this many dB for each dB of input.
GATE_SLOPE = 2.0
OFF_DB = -60.0
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
def gain(level_db: float) -> float:
    """[audio] Amplitude factor of a level in dB."""
    return float(10.0 ** (level_db / 20.0))


@kernel
def gain_or_off(level_db: float) -> float:
    """[audio] The same, but nothing at all at OFF_DB and below: the bottom of a level parameter is off."""
    return 0.0 if level_db <= OFF_DB else float(10.0 ** (level_db / 20.0))


@kernel
def _loudness_gain(loudness_db: float) -> float:
    """[audio] Gain of a loudness; silence is none at all, so that it costs nothing."""
    return 0.0 if loudness_db <= LOWEST_LOUDNESS_DB else gain(loudness_db)


@kernel
def _apply_events(h: Any) -> None:
    while True:
        slot = next_due_event(h.events, h.position)
        if slot < 0:
            return
        kind, index, value = h.events.kind[slot], h.events.index[slot], h.events.value[slot]
        if kind == EVENT_SET and 0 <= index < N_PARAMS:
            h.param_target[index] = value
        elif kind == EVENT_PANIC:
            h.panic = 1
        push_event(h.applied, h.position, kind, index, value)
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
    level = expander * _loudness_gain(h.loudness_db)
    voice.harmonics_gain_from = voice.harmonics_gain_to
    voice.harmonics_gain_to = voice.gate * level * gain_or_off(value[P.harmonics_level_db])
    voice.noise_gain_from = voice.noise_gain_to
    voice.noise_gain_to = breath_gain * level * gain_or_off(value[P.noise_level_db])


@kernel
def _step_network(h: Any, f32: NDArray[np.float32]) -> None:
    """The compiled control network: pitch and loudness in, harmonic amplitudes and noise magnitudes out."""
    step_network(
        h.network,
        f32[h.weights_at : h.weights_at + h.weights_size],
        f32[h.network_state_at : h.network_state_at + h.network_state_size],
        f32[h.network_scratch_at : h.network_scratch_at + h.network_scratch_size],
        h.f0_scaled,
        h.loudness_scaled,
        f32[h.amplitudes_to_at : h.amplitudes_to_at + h.amplitudes_to_size],
        f32[h.noise_to_at : h.noise_to_at + h.noise_to_size],
    )


@kernel
def _take_frame(h: Any, f32: NDArray[np.float32]) -> None:
    """A frame of the network, made relative to the loudness it was told.

    Timbre moves once a control hop; loudness need not wait for it: the gains of the voice carry it every analysis hop.
    A NaN or an infinity becomes silence and is counted; it must never reach a state or an ear.
    """
    healthy = True
    for i in range(h.amplitudes_to_at, h.amplitudes_to_at + h.amplitudes_to_size):
        healthy = healthy and np.isfinite(f32[i])
    for i in range(h.noise_to_at, h.noise_to_at + h.noise_to_size):
        healthy = healthy and np.isfinite(f32[i])
    if not healthy:
        h.network_faults += 1
        for i in range(h.amplitudes_to_at, h.amplitudes_to_at + h.amplitudes_to_size):
            f32[i] = 0.0
        for i in range(h.noise_to_at, h.noise_to_at + h.noise_to_size):
            f32[i] = 0.0
        for i in range(h.network_state_at, h.network_state_at + h.network_state_size):
            f32[i] = 0.0
        return
    per_gain = np.float32(1.0 / gain(h.loudness_db))
    for i in range(h.amplitudes_to_at, h.amplitudes_to_at + h.amplitudes_to_size):
        f32[i] *= per_gain
    for i in range(h.noise_to_at, h.noise_to_at + h.noise_to_size):
        f32[i] *= per_gain


@kernel
def _clear(f32: NDArray[np.float32], at: int, size: int) -> None:
    for i in range(at, at + size):
        f32[i] = 0.0


@kernel
def _forget_sound(h: Any, f32: NDArray[np.float32]) -> None:
    """Nothing rings and nothing is held any more; what is being heard and every parameter stay."""
    _clear(f32, h.network_state_at, h.network_state_size)
    _clear(f32, h.amplitudes_from_at, h.amplitudes_from_size)
    _clear(f32, h.amplitudes_to_at, h.amplitudes_to_size)
    _clear(f32, h.noise_from_at, h.noise_from_size)
    _clear(f32, h.noise_to_at, h.noise_to_size)
    _clear(f32, h.reverb_recent_at, h.reverb_recent_size)
    _clear(f32, h.reverb_tail_at, h.reverb_tail_size)
    _clear(f32, h.reverb_overlap_at, h.reverb_overlap_size)
    _clear(f32, h.reverb_line_at, h.reverb_line_size)
    h.voice.voiced = 0
    h.voice.gate = 0.0
    h.voice.harmonics_gain_to = 0.0
    h.voice.noise_gain_to = 0.0
    h.limiter.peak = 0.0
    h.panic = 0


@kernel
def begin_hop(h: Any, f32: NDArray[np.float32]) -> bool:
    """[audio] At a hop boundary: events, parameters, analysis, network. False if the driver must step the network first."""
    if h.network_awaited == 0:
        if h.panic == PANIC_HOPS:
            _forget_sound(h, f32)
        _apply_events(h)
        _step_params(h)
        if h.position > 0:
            analyse_hop(h.analysis)
        _update_voice(h)
        fade = h.position / h.fade_samples if h.fade_samples > 0 else 1.0
        h.fade_from = h.fade_to if h.position > 0 else gain(h.fade_db)
        h.fade_to = gain(h.fade_db * max(0.0, 1.0 - fade))
        if h.panic > 0:
            h.fade_to = 0.0
            h.panic += 1
        if h.hop_index % ANALYSIS_HOPS_PER_CONTROL_HOP == 0:
            h.f0_scaled = scale_f0(h.voice.f0_to_hz)
            h.loudness_scaled = scale_loudness(h.loudness_db)
            for i in range(h.amplitudes_to_size):
                f32[h.amplitudes_from_at + i] = f32[h.amplitudes_to_at + i]
            for i in range(h.noise_to_size):
                f32[h.noise_from_at + i] = f32[h.noise_to_at + i]
            if h.external_network:
                h.network_awaited = 1
                return False
            _step_network(h, f32)
            _take_frame(h, f32)
    else:
        h.network_awaited = 0
        _take_frame(h, f32)
    h.hop_begun = 1
    return True
