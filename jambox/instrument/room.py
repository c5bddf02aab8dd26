"""The room as it is played: its pre-delay, the room that is chosen, its size and damping, and the way from one to another.

All rooms lie ready in the arena; what they hear is kept once for all of them. Another room is faded in over some fifty hops
in which both are computed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.dsp.reverb import add_partitions, finish_tail, take_into_line
from jambox.instrument.pool import choice
from jambox.kernels import kernel
from jambox.params import INDEX as P

FADE_HOPS = 48
# The low-pass of a little damping, and that of all of it.
HARDLY_DAMPED_HZ, DAMPED_HZ = 20_000.0, 1000.0
NO_ROOM = -1
# What rings on below this is silence.
SMALLEST = 1e-15


@kernel
def _damping_step(damping: float, sample_rate: float) -> float:
    """Share of the way to its input that the low-pass goes in a sample; 1 without damping."""
    if damping == 0.0:
        return 1.0
    cutoff_hz = HARDLY_DAMPED_HZ * (DAMPED_HZ / HARDLY_DAMPED_HZ) ** damping
    return float(1.0 - np.exp(-2.0 * np.pi * cutoff_hz / sample_rate))


@kernel
def send_to_room(h: Any, f32: NDArray[np.float32], at: int, count: int) -> None:
    """[audio] Harmonics and noise of this piece into the room, after its damping (a low-pass of one pole) and its pre-delay
    (of whole samples; where it moves, a crossfade over the hop)."""
    size = h.predelay_size
    ring = f32[h.predelay_at : h.predelay_at + size]
    recent = f32[h.reverb_recent_at : h.reverb_recent_at + h.reverb_recent_size]
    now = int(h.param_value[P.room_predelay_s] * h.sample_rate + 0.5)
    before = int(h.param_previous[P.room_predelay_s] * h.sample_rate + 0.5)
    step_from = _damping_step(h.param_previous[P.room_damping], h.sample_rate)
    step_slope = (_damping_step(h.param_value[P.room_damping], h.sample_rate) - step_from) / h.hop
    damped = step_from != 1.0 or step_slope != 0.0
    place = (h.position + at) % size
    for i in range(at, at + count):
        sample = f32[h.hop_harmonics_at + i] + f32[h.hop_noise_at + i]
        if damped:
            sample = np.float32(h.room_lowpass + (step_from + step_slope * (i + 1.0)) * (sample - h.room_lowpass))
        h.room_lowpass = sample if abs(sample) > SMALLEST else 0.0
        ring[place] = sample
        sent = ring[place - now if place >= now else place - now + size]
        if now != before:
            old = ring[place - before if place >= before else place - before + size]
            sent = old + np.float32((i + 1.0) / h.hop) * (sent - old)
        recent[h.hop + i] = sent
        place += 1
        if place == size:
            place = 0


@kernel
def _decay(h: Any, room: int) -> float:
    """What a smaller room loses with each hop beyond what it loses anyway; 1 is nothing."""
    size = h.param_value[P.room_size]
    if size == 1.0:
        return 1.0
    return float(10.0 ** (-3.0 * h.hop / h.sample_rate / h.room_decay_s[room] * (1.0 / size - 1.0)))


@kernel
def _aim_head(h: Any, f32: NDArray[np.float32], share: float) -> None:
    """The first partition, between that of the room and the coming one's."""
    for i in range(h.hop):
        staying = f32[h.room_heads_at + h.room * h.hop + i]
        coming = f32[h.room_heads_at + h.room_next * h.hop + i]
        f32[h.reverb_head_at + i] = np.float32(staying + share * (coming - staying))


@kernel
def _choose_room(h: Any, f32: NDArray[np.float32]) -> float:
    """One hop on the way to the room that is wanted; the share of the coming one."""
    if h.room_next == NO_ROOM:
        wanted = choice(h.param_value[P.room])
        if wanted == h.room:
            return 0.0
        h.room_next, h.room_faded = wanted, 0
    h.room_faded += 1
    way = h.room_faded / FADE_HOPS
    share = way * way * (3.0 - 2.0 * way)
    _aim_head(h, f32, share)
    if h.room_faded == FADE_HOPS:
        h.room, h.room_next = h.room_next, NO_ROOM
        return 0.0
    return float(share)


@kernel
def end_room_hop(h: Any, f64: NDArray[np.float64], f32: NDArray[np.float32]) -> None:
    """[audio] At a hop's end: the tail of the next."""
    share = _choose_room(h, f32)
    row = h.reverb_sums_size // 2
    line = f32[h.reverb_line_at : h.reverb_line_at + h.reverb_line_size]
    n_line = h.reverb_line_size // row
    h.reverb_newest = (h.reverb_newest + n_line - 1) % n_line
    work = f64[h.reverb_work_at : h.reverb_work_at + h.reverb_work_size]
    twiddles = f64[h.reverb_twiddles_at : h.reverb_twiddles_at + h.reverb_twiddles_size]
    recent = f32[h.reverb_recent_at : h.reverb_recent_at + h.reverb_recent_size]
    take_into_line(recent, line, h.reverb_newest, work, twiddles)
    sums = f32[h.reverb_sums_at : h.reverb_sums_at + row]
    one = f32[h.reverb_sums_at + row : h.reverb_sums_at + 2 * row]
    for b in range(row):
        sums[b] = 0.0
    # A smaller room rings for less long; it is made as loud.
    louder = 1.0 / np.sqrt(h.param_value[P.room_size])
    for slot in range(2 if share > 0.0 else 1):
        room = h.room if slot == 0 else h.room_next
        part = np.float32(louder * (share if slot == 1 else 1.0 - share))
        at = h.reverb_spectra_at + h.room_first[room] * row
        spectra = f32[at : at + h.room_partitions[room] * row]
        add_partitions(spectra, line, h.reverb_newest, one, np.float32(_decay(h, room)))
        for b in range(row):
            sums[b] += part * one[b]
    finish_tail(
        f32[h.reverb_tail_at : h.reverb_tail_at + h.reverb_tail_size],
        f32[h.reverb_overlap_at : h.reverb_overlap_at + h.reverb_overlap_size],
        sums,
        work,
        twiddles,
    )
