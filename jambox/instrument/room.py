"""The room as it is played: its pre-delay, the room that is chosen, its size and damping, and the way from one to another.

All rooms lie ready in the arena; what they hear is kept once for all of them. Another room is faded in over some fifty hops
in which both are computed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.dsp.reverb import EARLY_HOPS, LATE_HOPS, add_partitions, finish_tail, take_into_line
from jambox.instrument.pool import choice
from jambox.kernels import kernel
from jambox.params import INDEX as P

FADE_HOPS = 48
# The low-pass of a little damping, and that of all of it.
HARDLY_DAMPED_HZ, DAMPED_HZ = 20_000.0, 1000.0
NO_ROOM = -1
# Of the hops of a late partition one is for its spectrum, one for the answer's sound, the others for adding up in between.
ADDING_HOPS = LATE_HOPS - 2
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
def _loudness(h: Any) -> float:
    """A smaller room rings for less long; it is made as loud."""
    return float(1.0 / np.sqrt(h.param_value[P.room_size]))


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
def _begin_late(h: Any, f64: NDArray[np.float64], f32: NDArray[np.float32], share: float) -> None:
    """A late partition was heard: it goes into the line, and which rooms shall answer is settled."""
    for i in range(h.late_tail_size):
        f32[h.late_tail_at + i] = f32[h.late_coming_at + i]
    row = h.late_sums_size // 2
    n_line = h.late_line_size // row
    h.late_newest = (h.late_newest + n_line - 1) % n_line
    take_into_line(
        f32[h.late_heard_at : h.late_heard_at + h.late_heard_size],
        f32[h.late_line_at : h.late_line_at + h.late_line_size],
        h.late_newest,
        f64[h.late_work_at : h.late_work_at + h.late_work_size],
        f64[h.late_twiddles_at : h.late_twiddles_at + h.late_twiddles_size],
    )
    h.late_share = share
    h.late_gain = _loudness(h)
    h.late_room[0], h.late_room[1] = h.room, h.room_next
    for slot in range(2 if share > 0.0 else 1):
        h.late_decay[slot] = _decay(h, h.late_room[slot])
    for b in range(h.late_sums_size):
        f32[h.late_sums_at + b] = 0.0


@kernel
def _add_late(h: Any, f32: NDArray[np.float32], turn: int) -> None:
    """One of ADDING_HOPS parts of the work: so many late partitions of each room."""
    row = h.late_sums_size // 2
    line = f32[h.late_line_at : h.late_line_at + h.late_line_size]
    for slot in range(2 if h.late_share > 0.0 else 1):
        room = h.late_room[slot]
        n = h.late_partitions[room]
        at = h.late_spectra_at + h.late_first[room] * row
        sums_at = h.late_sums_at + slot * row
        decay = np.float32(h.late_decay[slot] ** LATE_HOPS)
        first, last = n - (turn + 1) * n // ADDING_HOPS, n - turn * n // ADDING_HOPS
        add_partitions(f32[at : at + n * row], line, h.late_newest, f32[sums_at : sums_at + row], first, last, decay)


@kernel
def _finish_late(h: Any, f64: NDArray[np.float64], f32: NDArray[np.float32]) -> None:
    """What all late partitions answer, for when the present one has been heard."""
    row = h.late_sums_size // 2
    sums = f32[h.late_sums_at : h.late_sums_at + row]
    for slot in range(2 if h.late_share > 0.0 else 1):
        # Their decay is counted from the middle of the first of them.
        softer = h.late_decay[slot] ** (EARLY_HOPS + 0.5 * (LATE_HOPS - 1))
        part = np.float32(h.late_gain * softer * (h.late_share if slot == 1 else 1.0 - h.late_share))
        for b in range(row):
            own = part * f32[h.late_sums_at + slot * row + b]
            sums[b] = own if slot == 0 else sums[b] + own
    finish_tail(
        f32[h.late_coming_at : h.late_coming_at + h.late_coming_size],
        f32[h.late_overlap_at : h.late_overlap_at + h.late_overlap_size],
        sums,
        f64[h.late_work_at : h.late_work_at + h.late_work_size],
        f64[h.late_twiddles_at : h.late_twiddles_at + h.late_twiddles_size],
    )


@kernel
def end_late_hop(
    h: Any, f64: NDArray[np.float64], f32: NDArray[np.float32], recent: NDArray[np.float32], share: float
) -> None:
    """[audio] A hop's share of the late part: the first half of `recent` is this hop."""
    at = h.late_heard_at + (LATE_HOPS + h.late_hop) * h.hop
    for i in range(h.hop):
        f32[at + i] = recent[i]
    if h.late_hop == LATE_HOPS - 1:
        _begin_late(h, f64, f32, share)
        h.late_hop = 0
        return
    if h.late_hop < ADDING_HOPS:
        _add_late(h, f32, h.late_hop)
    else:
        _finish_late(h, f64, f32)
    h.late_hop += 1


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
    for slot in range(2 if share > 0.0 else 1):
        room = h.room if slot == 0 else h.room_next
        decay = _decay(h, room)
        part = np.float32(_loudness(h) * decay * (share if slot == 1 else 1.0 - share))
        at = h.reverb_spectra_at + h.room_first[room] * row
        spectra = f32[at : at + h.room_partitions[room] * row]
        for b in range(row):
            one[b] = 0.0
        add_partitions(spectra, line, h.reverb_newest, one, 0, h.room_partitions[room], np.float32(decay))
        for b in range(row):
            sums[b] += part * one[b]
    tail = f32[h.reverb_tail_at : h.reverb_tail_at + h.reverb_tail_size]
    finish_tail(tail, f32[h.reverb_overlap_at : h.reverb_overlap_at + h.reverb_overlap_size], sums, work, twiddles)
    end_late_hop(h, f64, f32, recent, share)
    late_at = h.late_tail_at + h.late_hop * h.hop
    for i in range(h.hop):
        tail[i] += f32[late_at + i]
