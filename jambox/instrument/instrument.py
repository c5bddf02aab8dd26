"""A running instrument: the one object that owns the order of the signal path. No threads, no devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import soxr
from numpy.typing import ArrayLike, NDArray

from jambox.analysis import design_analysis, reset_analysis
from jambox.control.bundle import Bundle
from jambox.control.card import Card
from jambox.control.compiled import network_dtype, pack_network, scratch_size, state_size
from jambox.control.scaling import f0_scaled
from jambox.dsp import noise as noise_module
from jambox.dsp import room as room_module
from jambox.dsp.fft import design_twiddles
from jambox.dsp.limiter import design_limiter, reset_limiter
from jambox.dsp.noise import N_NOISE_BANDS, design_noise_loops, noise_loop_lengths
from jambox.dsp.reverb import design_reverb
from jambox.dsp.room import DESIGN_RATE, design_room
from jambox.errors import BadModel, JamboxError
from jambox.frames import MAX_HOP_SIZE, control_hop_size, hop_size
from jambox.instrument.entry import linked_process
from jambox.instrument.events import AS_SOON_AS_POSSIBLE, EVENT_PANIC, EVENT_SET, push_event, take_back_events
from jambox.instrument.kept import kept
from jambox.instrument.layout import F32_REGIONS, F64_REGIONS, N_ROWS, SOUND_REGIONS, allocate
from jambox.instrument.note_events import NoteEvent
from jambox.params import INDEX, PARAMS, checked, values_with

Runtime = Literal["compiled", "torchscript"]

# The largest device block that is played in one piece; larger ones are played in several.
LARGEST_BLOCK = 8192
FADE_IN_DB = -20.0
# Softest and loudest touch (dB) and middle key of an instrument that came without a card.
FOREIGN_RANGE = (-50.0, -12.0, 60.0)


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
    """A trained instrument, running at one sample rate: input samples in, output samples out.

    >>> instrument = Instrument(load_bundle("models/violin"), Design(sample_rate=48_000))
    >>> y = instrument.process(x)  # float32, shape [n], same length as x

    `network` (torchscript runtime) is stepped in place of the compiled one; then `bundle` may be None and `sizes` gives the
    number of harmonics and noise bands.
    """

    def __init__(
        self,
        bundle: Bundle | None,
        design: Design,
        params: Mapping[str, float] | None = None,
        network: Network | None = None,
        sizes: tuple[int, int] | None = None,
        response: tuple[NDArray[np.float64], int] | None = None,
    ) -> None:
        if bundle is None and (network is None or sizes is None):
            raise ValueError("an instrument needs a bundle, or a network and its sizes")
        n_harmonics, n_noise_bands = (
            (bundle.card.n_harmonics, bundle.card.n_noise_bands) if bundle is not None else sizes or (0, 0)
        )
        if n_noise_bands != N_NOISE_BANDS:
            raise BadModel(f"The instrument has {n_noise_bands} noise bands; this version of Jambox plays {N_NOISE_BANDS}.")
        self.bundle = bundle
        self.design = design
        self.network = network
        self.sample_rate = design.sample_rate
        self.hop = hop_size(design.sample_rate)
        room, room_rate = response if response is not None else (_kept_room(), DESIGN_RATE)
        if room_rate != design.sample_rate:
            room = soxr.resample(room, room_rate, design.sample_rate) * (room_rate / design.sample_rate)
        reverb = design_reverb(room, self.hop)
        lengths = noise_loop_lengths(design.sample_rate)
        net, weights = pack_network(bundle) if bundle is not None else (np.zeros(1, network_dtype), np.zeros(1, np.float32))
        state_stride = state_size(bundle) if bundle is not None else 1
        scratch_stride = scratch_size(bundle) if bundle is not None else 1
        sizes_of = dict.fromkeys(F64_REGIONS + F32_REGIONS, 0)
        sizes_of |= {
            "harmonic_scratch": 5 * MAX_HOP_SIZE,
            "noise_lengths": len(lengths),
            "reverb_work": 2 * reverb.fft_size + 2 * reverb.n_bins,
            "reverb_twiddles": reverb.fft_size,
            "weights": len(weights),
            "network_state": N_ROWS * state_stride,
            "network_scratch": N_ROWS * scratch_stride,
            "amplitudes_from": N_ROWS * n_harmonics,
            "amplitudes_to": N_ROWS * n_harmonics,
            "noise_from": N_ROWS * n_noise_bands,
            "noise_to": N_ROWS * n_noise_bands,
            "noise_mix_from": n_noise_bands,
            "noise_mix_to": n_noise_bands,
            "octaves_above": n_harmonics,
            "noise_loops": int(lengths.sum()),
            "piece_in": 2 * self.hop,
            "hop_harmonics": self.hop,
            "hop_noise": self.hop,
            "hop_wet": self.hop,
            "reverb_head": self.hop,
            "reverb_recent": 2 * self.hop,
            "reverb_tail": self.hop,
            "reverb_overlap": self.hop,
            "reverb_spectra": reverb.spectra.size,
            "reverb_line": reverb.spectra.size,
            "reverb_sums": 2 * reverb.n_bins,
        }
        self.memory = allocate(sizes_of)
        self.header = self.memory.header[0]
        for name, content in {
            "noise_lengths": lengths,
            "noise_loops": _kept_noise(design.sample_rate, design.seed),
            "octaves_above": np.log2(np.arange(1, n_harmonics + 1)),
            "weights": weights,
            "reverb_head": reverb.head,
            "reverb_spectra": reverb.spectra.ravel(),
            "reverb_twiddles": design_twiddles(reverb.fft_size),
        }.items():
            self.memory.region(name)[:] = content
        header = self.header
        header["sample_rate"] = design.sample_rate
        header["hop"] = self.hop
        header["ramp"] = control_hop_size(design.sample_rate)
        header["n_harmonics"], header["n_bands"] = n_harmonics, n_noise_bands
        header["state_stride"], header["scratch_stride"] = state_stride, scratch_stride
        header["external_network"] = network is not None
        header["network"] = net[0]
        header["fade_samples"] = round(design.fade_in_s * design.sample_rate)
        for i, row in enumerate(PARAMS):
            hops = row.smoothing_ms * 1e-3 * design.sample_rate / self.hop
            header["param_step"][i] = 1.0 - np.exp(-1.0 / hops) if hops > 0.0 else 1.0
        design_analysis(header["analysis"], design.sample_rate)
        design_limiter(header["limiter"], design.sample_rate)
        self.reset(params or {})

    @property
    def card(self) -> Card | None:
        """The card of the instrument (None for a foreign TorchScript file)."""
        return self.bundle.card if self.bundle is not None else None

    def reset(self, params: Mapping[str, float] | None = None) -> None:
        """[main] Sound state as before the first sample; parameters stay, or become the defaults with `params` changed."""
        header = self.header
        for name in SOUND_REGIONS:
            self.memory.region(name)[:] = 0.0
        for name in ("position", "hop_position", "hop_index", "hop_begun", "network_awaited", "network_faults", "panic"):
            header[name] = 0
        header["reverb_newest"] = 0
        header["voice"] = np.zeros((), dtype=header["voice"].dtype)
        header["notes"] = np.zeros((), dtype=header["notes"].dtype)
        for name, value in zip(("softest_db", "loudest_db", "middle_st"), self._range(), strict=True):
            header["notes"][name] = value
        header["notes"]["seed"] = self.design.seed
        header["fade_from"] = header["fade_to"] = 0.0
        header["fade_db"] = FADE_IN_DB if header["fade_samples"] > 0 else 0.0
        reset_analysis(header["analysis"])
        reset_limiter(header["limiter"])
        for queue in ("events", "applied", "scheduled"):
            header[queue]["written"] = header[queue]["read"] = header[queue]["dropped"] = 0
        if params is not None:
            header["param_target"] = values_with(params)
        header["param_value"] = header["param_previous"] = header["param_target"]
        if self.network is not None:
            self.network.reset()

    def _range(self) -> tuple[float, float, float]:
        """Loudness of the softest and of the loudest touch in dB, and the middle of the keys (MIDI)."""
        card = self.card
        if card is None:
            return FOREIGN_RANGE
        return card.loudness_db.p05, card.loudness_db.p99, float(127.0 * f0_scaled(card.f0_hz.p50))

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

        Blocks of any length give the same samples as one long block.
        """
        x = np.ascontiguousarray(x, dtype=np.float32)
        if x.ndim != 1:
            raise ValueError(f"the input must be mono, shape [n], not {x.shape}")
        y = np.empty_like(x)
        self.process_into(x, y)
        return y

    def process_into(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> None:
        """[audio or any] As `process`, into a buffer of the same length; ValueError unless both are contiguous float32."""
        for samples in (x, y):
            if samples.dtype != np.float32 or not samples.flags.c_contiguous or samples.shape != (len(x),):
                raise ValueError("input and output must be mono, contiguous, float32 and of one length")
        process, memory, first = linked_process(), self.memory.block.ctypes.data, 0
        while True:
            first += process(memory, x.ctypes.data, y.ctypes.data, first, len(x) - first)
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
        """What the instrument hears just now: f0_hz, f0_confidence, loudness_db, voiced; and how many notes sound."""
        analysis = self.header["analysis"]
        return {
            "f0_hz": float(analysis["f0_hz"]),
            "f0_confidence": float(analysis["f0_confidence"]),
            "loudness_db": float(analysis["loudness_db"]),
            "voiced": bool(self.header["voice"]["voiced"]),
            "notes": int(self.header["notes"]["n_sounding"]),
        }


def _kept_room() -> NDArray[np.float64]:
    return kept("room", room_module.__file__, design_room)


def _kept_noise(sample_rate: int, seed: int) -> NDArray[np.float32]:
    """The noise loops; only those of the usual seed are kept, which are some 20 MB."""
    if seed != 0:
        return design_noise_loops(sample_rate, seed)
    return kept(f"noise-{sample_rate}", noise_module.__file__, lambda: design_noise_loops(sample_rate))
