"""The signal path, from microphone sample to output sample, as the audio thread runs it. Read it from the bottom up.

Both drivers, the live callback and the offline renderer, call `process_block` and nothing else. `h` is the header, `f64` and
`f32` the arenas (see layout).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import analyse_hop, push_samples
from jambox.control.compiled import step_network
from jambox.control.scaling import HIGHEST_LOUDNESS_DB, LOWEST_LOUDNESS_DB, scale_f0, scale_loudness
from jambox.dsp.harmonic import phase_in_cycles, render_harmonics
from jambox.dsp.limiter import process_limiter
from jambox.dsp.noise import render_noise
from jambox.dsp.reverb import render_reverb_head, render_reverb_tail
from jambox.frames import ANALYSIS_HOPS_PER_CONTROL_HOP
from jambox.instrument.events import EVENT_SET, next_due_event, pop_event, push_event
from jambox.kernels import kernel
from jambox.params import INDEX as P
from jambox.params import N_PARAMS

# What a device may hand us at most; beyond it a sample is broken, not loud.
LARGEST_INPUT = 8.0
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
# A steady note settles on the mean of what is heard: first by this share of the way in a hop, at last by that.
SETTLING_FIRST = 0.1
SETTLING_LAST = 0.002


@kernel
def _gain(level_db: float) -> float:
    return float(10.0 ** (level_db / 20.0))


@kernel
def _gain_or_off(level_db: float) -> float:
    return 0.0 if level_db <= OFF_DB else float(10.0 ** (level_db / 20.0))


@kernel
def _loudness_gain(loudness_db: float) -> float:
    """[audio] Gain of a loudness; silence is none at all, so that it costs nothing."""
    return 0.0 if loudness_db <= LOWEST_LOUDNESS_DB else _gain(loudness_db)


@kernel
def _apply_events(h: Any) -> None:
    while True:
        slot = next_due_event(h.events, h.position)
        if slot < 0:
            return
        kind, index, value = h.events.kind[slot], h.events.index[slot], h.events.value[slot]
        if kind == EVENT_SET and 0 <= index < N_PARAMS:
            h.param_target[index] = value
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
    if voice.steady_hz == 0.0 or voice.voiced == 0:
        voice.steady_hz = heard_hz
        voice.still_pitch_hops = 0
    else:
        cents = 1200.0 * np.log2(heard_hz / voice.steady_hz)
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
    began = voice.voiced == 0 and confidence >= threshold and f0_hz > 0.0
    if began:
        voice.voiced = 1
    elif confidence < VOICING_HYSTERESIS * threshold:
        voice.voiced = 0
    voice.f0_from_hz = voice.f0_to_hz
    if f0_hz > 0.0 and (voice.voiced == 1 or voice.f0_to_hz == 0.0):
        voice.f0_to_hz = f0_hz
        if began and voice.gate == 0.0:
            voice.f0_from_hz = f0_hz  # a new note begins at its own pitch, not with a glide from the last one
    if voice.voiced == 1:
        voice.gate = 1.0
        voice.breath = max(0.0, voice.breath - 1.0 / CLOSING_HOPS)
    else:
        voice.gate = max(0.0, voice.gate - 1.0 / CLOSING_HOPS)
        voice.breath = min(1.0, voice.breath + 1.0 / CLOSING_HOPS)
    shifted_db = voice.steady_db + value[P.loudness_shift_db]
    h.loudness_db = min(max(shifted_db, LOWEST_LOUDNESS_DB), HIGHEST_LOUDNESS_DB)
    below_db = max(0.0, value[P.gate_db] - voice.steady_db)
    expander = _gain(-GATE_SLOPE * below_db)
    breath_gain = 1.0 + voice.breath * (_gain_or_off(value[P.unvoiced_level_db]) - 1.0)
    level = expander * _loudness_gain(h.loudness_db)
    voice.harmonics_gain_from = voice.harmonics_gain_to
    voice.harmonics_gain_to = voice.gate * level * _gain_or_off(value[P.harmonics_level_db])
    voice.noise_gain_from = voice.noise_gain_to
    voice.noise_gain_to = breath_gain * level * _gain_or_off(value[P.noise_level_db])


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
    per_gain = np.float32(1.0 / _gain(h.loudness_db))
    for i in range(h.amplitudes_to_at, h.amplitudes_to_at + h.amplitudes_to_size):
        f32[i] *= per_gain
    for i in range(h.noise_to_at, h.noise_to_at + h.noise_to_size):
        f32[i] *= per_gain


@kernel
def _begin_hop(h: Any, f32: NDArray[np.float32]) -> bool:
    """At a hop boundary: events, parameters, analysis, network. False if the driver must step the network first."""
    if h.network_awaited == 0:
        _apply_events(h)
        _step_params(h)
        if h.position > 0:
            analyse_hop(h.analysis)
        _update_voice(h)
        fade = h.position / h.fade_samples if h.fade_samples > 0 else 1.0
        h.fade_from = h.fade_to if h.position > 0 else _gain(h.fade_db)
        h.fade_to = _gain(h.fade_db * max(0.0, 1.0 - fade))
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


@kernel
def _hear(h: Any, f32: NDArray[np.float32], x: NDArray[np.float32], first: int, count: int) -> None:
    """Input samples, made sane and brought to level, go to the analysis; sane ones stay in `piece_in`."""
    piece = f32[h.piece_in_at : h.piece_in_at + h.piece_in_size]
    half = h.hop
    start = _gain(h.param_previous[P.input_gain_db])
    slope = (_gain(h.param_value[P.input_gain_db]) - start) / h.hop
    for i in range(count):
        sample = x[first + i]
        if not np.isfinite(sample):
            sample = np.float32(0.0)
        sample = min(max(sample, np.float32(-LARGEST_INPUT)), np.float32(LARGEST_INPUT))
        piece[i] = sample
        piece[half + i] = np.float32(sample * (start + slope * (h.hop_position + i + 1.0)))
    push_samples(h.analysis, piece, half, count)


@kernel
def _sound_sources(h: Any, f64: NDArray[np.float64], f32: NDArray[np.float32], count: int) -> None:
    """The harmonic bank and the noise of this piece, each into its own hop buffer."""
    at = h.hop_position
    ramp_start = (h.hop_index % ANALYSIS_HOPS_PER_CONTROL_HOP) * h.hop + at
    harmonics = f32[h.hop_harmonics_at : h.hop_harmonics_at + h.hop]
    noise = f32[h.hop_noise_at : h.hop_noise_at + h.hop]
    for i in range(at, at + count):
        harmonics[i] = 0.0
        noise[i] = 0.0
    voice = h.voice
    render_harmonics(
        harmonics,
        at,
        count,
        f64[h.harmonic_scratch_at : h.harmonic_scratch_at + h.harmonic_scratch_size],
        voice.phase,
        voice.f0_from_hz,
        voice.f0_to_hz,
        at,
        h.hop,
        f32[h.amplitudes_from_at : h.amplitudes_from_at + h.amplitudes_from_size],
        f32[h.amplitudes_to_at : h.amplitudes_to_at + h.amplitudes_to_size],
        ramp_start,
        h.ramp,
        voice.harmonics_gain_from,
        voice.harmonics_gain_to,
        h.sample_rate,
    )
    if voice.noise_gain_from == 0.0 and voice.noise_gain_to == 0.0:
        return
    render_noise(
        noise,
        at,
        count,
        f32[h.noise_loops_at : h.noise_loops_at + h.noise_loops_size],
        f64[h.noise_lengths_at : h.noise_lengths_at + h.noise_lengths_size],
        h.position + at,
        f32[h.noise_from_at : h.noise_from_at + h.noise_from_size],
        f32[h.noise_to_at : h.noise_to_at + h.noise_to_size],
        ramp_start,
        h.ramp,
    )
    slope = (voice.noise_gain_to - voice.noise_gain_from) / h.hop
    for i in range(at, at + count):
        noise[i] = np.float32(noise[i] * (voice.noise_gain_from + slope * (i + 1.0)))


@kernel
def _mix(h: Any, f32: NDArray[np.float32], y: NDArray[np.float32], first: int, count: int) -> None:
    """Sources to the room, dry and wet and the player's own voice to the output, then the limiter."""
    at = h.hop_position
    harmonics = f32[h.hop_harmonics_at : h.hop_harmonics_at + h.hop]
    noise = f32[h.hop_noise_at : h.hop_noise_at + h.hop]
    recent = f32[h.reverb_recent_at : h.reverb_recent_at + h.reverb_recent_size]
    wet = f32[h.hop_wet_at : h.hop_wet_at + h.hop]
    piece = f32[h.piece_in_at : h.piece_in_at + h.piece_in_size]
    for i in range(at, at + count):
        recent[h.hop + i] = harmonics[i] + noise[i]
    render_reverb_head(
        wet,
        at,
        count,
        recent,
        f32[h.reverb_head_at : h.reverb_head_at + h.reverb_head_size],
        f32[h.reverb_tail_at : h.reverb_tail_at + h.reverb_tail_size],
    )
    mix_from = h.param_previous[P.reverb_mix]
    mix_slope = (h.param_value[P.reverb_mix] - mix_from) / h.hop
    gain_from = _gain_or_off(h.param_previous[P.output_gain_db]) * h.fade_from
    gain_slope = (_gain_or_off(h.param_value[P.output_gain_db]) * h.fade_to - gain_from) / h.hop
    own_from = _gain_or_off(h.param_previous[P.voice_level_db])
    own_slope = (_gain_or_off(h.param_value[P.voice_level_db]) - own_from) / h.hop
    for i in range(count):
        n = at + i + 1.0
        mix = mix_from + mix_slope * n
        dry = recent[h.hop + at + i]
        sound = dry + mix * (wet[at + i] - dry) + piece[i] * (own_from + own_slope * n)
        y[first + i] = np.float32(sound * (gain_from + gain_slope * n))
    process_limiter(h.limiter, y, first, count)


@kernel
def _end_hop(h: Any, f64: NDArray[np.float64], f32: NDArray[np.float32]) -> None:
    """The room prepares its next hop; phase and clocks advance."""
    n_partitions = h.reverb_line_size // h.reverb_sums_size
    h.reverb_newest = (h.reverb_newest + n_partitions - 1) % n_partitions
    render_reverb_tail(
        f32[h.reverb_recent_at : h.reverb_recent_at + h.reverb_recent_size],
        f32[h.reverb_tail_at : h.reverb_tail_at + h.reverb_tail_size],
        f32[h.reverb_overlap_at : h.reverb_overlap_at + h.reverb_overlap_size],
        f32[h.reverb_spectra_at : h.reverb_spectra_at + h.reverb_spectra_size],
        f32[h.reverb_line_at : h.reverb_line_at + h.reverb_line_size],
        h.reverb_newest,
        f32[h.reverb_sums_at : h.reverb_sums_at + h.reverb_sums_size],
        f64[h.reverb_work_at : h.reverb_work_at + h.reverb_work_size],
        f64[h.reverb_twiddles_at : h.reverb_twiddles_at + h.reverb_twiddles_size],
    )
    voice = h.voice
    voice.phase = phase_in_cycles(voice.phase, voice.f0_from_hz, voice.f0_to_hz, h.hop, h.hop, h.sample_rate)
    h.position += h.hop
    h.hop_position = 0
    h.hop_index += 1
    h.hop_begun = 0


@kernel
def process_block(
    h: Any,
    f64: NDArray[np.float64],
    f32: NDArray[np.float32],
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    first: int,
    count: int,
) -> int:
    """[audio] Play y[first:first+count] from the input x[first:first+count]; returns how many samples were played.

    That is `count`, unless the network is stepped by the driver (`external_network`): then the call returns at the control
    hop where it is wanted, with `f0_scaled` and `loudness_scaled` in the header; write `amplitudes_to` and `noise_to`,
    and call again for the rest. Any split into blocks gives the same samples.
    """
    done = 0
    while done < count:
        if h.hop_begun == 0 and not _begin_hop(h, f32):
            return done
        piece = min(count - done, h.hop - h.hop_position)
        _hear(h, f32, x, first + done, piece)
        _sound_sources(h, f64, f32, piece)
        _mix(h, f32, y, first + done, piece)
        h.hop_position += piece
        done += piece
        if h.hop_position == h.hop:
            _end_hop(h, f64, f32)
    return done
