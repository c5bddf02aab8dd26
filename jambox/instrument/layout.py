"""One block of memory holds a running instrument: a header of fixed layout, then two arenas of numbers.

Everything whose size depends on a model, a room or a rate lies in an arena and is reached by the header's `<region>_at` and
`<region>_size` (counted in items from the start of the block). No kernel's types depend on an instrument: one compiled
callback plays them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import analysis_state_dtype
from jambox.control.compiled import network_dtype
from jambox.dsp.limiter import limiter_dtype
from jambox.dsp.room import ROOMS
from jambox.dsp.width import width_dtype
from jambox.instrument.doubt import doubt_dtype
from jambox.instrument.duck import duck_dtype
from jambox.instrument.level import level_dtype
from jambox.instrument.octave import octave_dtype
from jambox.instrument.rows import N_KEYS, N_ROWS, modal_dtype, notes_dtype, voice_dtype
from jambox.instrument.scale import snap_dtype
from jambox.params import N_PARAMS

EVENT_CAPACITY = 16_384
N_ROOMS = len(ROOMS)

F64_REGIONS = (
    "harmonic_scratch",
    "noise_lengths",
    "reverb_work",
    "reverb_twiddles",
    "late_work",
    "late_twiddles",
    # Of a modal instrument: its partials, and where every row's stand.
    "modal_table",
    "modal_stretch",
    "modal_track",
    "modal_phases",
    "modal_levels",
    "modal_starts",
)
F32_REGIONS = (
    "weights",
    "network_state",
    "network_scratch",
    # Of the second instrument, where two play as one.
    "weights_b",
    "network_state_b",
    "amplitudes_b",
    "noise_b",
    "amplitudes_from",
    "amplitudes_to",
    "noise_from",
    "noise_to",
    "noise_mix_from",
    "noise_mix_to",
    "octaves_above",
    "tone_gains",
    "stretch_offsets",
    "noise_loops",
    "piece_in",
    "own_delay",
    "hop_harmonics",
    "hop_noise",
    "hop_wet",
    "width_lines",
    "predelay",
    "room_heads",
    "reverb_head",
    "reverb_recent",
    "reverb_tail",
    "reverb_overlap",
    "reverb_spectra",
    "reverb_line",
    "reverb_sums",
    # The late part of the room: partitions of several hops, and their time to be computed in.
    "late_heard",
    "late_spectra",
    "late_line",
    "late_sums",
    "late_coming",
    "late_tail",
    "late_overlap",
    # Of a modal instrument: noise over time, and scratch.
    "modal_noise",
    "modal_rotors",
    "modal_lanes",
)
# Cleared by a reset; the others hold designs (weights, loops, the room).
SOUND_REGIONS = (
    "network_state",
    "network_state_b",
    "amplitudes_from",
    "amplitudes_to",
    "noise_from",
    "noise_to",
    "noise_mix_from",
    "noise_mix_to",
    "stretch_offsets",
    "predelay",
    "own_delay",
    "width_lines",
    "reverb_recent",
    "reverb_tail",
    "reverb_overlap",
    "reverb_line",
    "late_heard",
    "late_line",
    "late_sums",
    "late_coming",
    "late_tail",
    "late_overlap",
)

# Kinds of instruments.
HARMONIC, MODAL = 0, 1

events_dtype = np.dtype(
    [
        ("written", np.int64, (1,)),
        ("read", np.int64, (1,)),
        ("dropped", np.int64, (1,)),  # what was written before this count is not to be played
        ("time", np.int64, (EVENT_CAPACITY,)),
        ("kind", np.int64, (EVENT_CAPACITY,)),
        ("index", np.int64, (EVENT_CAPACITY,)),
        ("value", np.float64, (EVENT_CAPACITY,)),
    ],
    align=True,
)

header_dtype = np.dtype(
    [
        ("n_bytes", np.int64),
        ("kind", np.int64),
        ("sample_rate", np.float64),
        ("hop", np.int64),
        ("ramp", np.int64),  # samples in a control hop
        ("position", np.int64),  # samples played since the start of the run
        ("hop_position", np.int64),  # of them in the current hop
        ("hop_index", np.int64),
        ("hop_begun", np.int64),
        ("external_network", np.int64),  # 1: the driver steps the network
        ("network_awaited", np.int64),
        ("network_faults", np.int64),  # frames with a NaN or an infinity, silenced
        ("reverb_newest", np.int64),
        ("panic", np.int64),  # hops since all sound was told to end; 0: it was not
        ("fade_db", np.float64),  # the run fades in from here ...
        ("fade_samples", np.int64),  # ... over so many samples
        ("fade_from", np.float64),
        ("fade_to", np.float64),
        ("n_harmonics", np.int64),
        ("n_bands", np.int64),
        ("state_stride", np.int64),  # floats from one row of network_state to the next
        ("state_stride_b", np.int64),
        ("morphing", np.int64),  # 1: a second instrument is there
        ("scratch_stride", np.int64),
        ("loudness_db", np.float64),  # of the current hop, with its shift, as the network is told
        ("level", np.float64),  # gain of that loudness, behind the gate
        ("breath_gain", np.float64),
        ("param_target", np.float64, (N_PARAMS,)),
        ("param_value", np.float64, (N_PARAMS,)),  # at the end of the current hop
        ("param_previous", np.float64, (N_PARAMS,)),  # at its start
        ("param_step", np.float64, (N_PARAMS,)),  # share of the way to the target that one hop makes
        ("own_next", np.int64),  # slot of own_delay that is heard next
        ("voice", voice_dtype),
        ("doubt", doubt_dtype),
        ("octave", octave_dtype),
        ("level_match", level_dtype),
        ("duck", duck_dtype),
        ("notes", notes_dtype),
        ("modal", modal_dtype),
        ("analysis", analysis_state_dtype),
        ("network", network_dtype),
        ("network_b", network_dtype),
        ("tuning_st", np.float64, (N_KEYS,)),  # MIDI pitch of every key, before A4 is set; NaN: it is silent
        ("snap", snap_dtype),
        ("tone_shaped", np.int64),  # 1: the drawn curve or the balance of odd and even is not flat
        ("stretched", np.int64, (N_ROWS,)),  # 1: partials of this row have phases of their own
        # Rooms: partitions of each in reverb_spectra, and the time in which it rings out.
        ("room_first", np.int64, (N_ROOMS,)),
        ("room_partitions", np.int64, (N_ROOMS,)),
        ("room_decay_s", np.float64, (N_ROOMS,)),
        ("room", np.int64),  # the one that sounds, and the one that comes
        ("room_next", np.int64),
        ("room_faded", np.int64),
        ("room_lowpass", np.float64),  # what the room hears, damped
        # The same partitions of the late part, and what is being computed of it.
        ("late_first", np.int64, (N_ROOMS,)),
        ("late_partitions", np.int64, (N_ROOMS,)),
        ("late_hop", np.int64),  # of the partition that is being heard
        ("late_newest", np.int64),
        ("late_room", np.int64, (2,)),
        ("late_share", np.float64),  # of the second of them
        ("late_decay", np.float64, (2,)),  # with each hop
        ("late_gain", np.float64),
        ("width", width_dtype),
        ("limiter", limiter_dtype),
        ("events", events_dtype),
        ("applied", events_dtype),
        ("scheduled", events_dtype),  # known ahead of their time
    ]
    + [(f"{name}_{field}", np.int64) for name in F64_REGIONS + F32_REGIONS for field in ("at", "size")],
    align=True,
)


@dataclass(frozen=True)
class Memory:
    """The block and its views: `header` (shape [1]), `f64` and `f32` over the whole block, shape [n_bytes / 8 or / 4]."""

    block: NDArray[np.uint8]
    header: NDArray[Any]
    f64: NDArray[np.float64]
    f32: NDArray[np.float32]

    def region(self, name: str) -> NDArray[Any]:
        """View of one region of an arena."""
        at, size = int(self.header[0][f"{name}_at"]), int(self.header[0][f"{name}_size"])
        return (self.f64 if name in F64_REGIONS else self.f32)[at : at + size]

    def row(self, name: str, row: int = 0) -> NDArray[np.float32]:
        """View of what one voice has of `amplitudes_*`, `noise_from` or `noise_to`; row 0 is the microphone's."""
        region: NDArray[np.float32] = self.region(name).reshape(N_ROWS, -1)[row]
        return region


def allocate(sizes: dict[str, int]) -> Memory:
    """[main] Zeroed memory for regions of the given sizes (in items); every region starts at a multiple of 64 bytes."""
    assert set(sizes) == set(F64_REGIONS + F32_REGIONS), set(sizes) ^ set(F64_REGIONS + F32_REGIONS)
    at_bytes = _aligned(header_dtype.itemsize)
    places = {}
    for name in F64_REGIONS + F32_REGIONS:
        width = 8 if name in F64_REGIONS else 4
        places[name] = at_bytes // width
        at_bytes = _aligned(at_bytes + width * sizes[name])
    # Written to here, so that no page is first touched on the audio thread.
    raw = np.empty(at_bytes + 64, dtype=np.uint8)
    raw.fill(0)
    skip = -raw.ctypes.data % 64
    block = raw[skip : skip + at_bytes]
    header = block[: header_dtype.itemsize].view(header_dtype)
    header[0]["n_bytes"] = at_bytes
    for name, at in places.items():
        header[0][f"{name}_at"] = at
        header[0][f"{name}_size"] = sizes[name]
    return Memory(block, header, block.view(np.float64), block.view(np.float32))


def _aligned(n_bytes: int) -> int:
    return -(-n_bytes // 64) * 64
