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
from jambox.dsp.reverb import render_reverb_head, render_reverb_tail
from jambox.frames import ANALYSIS_HOPS_PER_CONTROL_HOP
from jambox.instrument.hop import begin_hop, gain, gain_or_off
from jambox.kernels import kernel
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
    gain_from = gain_or_off(h.param_previous[P.output_gain_db]) * h.fade_from
    gain_slope = (gain_or_off(h.param_value[P.output_gain_db]) * h.fade_to - gain_from) / h.hop
    own_from = gain_or_off(h.param_previous[P.voice_level_db])
    own_slope = (gain_or_off(h.param_value[P.voice_level_db]) - own_from) / h.hop
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
        if h.hop_begun == 0 and not begin_hop(h, f32):
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
