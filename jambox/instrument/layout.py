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
from jambox.instrument.scale import N_TUNED_KEYS, snap_dtype
from jambox.params import N_PARAMS

EVENT_CAPACITY = 16_384
# Rows of a network's states and of the timbres: the microphone's voice is row 0, notes have the rest. More of them than
# may sound at once, since a note that gave way to another still fades.
LARGEST_POLYPHONY = 32
N_ROWS = 1 + LARGEST_POLYPHONY + 16
N_CHANNELS = 16
N_KEYS = N_TUNED_KEYS
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
        ("played", np.int64),  # 1 once a note was
        ("gate", np.float64),  # of the harmonics: 0 closed, 1 open
        ("heard", np.float64),  # the input's gate: 0 closed, 1 open
        ("breath", np.float64),  # 0 in a note, 1 in breath
        ("harmonics_gain_from", np.float64),
        ("harmonics_gain_to", np.float64),
        ("noise_gain_from", np.float64),
        ("noise_gain_to", np.float64),
        ("vibrato_age_s", np.float64),  # since the note began
        ("vibrato_cycles", np.float64),
    ],
    align=True,
)

# The notes: a column each, rows as above (row 0 is never used), then what every channel and key was told.
notes_dtype = np.dtype(
    [
        (name, kind, (N_ROWS,))
        for name, kind in [
            ("state", np.int64),  # OFF, HELD, RELEASED or FADING
            ("channel", np.int64),
            ("key", np.int64),
            ("serial", np.int64),  # notes are numbered from 1 in the order in which they began
            ("key_down", np.int64),
            ("kept", np.int64),  # by the sostenuto pedal
            ("velocity", np.float64),
            ("fresh", np.int64),  # began at this very sample
            ("age", np.int64),  # samples since it began, at the start of its piece
            # A piece: what is left of a hop since its start or since the last change; everything ramps over it.
            ("piece_start", np.int64),
            ("phase", np.float64),  # cycles, at the start of the piece
            ("f0_from_hz", np.float64),
            ("f0_to_hz", np.float64),
            ("harmonics_from", np.float64),  # gains
            ("harmonics_to", np.float64),
            ("noise_from", np.float64),
            ("noise_to", np.float64),
            ("stage", np.int64),  # of the envelope, at the start of the piece
            ("level", np.float64),  # of it, 0 to 1
            ("fade_step", np.float64),  # level lost with each sample of a fade
            ("glide_st", np.float64),  # how far the pitch still is from its key
            ("glide_step", np.float64),  # semitones of it with each sample
            ("told_db", np.float64),  # loudness that the network was told last
            ("loudness_db", np.float64),  # at the top of its envelope
            ("bend_st", np.float64),  # the note's own expression, on top of its channel's
            ("pressure", np.float64),
            ("timbre", np.float64),
        ]
    ]
    + [
        (name, np.float64, (N_CHANNELS,))
        for name in (
            "channel_bend_st",
            "channel_pressure",
            "channel_timbre",
            "channel_modulation",
            "channel_loudness_db",
            "channel_volume_db",
            "sustain",
            "sostenuto",
            "soft",
        )
    ]
    + [
        ("key_serial", np.int64, (N_CHANNELS * N_KEYS,)),  # when a key that is down went down; 0: it is up
        ("key_velocity", np.float64, (N_CHANNELS * N_KEYS,)),
        ("last_serial", np.int64),
        ("last_pitch_st", np.float64),  # of the newest note, from which a glide begins
        ("n_sounding", np.int64),
        ("stolen", np.int64),
        ("late", np.int64),  # events that came after their time
        # Rows whose network must be stepped now, and what it is told.
        ("n_wanted", np.int64),
        ("wanted", np.int64, (N_ROWS,)),
        ("wanted_fresh", np.int64, (N_ROWS,)),
        ("wanted_f0", np.float64, (N_ROWS,)),
        ("wanted_loudness", np.float64, (N_ROWS,)),
        # The instrument's own range.
        ("softest_db", np.float64),
        ("loudest_db", np.float64),
        ("middle_st", np.float64),
        ("softest_b_db", np.float64),  # ... and the second's, where two play as one
        ("loudest_b_db", np.float64),
        ("middle_b_st", np.float64),
        ("seed", np.int64),
        # The common noise of all voices, while notes sound: its gains ramp over a piece of the hop.
        ("mixing", np.int64),
        ("mix_start", np.int64),
    ],
    align=True,
)

# A modal instrument: its sound, the microphone's strikes, and of every row (the last one is the voice's strike before this,
# while it fades) the piece that is being played.
modal_dtype = np.dtype(
    [
        ("reference_hz", np.float64),
        ("n_partials", np.int64),
        ("n_noise", np.int64),
        ("noise_step", np.float64),  # samples
        ("track_step", np.float64),
        ("duration", np.float64),
        ("end_fade", np.float64),
        ("due", np.int64),  # 1: a piece begins
        ("stretch_from", np.float64),  # octaves an octave
        ("stretch_to", np.float64),
        ("strike", np.int64),  # 1: the voice strikes anew in this hop
        ("since", np.int64),  # hops since it did
        ("struck_st", np.float64),
        ("lowest_db", np.float64),
        ("fading_since", np.int64),  # sample at which the last row began to fade
    ]
    + [
        (name, kind, (N_ROWS + 1,))
        for name, kind in [
            ("playing", np.int64),
            ("fresh", np.int64),
            ("clock", np.int64),  # sample of the run at which the piece began
            ("age", np.int64),  # samples since the strike, then
            ("length", np.int64),
            ("started", np.int64),  # partials that have begun
            ("ratio_from", np.float64),
            ("ratio_to", np.float64),
            ("more_from", np.float64),  # what is played above the pitch of the sound, cycles per sample
            ("more_to", np.float64),
            ("more_cycles", np.float64),  # how much farther it has come by the start of the piece
            ("tilt_db", np.float64),  # at the end of the piece, and what keeps its power
            ("tilt_gain", np.float64),
        ]
    ],
    align=True,
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
