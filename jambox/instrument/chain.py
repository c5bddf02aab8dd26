"""The signal path, from microphone sample to output sample, as the audio thread runs it. Read it from the bottom up.

Both drivers, the live callback and the offline renderer, call `process_block` and nothing else. `h` is the header, `f64` and
`f32` the arenas (see layout); what happens between hops is in hop.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import push_samples
from jambox.dsp.harmonic import phase_in_cycles, render_harmonics
from jambox.dsp.limiter import process_limiter
from jambox.dsp.noise import render_noise
from jambox.dsp.reverb import render_reverb_head
from jambox.dsp.stretched import render_stretched
from jambox.dsp.width import FULL_DRY, FULL_WET, widen
from jambox.frames import ANALYSIS_HOPS_PER_CONTROL_HOP
from jambox.instrument.events import samples_to_next_event
from jambox.instrument.hop import prepare
from jambox.instrument.layout import MODAL, header_dtype
from jambox.instrument.levels import gain, gain_or_off
from jambox.instrument.modal_bank import sound_modal
from jambox.instrument.own_voice import delay_own_voice
from jambox.instrument.pool import OFF
from jambox.instrument.room import end_room_hop, send_to_room
from jambox.instrument.rows import N_ROWS
from jambox.instrument.tone import advance_stretch, stretch_octaves
from jambox.kernels import carray, kernel, pointer_to
from jambox.params import INDEX as P

# What a device may hand us at most; beyond it a sample is broken, not loud.
LARGEST_INPUT = 8.0


@kernel
def _hear(h: Any, f32: NDArray[np.float32], x: NDArray[np.float32], first: int, count: int) -> None:
    """Input samples, made sane and brought to level, go to the analysis; sane ones stay in `piece_in`."""
    piece = f32[h.piece_in_at : h.piece_in_at + h.piece_in_size]
    half = h.hop
    start = gain(h.param_previous[P.input_gain_db])
    slope = (gain(h.param_value[P.input_gain_db]) - start) / h.hop
    for i in range(count):
        sample = x[first + i]
        if not np.isfinite(sample):
            sample = np.float32(0.0)
        sample = min(max(sample, np.float32(-LARGEST_INPUT)), np.float32(LARGEST_INPUT))
        piece[i] = sample
        piece[half + i] = np.float32(sample * (start + slope * (h.hop_position + i + 1.0)))
    push_samples(h.analysis, piece, half, count)


@kernel
def _sound_harmonics(h: Any, f64: NDArray[np.float64], f32: NDArray[np.float32], count: int) -> None:
    """The harmonic banks of this piece, the microphone's voice and every note, added up."""
    at = h.hop_position
    ramp_start = (h.hop_index % ANALYSIS_HOPS_PER_CONTROL_HOP) * h.hop + at
    harmonics = f32[h.hop_harmonics_at : h.hop_harmonics_at + h.hop]
    scratch = f64[h.harmonic_scratch_at : h.harmonic_scratch_at + h.harmonic_scratch_size]
    for i in range(at, at + count):
        harmonics[i] = 0.0
    voice, n = h.voice, h.notes
    for row in range(N_ROWS):
        if row > 0 and n.state[row] == OFF:
            continue
        if row == 0:
            start, phase, f0_from, f0_to = 0, voice.phase, voice.f0_from_hz, voice.f0_to_hz
            gain_from, gain_to = voice.harmonics_gain_from, voice.harmonics_gain_to
        else:
            start, phase, f0_from, f0_to = n.piece_start[row], n.phase[row], n.f0_from_hz[row], n.f0_to_hz[row]
            gain_from, gain_to = n.harmonics_from[row], n.harmonics_to[row]
        from_at = h.amplitudes_from_at + row * h.n_harmonics
        to_at = h.amplitudes_to_at + row * h.n_harmonics
        if h.stretched[row] == 1:
            offsets_at = h.stretch_offsets_at + row * h.n_harmonics
            render_stretched(
                harmonics,
                at,
                count,
                scratch,
                phase,
                f0_from,
                f0_to,
                at - start,
                h.hop - start,
                h.hop,
                stretch_octaves(h),
                f32[offsets_at : offsets_at + h.n_harmonics],
                f32[from_at : from_at + h.n_harmonics],
                f32[to_at : to_at + h.n_harmonics],
                ramp_start,
                h.ramp,
                gain_from,
                gain_to,
                h.sample_rate,
            )
            continue
        render_harmonics(
            harmonics,
            at,
            count,
            scratch,
            phase,
            f0_from,
            f0_to,
            at - start,
            h.hop - start,
            f32[from_at : from_at + h.n_harmonics],
            f32[to_at : to_at + h.n_harmonics],
            ramp_start,
            h.ramp,
            gain_from,
            gain_to,
            h.sample_rate,
        )


@kernel
def _sound_noise(h: Any, f64: NDArray[np.float64], f32: NDArray[np.float32], count: int) -> None:
    """The noise of this piece: of the microphone's voice alone, or of all voices while notes sound."""
    at = h.hop_position
    ramp_start = (h.hop_index % ANALYSIS_HOPS_PER_CONTROL_HOP) * h.hop + at
    noise = f32[h.hop_noise_at : h.hop_noise_at + h.hop]
    for i in range(at, at + count):
        noise[i] = 0.0
    voice = h.voice
    mixing = h.notes.mixing == 1
    if not mixing and voice.noise_gain_from == 0.0 and voice.noise_gain_to == 0.0:
        return
    ramp = h.ramp
    from_at, to_at = h.noise_from_at, h.noise_to_at
    if mixing:
        ramp_start, ramp = at - h.notes.mix_start, h.hop - h.notes.mix_start
        from_at, to_at = h.noise_mix_from_at, h.noise_mix_to_at
    render_noise(
        noise,
        at,
        count,
        f32[h.noise_loops_at : h.noise_loops_at + h.noise_loops_size],
        f64[h.noise_lengths_at : h.noise_lengths_at + h.noise_lengths_size],
        h.position + at,
        f32[from_at : from_at + h.n_bands],
        f32[to_at : to_at + h.n_bands],
        ramp_start,
        ramp,
    )
    if mixing:
        return
    slope = (voice.noise_gain_to - voice.noise_gain_from) / h.hop
    for i in range(at, at + count):
        noise[i] = np.float32(noise[i] * (voice.noise_gain_from + slope * (i + 1.0)))


@kernel
def _mix(
    h: Any, f32: NDArray[np.float32], y: NDArray[np.float32], side: NDArray[np.float32], first: int, count: int
) -> None:
    """Sources to the room, dry and wet and the player's own voice to the output, its width to the side, then the limiter."""
    at = h.hop_position
    harmonics = f32[h.hop_harmonics_at : h.hop_harmonics_at + h.hop]
    noise = f32[h.hop_noise_at : h.hop_noise_at + h.hop]
    recent = f32[h.reverb_recent_at : h.reverb_recent_at + h.reverb_recent_size]
    wet = f32[h.hop_wet_at : h.hop_wet_at + h.hop]
    piece = f32[h.piece_in_at : h.piece_in_at + h.piece_in_size]
    send_to_room(h, f32, at, count)
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
    gain_from = gain_or_off(h.param_previous[P.output_gain_db]) * h.fade_from
    gain_slope = (gain_or_off(h.param_value[P.output_gain_db]) * h.fade_to - gain_from) / h.hop
    own_from = gain_or_off(h.param_previous[P.voice_level_db])
    own_slope = (gain_or_off(h.param_value[P.voice_level_db]) - own_from) / h.hop
    for i in range(count):
        n = at + i + 1.0
        mix = mix_from + mix_slope * n
        dry = harmonics[at + i] + noise[at + i]
        own = delay_own_voice(h, f32, piece[i])
        played = dry + mix * (wet[at + i] - dry)
        sound = played + own * (own_from + own_slope * n)
        y[first + i] = np.float32(sound * (gain_from + gain_slope * n))
        side[first + i] = np.float32(FULL_DRY * (1.0 - mix) * dry + FULL_WET * mix * wet[at + i])
    _spread(h, f32, side, first, count, gain_from, gain_slope)
    process_limiter(h.limiter, y, side, first, count)


@kernel
def _spread(
    h: Any,
    f32: NDArray[np.float32],
    side: NDArray[np.float32],
    first: int,
    count: int,
    gain_from: float,
    gain_slope: float,
) -> None:
    """What the side holds, the instrument's sound, becomes what left has more than right. Your own voice stays between.

    The output's gain comes last: what still rings in the lines ends with it.
    """
    width_from, width_to = h.param_previous[P.stereo_width], h.param_value[P.stereo_width]
    lines = f32[h.width_lines_at : h.width_lines_at + h.width_lines_size]
    if width_from == 0.0 and width_to == 0.0:
        if h.width.sounds == 1:
            lines[:] = np.float32(0.0)
            h.width.sounds = 0
        for i in range(first, first + count):
            side[i] = np.float32(0.0)
        return
    h.width.sounds = 1
    slope = (width_to - width_from) / h.hop
    for i in range(count):
        n = h.hop_position + i + 1.0
        level = (width_from + slope * n) * (gain_from + gain_slope * n)
        side[first + i] = np.float32(level * widen(h.width, lines, side[first + i]))


@kernel
def _end_hop(h: Any, f64: NDArray[np.float64], f32: NDArray[np.float32]) -> None:
    """The room prepares its next hop; phase and clocks advance."""
    end_room_hop(h, f64, f32)
    voice = h.voice
    advance_stretch(h, f32, 0, voice.f0_from_hz, voice.f0_to_hz, h.hop, h.hop)
    voice.phase = phase_in_cycles(voice.phase, voice.f0_from_hz, voice.f0_to_hz, h.hop, h.hop, h.sample_rate)
    h.position += h.hop
    h.hop_position = 0
    h.hop_index += 1
    h.hop_begun = 0


def process_block(memory: Any, x: Any, y: Any, side: Any, first: Any, count: Any) -> int:
    """[audio] Play y[first:first+count] from the input x[first:first+count]; returns how many samples were played.

    All by address: the memory of an instrument, and the first samples of contiguous float32 input and output: what left and
    right have in common (y) and what left has more (side). entry.py makes it a C function. The result is `count`, unless the
    network is stepped by the driver (`external_network`): then the call returns at the sample where that is wanted, with the
    rows and what they are told in the notes' record (`wanted`); write those rows of `amplitudes_to` and `noise_to`, and call
    again for the rest. Any split into blocks gives the same samples.
    """
    h = carray(pointer_to(memory), (1,), header_dtype)[0]
    f64 = carray(pointer_to(memory), (h.n_bytes // 8,), np.float64)
    f32 = carray(pointer_to(memory), (h.n_bytes // 4,), np.float32)
    heard = carray(pointer_to(x), (first + count,), np.float32)
    played = carray(pointer_to(y), (first + count,), np.float32)
    beside = carray(pointer_to(side), (first + count,), np.float32)
    done = 0
    while done < count:
        if not prepare(h, f32):
            return done
        now = h.position + h.hop_position
        to_event = min(samples_to_next_event(h.events, now), samples_to_next_event(h.scheduled, now))
        piece = min(count - done, h.hop - h.hop_position, max(to_event, 1))
        _hear(h, f32, heard, first + done, piece)
        if h.kind == MODAL:
            sound_modal(h, f64, f32)
        else:
            _sound_harmonics(h, f64, f32, piece)
        _sound_noise(h, f64, f32, piece)
        _mix(h, f32, played, beside, first + done, piece)
        h.hop_position += piece
        done += piece
        if h.hop_position == h.hop:
            _end_hop(h, f64, f32)
    return done
