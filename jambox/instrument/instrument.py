"""A running instrument: the one object that owns the order of the signal path. No threads, no devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jambox.analysis import reset_analysis
from jambox.control.bundle import Bundle
from jambox.control.card import Card
from jambox.control.compiled import network_dtype, pack_network, scratch_size, state_size
from jambox.control.modal import ModalBundle, ModalCard
from jambox.dsp.limiter import design_limiter, reset_limiter
from jambox.dsp.noise import N_NOISE_BANDS, noise_loop_lengths
from jambox.dsp.width import design_width, reset_width, width_size
from jambox.errors import BadInput, BadModel, JamboxError
from jambox.frames import MAX_HOP_SIZE, control_hop_size, hop_size
from jambox.instrument.designs import all_rooms, analysis_at, kept_noise
from jambox.instrument.entry import linked_process
from jambox.instrument.events import AS_SOON_AS_POSSIBLE, EVENT_DUCK, EVENT_PANIC, EVENT_SET, push_event, take_back_events
from jambox.instrument.layout import F32_REGIONS, F64_REGIONS, HARMONIC, MODAL, SOUND_REGIONS, allocate
from jambox.instrument.level import reset_level
from jambox.instrument.modal_design import N_HARMONICS, fill_modal, modal_regions
from jambox.instrument.note_events import NoteEvent
from jambox.instrument.octave import reset_octave
from jambox.instrument.own_voice import own_delay_size
from jambox.instrument.playing_range import PlayingRange
from jambox.instrument.room import NO_ROOM
from jambox.instrument.rows import N_ROWS
from jambox.params import BY_ID, INDEX, PARAMS, checked, values_with
from jambox.scala import equal_tuning

Runtime = Literal["compiled", "torchscript"]

# The largest device block that is played in one piece; larger ones are played in several.
LARGEST_BLOCK = 8192
FADE_IN_DB = -20.0
_RANGE_B = ("softest_b_db", "loudest_b_db", "middle_b_st")


class Network(Protocol):
    """A control network that the driver steps itself (the torchscript runtime)."""

    def reset(self) -> None:
        """Forget the sound."""

    def warm_up(self) -> None:
        """Specialise for the calling thread; the sound is forgotten."""

    def step_rows(
        self,
        rows: NDArray[np.int64],
        fresh: NDArray[np.bool_],
        f0_scaled: NDArray[np.float64],
        loudness_scaled: NDArray[np.float64],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """One control hop of n voices with states of their own, forgotten first where `fresh`; all arguments of shape [n].

        Harmonic amplitudes [n, H] and noise magnitudes [n, N].
        """


@dataclass(frozen=True)
class Design:
    """What a running instrument is made of besides its weights; a log keeps it, so that a run can be repeated."""

    sample_rate: int
    seed: int = 0
    fade_in_s: float = 0.0


class Instrument:
    """An instrument, trained or modal, running at one sample rate: input samples in, output samples out.

    >>> instrument = Instrument(load_bundle("models/violin"), Design(sample_rate=48_000))
    >>> y = instrument.process(x)  # float32, shape [n], same length as x

    `network` (torchscript runtime) is stepped in place of the compiled one; then `bundle` may be None and `sizes` gives the
    number of harmonics and noise bands. With a `partner` two instruments play as one (see the parameter `morph`). `response`
    is an impulse response with its rate, the instrument's own room; `tuning_st` the MIDI pitch of every key, shape [128].
    """

    def __init__(
        self,
        bundle: Bundle | ModalBundle | None,
        design: Design,
        params: Mapping[str, float] | None = None,
        network: Network | None = None,
        sizes: tuple[int, int] | None = None,
        response: tuple[NDArray[np.float64], int] | None = None,
        partner: Bundle | ModalBundle | None = None,
        tuning_st: NDArray[np.float64] | None = None,
    ) -> None:
        if bundle is None and (network is None or sizes is None):
            raise ValueError("an instrument needs a bundle, or a network and its sizes")
        if partner is not None:
            partner = _checked_partner(bundle, partner, network)
        modal = bundle if isinstance(bundle, ModalBundle) else None
        trained = None if isinstance(bundle, ModalBundle) else bundle
        n_harmonics, n_noise_bands = sizes or (0, 0)
        if modal is not None:
            n_harmonics, n_noise_bands = N_HARMONICS, modal.card.n_noise_bands
        elif trained is not None:
            n_harmonics, n_noise_bands = trained.card.n_harmonics, trained.card.n_noise_bands
        if n_noise_bands != N_NOISE_BANDS:
            raise BadModel(f"The instrument has {n_noise_bands} noise bands; this version of Jambox plays {N_NOISE_BANDS}.")
        self.bundle = bundle
        self.partner = partner
        self.design = design
        self.network = network
        self.sample_rate = design.sample_rate
        self.hop = hop_size(design.sample_rate)
        rooms = all_rooms(response, design.sample_rate, self.hop)
        reverbs = [room.reverb for room in rooms]
        early, late = reverbs[0].early, reverbs[0].late
        early_rows = max(each.early.n for each in reverbs)
        late_rows = max(1, *(each.late.n for each in reverbs))
        lengths = noise_loop_lengths(design.sample_rate)
        net, weights = _packed(trained)
        net_b, weights_b = _packed(partner)
        state_stride, state_stride_b = (state_size(each) if each is not None else 1 for each in (trained, partner))
        scratch_stride = max(scratch_size(each) if each is not None else 1 for each in (trained, partner))
        modal_sizes, modal_contents = modal_regions(modal, design.sample_rate, self.hop) if modal is not None else ({}, {})
        rows_b = N_ROWS if partner is not None else 0
        sizes_of = dict.fromkeys(F64_REGIONS + F32_REGIONS, 0)
        sizes_of |= {
            "harmonic_scratch": 5 * MAX_HOP_SIZE,
            "noise_lengths": len(lengths),
            "reverb_work": early.work_size,
            "reverb_twiddles": early.fft_size,
            "late_work": late.work_size,
            "late_twiddles": late.fft_size,
            "weights": len(weights),
            "network_state": N_ROWS * state_stride,
            "network_scratch": N_ROWS * scratch_stride,
            "weights_b": len(weights_b),
            "network_state_b": rows_b * state_stride_b,
            "amplitudes_b": rows_b * n_harmonics,
            "noise_b": rows_b * n_noise_bands,
            "amplitudes_from": N_ROWS * n_harmonics,
            "amplitudes_to": N_ROWS * n_harmonics,
            "noise_from": N_ROWS * n_noise_bands,
            "noise_to": N_ROWS * n_noise_bands,
            "noise_mix_from": n_noise_bands,
            "noise_mix_to": n_noise_bands,
            "octaves_above": n_harmonics,
            "tone_gains": n_harmonics,
            "stretch_offsets": N_ROWS * n_harmonics,
            "noise_loops": int(lengths.sum()),
            "piece_in": 2 * self.hop,
            "own_delay": own_delay_size(design.sample_rate),
            "hop_harmonics": self.hop,
            "hop_noise": self.hop,
            "hop_wet": self.hop,
            "width_lines": width_size(design.sample_rate),
            "predelay": round(BY_ID["room_predelay_s"].maximum * design.sample_rate) + self.hop,
            "room_heads": len(reverbs) * self.hop,
            "reverb_head": self.hop,
            "reverb_recent": 2 * self.hop,
            "reverb_tail": self.hop,
            "reverb_overlap": self.hop,
            "reverb_spectra": sum(each.early.spectra.size for each in reverbs),
            "reverb_line": early_rows * early.row,
            "reverb_sums": 2 * early.row,
            "late_heard": 2 * late.size,
            "late_spectra": sum(each.late.spectra.size for each in reverbs),
            "late_line": late_rows * late.row,
            "late_sums": 2 * late.row,
            "late_coming": late.size,
            "late_tail": late.size,
            "late_overlap": late.size,
        } | modal_sizes
        self.memory = allocate(sizes_of)
        self.header = self.memory.header[0]
        for name, content in {
            "noise_lengths": lengths,
            "noise_loops": kept_noise(design.sample_rate, design.seed),
            "octaves_above": np.log2(np.arange(1, n_harmonics + 1)),
            "weights": weights,
            "weights_b": weights_b,
            "room_heads": np.concatenate([each.head for each in reverbs]),
            "reverb_spectra": np.concatenate([each.early.spectra.ravel() for each in reverbs]),
            "reverb_twiddles": early.twiddles(),
            "late_spectra": np.concatenate([each.late.spectra.ravel() for each in reverbs]),
            "late_twiddles": late.twiddles(),
            **modal_contents,
        }.items():
            self.memory.region(name)[:] = content
        header = self.header
        header["kind"] = HARMONIC if modal is None else MODAL
        if modal is not None:
            fill_modal(header["modal"], modal, design.sample_rate)
        header["sample_rate"] = design.sample_rate
        header["hop"] = self.hop
        header["ramp"] = control_hop_size(design.sample_rate)
        header["n_harmonics"], header["n_bands"] = n_harmonics, n_noise_bands
        header["state_stride"], header["scratch_stride"] = state_stride, scratch_stride
        header["external_network"] = network is not None
        header["network"], header["network_b"] = net[0], net_b[0]
        header["state_stride_b"], header["morphing"] = state_stride_b, partner is not None
        header["tuning_st"] = equal_tuning() if tuning_st is None else tuning_st
        for part, counts in (("room", [each.early.n for each in reverbs]), ("late", [each.late.n for each in reverbs])):
            header[f"{part}_partitions"], header[f"{part}_first"] = counts, np.cumsum([0, *counts[:-1]])
        header["room_decay_s"] = [room.decay_s for room in rooms]
        header["fade_samples"] = round(design.fade_in_s * design.sample_rate)
        for i, row in enumerate(PARAMS):
            hops = row.smoothing_ms * 1e-3 * design.sample_rate / self.hop
            header["param_step"][i] = 1.0 - np.exp(-1.0 / hops) if hops > 0.0 else 1.0
        header["analysis"] = analysis_at(design.sample_rate)
        design_width(header["width"], design.sample_rate)
        design_limiter(header["limiter"], design.sample_rate)
        self.reset(params or {})

    @property
    def card(self) -> Card | ModalCard | None:
        """The card of the instrument (None for a foreign TorchScript file)."""
        return _card_of(self.bundle)

    def reset(self, params: Mapping[str, float] | None = None) -> None:
        """[main] Sound state as before the first sample; parameters stay, or become the defaults with `params` changed."""
        header = self.header
        for name in SOUND_REGIONS:
            self.memory.region(name)[:] = 0.0
        for name in ("position", "hop_position", "hop_index", "hop_begun", "network_awaited", "network_faults", "panic"):
            header[name] = 0
        header["reverb_newest"] = header["late_newest"] = header["late_hop"] = header["own_next"] = 0
        header["late_share"] = header["late_gain"] = 0.0
        header["voice"] = np.zeros((), dtype=header["voice"].dtype)
        header["notes"] = np.zeros((), dtype=header["notes"].dtype)
        self._reset_ranges()
        for name in ("duck", "doubt", "snap"):
            header[name] = np.zeros((), dtype=header[name].dtype)
        for name in ("playing", "started", "strike", "since"):
            header["modal"][name] = 0
        header["notes"]["seed"] = self.design.seed
        header["stretched"] = 0
        header["fade_from"] = header["fade_to"] = 0.0
        header["fade_db"] = FADE_IN_DB if header["fade_samples"] > 0 else 0.0
        reset_analysis(header["analysis"])
        reset_width(header["width"])
        reset_limiter(header["limiter"])
        for queue in ("events", "applied", "scheduled"):
            header[queue]["written"] = header[queue]["read"] = header[queue]["dropped"] = 0
        if params is not None:
            header["param_target"] = values_with(params)
        header["param_value"] = header["param_previous"] = header["param_target"]
        room = round(float(header["param_value"][INDEX.room]))
        header["room"], header["room_next"], header["room_lowpass"] = room, NO_ROOM, 0.0
        self.memory.region("reverb_head")[:] = self.memory.region("room_heads").reshape(-1, self.hop)[room]
        if self.network is not None:
            self.network.reset()

    def _reset_ranges(self) -> None:
        """Who plays it was not heard yet; what it plays in itself is on its card."""
        header, own = self.header, PlayingRange.of(self.card)
        for names, each in (
            (("softest_db", "loudest_db", "middle_st"), own),
            (_RANGE_B, PlayingRange.of(_card_of(self.partner))),
        ):
            for name, value in zip(names, (each.softest_db, each.loudest_db, each.middle_st), strict=True):
                header["notes"][name] = value
        reset_octave(header["octave"], own.low_st, own.middle_st, own.high_st)
        reset_level(header["level_match"], own.middle_db, own.loud_db)

    def set(self, id: str, value: float, time: int = AS_SOON_AS_POSSIBLE) -> None:
        """[any, one thread at a time] Let parameter `id` go to `value` from the first hop at or after sample `time`."""
        value = checked(id, value)
        if not push_event(self.header["events"], time, EVENT_SET, getattr(INDEX, id), value):
            raise JamboxError("Too many changes are waiting to be played.")

    def panic(self, time: int = AS_SOON_AS_POSSIBLE) -> None:
        """[any, one thread at a time] End all sound within two hops and without a click, for 85 ms; parameters stay."""
        if not push_event(self.header["events"], time, EVENT_PANIC, 0, 0.0):
            raise JamboxError("Too many changes are waiting to be played.")
        if self.network is not None:
            self.network.reset()

    def duck(self, level_db: float) -> None:
        """[any, one thread at a time] Turn the output down to `level_db` (at most 0) in 10 ms, or up by 40 dB a second."""
        if not push_event(self.header["events"], AS_SOON_AS_POSSIBLE, EVENT_DUCK, 0, level_db):
            raise JamboxError("Too many changes are waiting to be played.")

    def play(self, event: NoteEvent) -> None:
        """[any, one thread at a time] Let a note begin, end or change at its very sample; a late one does so at once."""
        if not push_event(self.header["events"], event.time, event.kind, event.index, event.value):
            raise JamboxError("Too many changes are waiting to be played.")

    def schedule(self, event: NoteEvent) -> bool:
        """[any, one thread at a time] As `play`, for what is known ahead: in order of time, and in nobody's way.

        False if no more can wait; offer it again when some of it was played.
        """
        return bool(push_event(self.header["scheduled"], event.time, event.kind, event.index, event.value))

    def unschedule(self) -> None:
        """[any, the thread that schedules] Nothing that is scheduled and was not played yet is to be played."""
        take_back_events(self.header["scheduled"])

    def params(self) -> dict[str, float]:
        """Where every parameter is heading."""
        return {row.id: float(self.header["param_target"][i]) for i, row in enumerate(PARAMS)}

    def process(self, x: ArrayLike) -> NDArray[np.float32]:
        """[any, one thread at a time] Play the next len(x) samples: mono input at `sample_rate`, shape [n], to output [n].

        Blocks of any length give the same samples as one long block. The output is left and right as one; `process_stereo`
        tells them apart.
        """
        return self._played(x)[0]

    def process_stereo(self, x: ArrayLike) -> NDArray[np.float32]:
        """[any, one thread at a time] As `process`, to left and right: shape [n, 2]. See the parameter `stereo_width`."""
        return left_and_right(*self._played(x))

    def _played(self, x: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        x = np.ascontiguousarray(x, dtype=np.float32)
        if x.ndim != 1:
            raise ValueError(f"the input must be mono, shape [n], not {x.shape}")
        y, side = np.empty_like(x), np.empty_like(x)
        self.process_into(x, y, side)
        return y, side

    def process_into(self, x: NDArray[np.float32], y: NDArray[np.float32], side: NDArray[np.float32] | None = None) -> None:
        """[audio or any] As `process`, into a buffer of the same length; ValueError unless both are contiguous float32.

        `side`, where it is given, gets what left has more than that and right less.
        """
        side = np.empty_like(y) if side is None else side
        for samples in (x, y, side):
            if samples.dtype != np.float32 or not samples.flags.c_contiguous or samples.shape != (len(x),):
                raise ValueError("input and output must be mono, contiguous, float32 and of one length")
        process, memory, first = linked_process(), self.memory.block.ctypes.data, 0
        at = x.ctypes.data, y.ctypes.data, side.ctypes.data
        while True:
            first += process(memory, *at, first, len(x) - first)
            if first >= len(x):
                return
            self._step_network()

    def _step_network(self) -> None:
        assert self.network is not None
        notes = self.header["notes"]
        n = int(notes["n_wanted"])
        rows = notes["wanted"][:n]
        amplitudes, noise = self.network.step_rows(
            rows, notes["wanted_fresh"][:n] == 1, notes["wanted_f0"][:n], notes["wanted_loudness"][:n]
        )
        self.memory.region("amplitudes_to").reshape(N_ROWS, -1)[rows] = amplitudes
        self.memory.region("noise_to").reshape(N_ROWS, -1)[rows] = noise

    def meters(self) -> dict[str, Any]:
        """What the instrument hears just now (f0_hz, f0_confidence, loudness_db, voiced), the pitch that it makes of it, the
        octave and the level that it found for who sings, how far it is turned down against howling, how many notes sound."""
        analysis = self.header["analysis"]
        return {
            "f0_hz": float(analysis["f0_hz"]),
            "f0_confidence": float(analysis["f0_confidence"]),
            "loudness_db": float(analysis["loudness_db"]),
            "voiced": bool(self.header["voice"]["voiced"]),
            "played_hz": float(self.header["voice"]["f0_to_hz"]),
            "auto_octave_st": float(self.header["octave"]["shift_st"]),
            "auto_level_db": float(self.header["level_match"]["shift_db"]),
            "ducked_db": float(self.header["duck"]["level_db"]),
            "notes": int(self.header["notes"]["n_sounding"]),
        }


def left_and_right(mid: NDArray[np.float32], side: NDArray[np.float32]) -> NDArray[np.float32]:
    """[any] Frames of shape [n, 2] from what both have in common and what one has more than the other, shape [n] each."""
    return np.stack([mid + side, mid - side], axis=1)


def _card_of(bundle: Bundle | ModalBundle | None) -> Card | ModalCard | None:
    return bundle.card if bundle is not None else None


def _packed(bundle: Bundle | None) -> tuple[NDArray[np.void], NDArray[np.float32]]:
    return pack_network(bundle) if bundle is not None else (np.zeros(1, network_dtype), np.zeros(1, np.float32))


def _checked_partner(bundle: Bundle | ModalBundle | None, partner: Bundle | ModalBundle, network: Network | None) -> Bundle:
    """The partner; BadModel, BadInput: what cannot be played as one."""
    for each in (bundle, partner):
        if isinstance(each, ModalBundle):
            raise BadInput(f"{each.card.name} is one sound, of kind modal: only two trained instruments play as one.")
    assert isinstance(partner, Bundle)
    assert not isinstance(bundle, ModalBundle)
    if bundle is None or network is not None:
        raise BadInput("Two instruments play as one with the compiled runtime only.")
    if (partner.card.n_harmonics, partner.card.n_noise_bands) != (bundle.card.n_harmonics, bundle.card.n_noise_bands):
        raise BadModel(
            f"{bundle.card.name} and {partner.card.name} cannot play as one: they have {bundle.card.n_harmonics} and "
            f"{partner.card.n_harmonics} harmonics."
        )
    return partner
