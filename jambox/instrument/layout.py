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
from jambox.params import N_PARAMS

EVENT_CAPACITY = 16_384

F64_REGIONS = ("harmonic_scratch", "noise_lengths", "reverb_work", "reverb_twiddles")
F32_REGIONS = (
    "weights",
    "network_state",
    "network_scratch",
    "amplitudes_from",
    "amplitudes_to",
    "noise_from",
    "noise_to",
    "noise_loops",
    "piece_in",
    "hop_harmonics",
    "hop_noise",
    "hop_wet",
    "reverb_head",
    "reverb_recent",
    "reverb_tail",
    "reverb_overlap",
    "reverb_spectra",
    "reverb_line",
    "reverb_sums",
)
# Cleared by a reset; the others hold designs (weights, loops, the room).
SOUND_REGIONS = (
    "network_state",
    "amplitudes_from",
    "amplitudes_to",
    "noise_from",
    "noise_to",
    "reverb_recent",
    "reverb_tail",
    "reverb_overlap",
    "reverb_line",
)

# A voice: pitch and gains at both ends of the hop that is being played.
voice_dtype = np.dtype(
    [
        ("phase", np.float64),  # cycles, at the start of the hop
        ("heard_hz", np.float64),  # the last pitch heard
        ("agreeing_hops", np.int64),  # so many hops in a row heard nearly the same pitch
        ("steady_hz", np.float64),  # pitch and loudness heard, without their jitter
        ("steady_db", np.float64),
        ("still_pitch_hops", np.int64),  # for so long they have not moved
        ("still_level_hops", np.int64),
        ("f0_from_hz", np.float64),
        ("f0_to_hz", np.float64),
        ("voiced", np.int64),
        ("gate", np.float64),  # of the harmonics: 0 closed, 1 open
        ("breath", np.float64),  # 0 in a note, 1 in breath
        ("harmonics_gain_from", np.float64),
        ("harmonics_gain_to", np.float64),
        ("noise_gain_from", np.float64),
        ("noise_gain_to", np.float64),
    ],
    align=True,
)

events_dtype = np.dtype(
    [
        ("written", np.int64, (1,)),
        ("read", np.int64, (1,)),
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
        ("f0_scaled", np.float64),
        ("loudness_scaled", np.float64),
        ("loudness_db", np.float64),  # of the current hop, with its shift, as the network is told
        ("param_target", np.float64, (N_PARAMS,)),
        ("param_value", np.float64, (N_PARAMS,)),  # at the end of the current hop
        ("param_previous", np.float64, (N_PARAMS,)),  # at its start
        ("param_step", np.float64, (N_PARAMS,)),  # share of the way to the target that one hop makes
        ("voice", voice_dtype),
        ("analysis", analysis_state_dtype),
        ("network", network_dtype),
        ("limiter", limiter_dtype),
        ("events", events_dtype),
        ("applied", events_dtype),
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
