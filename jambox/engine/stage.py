"""The stage: where an instrument plays for a device, and where the next one takes its place while it sounds.

One block of memory, like an instrument's: a record of fixed layout, then buffers. The audio callback gets its address and
finds the instruments through it, by the addresses of their memories. A newcomer first listens for a while without being
heard (its pitch tracker and its network need some past), then both sound in a crossfade of equal gain, which never passes
full scale; then the old one is handed back to be freed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.engine.clock import clock_dtype, is_of_stream, sample_at
from jambox.engine.load import LOAD_BINS
from jambox.instrument import Instrument
from jambox.instrument.entry import linked_process
from jambox.instrument.events import load_acquire, store_release
from jambox.instrument.instrument import LARGEST_BLOCK
from jambox.instrument.note_events import NoteEvent
from jambox.kernels import kernel, small_kernel

RING_S = 5.0
LISTEN_S = 0.15
CROSSFADE_S = 0.06
ADMISSIONS = 64
# In place of a channel: the mean of all.
ALL_CHANNELS = -1

stage_dtype = np.dtype(
    [
        ("n_bytes", np.int64),
        ("sample_rate", np.float64),
        ("position", np.int64, (1,)),  # samples since the stream began; as many went into the rings
        # Addresses of instruments' memories; 0: none. The control thread writes `incoming` and takes `retired`.
        ("current", np.int64, (1,)),
        ("incoming", np.int64, (1,)),
        ("next", np.int64, (1,)),
        ("retired", np.int64, (1,)),
        # Samples of the stream at which those on stage began: their own clocks start there.
        ("current_from", np.int64),
        ("next_from", np.int64),
        ("listen_samples", np.int64),
        ("fade_samples", np.int64),
        ("listened", np.int64),
        ("faded", np.int64),
        ("swaps", np.int64),
        # Who came n-th on stage came at sample admitted_at[n % ADMISSIONS]; the first at 0.
        ("admissions", np.int64, (1,)),
        ("admitted_at", np.int64, (ADMISSIONS,)),
        # The device, as it was opened.
        ("channels_in", np.int64),
        ("channels_out", np.int64),
        ("channel_in", np.int64),  # or ALL_CHANNELS
        ("first_out", np.int64),  # the sound goes to this channel ...
        ("n_out", np.int64),  # ... and so many from it on; the others stay silent
        # What went wrong, counted.
        ("callbacks", np.int64),
        ("block", np.int64),  # samples in the last one
        ("overflows", np.int64),
        ("underflows", np.int64),
        ("dropouts_ours", np.int64),  # the device lost a block after one that took us too long
        ("dropouts_machine", np.int64),  # ... after one in which the machine let us wait
        ("dropouts_device", np.int64),  # ... and neither
        ("late", np.int64),  # blocks beyond their deadline, whoever is to blame
        ("bypassed", np.int64),  # 1: the network is too slow for the device, and silenced
        ("cause", np.int64),  # of the last block's lateness
        ("broken_inputs", np.int64),  # samples that were no numbers
        ("howls", np.int64),  # times that a loudspeaker fed back; the control thread counts them
        ("clock", np.int64, (2,)),
        ("times", np.float64, (2,)),
        ("stream_clock", clock_dtype),
        ("cpu_sum", np.float64),
        ("cpu_max", np.float64),
        ("wall_max", np.float64),
        ("cpu_load", np.int64, (LOAD_BINS,)),
        ("wall_load", np.int64, (LOAD_BINS,)),
        # Buffers, in float32 items from the start of the block.
        ("heard_at", np.int64),
        ("played_at", np.int64),
        ("coming_at", np.int64),
        ("played_side_at", np.int64),  # what left has more than that
        ("coming_side_at", np.int64),
        ("ring_in_at", np.int64),
        ("ring_out_at", np.int64),
        ("ring_side_at", np.int64),
        ("ring_size", np.int64),
    ],
    align=True,
)


@small_kernel
def hand_over(slot: Any, address: int) -> None:
    """[any] Write an address for the other thread, after all that it stands for."""
    store_release(slot, address)


@small_kernel
def taken(slot: Any) -> int:
    """[any] The address that the other thread wrote."""
    return int(load_acquire(slot))


class Stage:
    """The memory, and the instruments that stand on it. `record` is what the kernels call `s`."""

    def __init__(self, sample_rate: int, ring_s: float = RING_S) -> None:
        ring = round(ring_s * sample_rate)
        at = -(-stage_dtype.itemsize // 64) * 16
        places = {}
        for name, size in (
            ("heard", LARGEST_BLOCK),
            ("played", LARGEST_BLOCK),
            ("coming", LARGEST_BLOCK),
            ("played_side", LARGEST_BLOCK),
            ("coming_side", LARGEST_BLOCK),
            ("ring_in", ring),
            ("ring_out", ring),
            ("ring_side", ring),
        ):
            places[name] = (at, size)
            at += -(-size // 16) * 16
        # Written to here, so that no page is first touched on the audio thread.
        self.block = np.empty(4 * at, dtype=np.uint8)
        self.block.fill(0)
        self.f32: NDArray[np.float32] = self.block.view(np.float32)
        self.record: Any = self.block[: stage_dtype.itemsize].view(stage_dtype)[0]
        record = self.record
        record["n_bytes"] = len(self.block)
        record["sample_rate"] = sample_rate
        record["listen_samples"] = round(LISTEN_S * sample_rate)
        record["fade_samples"] = round(CROSSFADE_S * sample_rate)
        record["ring_size"] = ring
        record["channels_in"] = record["channels_out"] = record["n_out"] = 1
        for name, (place, _) in places.items():
            record[f"{name}_at"] = place
        (
            self.heard,
            self.played,
            self.coming,
            self.played_side,
            self.coming_side,
            self.ring_in,
            self.ring_out,
            self.ring_side,
        ) = (self.f32[place : place + size] for place, size in places.values())
        self._instruments: dict[int, Instrument] = {}
        # Held by whoever writes into the instruments' queues, or changes who they are.
        self.lock = threading.RLock()
        self.stream_time: Callable[[], float] | None = None  # of the device, where it tells its time to callbacks
        # Whatever plays from this stage is linked to it.
        linked_process()

    @property
    def position(self) -> int:
        """Samples played since the stream began."""
        return int(self.record["position"][0])

    @property
    def instruments(self) -> list[Instrument]:
        """Those that play or are about to, the oldest first."""
        with self.lock:
            return list(self._instruments.values())

    def at(self, address: int) -> Instrument:
        """[any] The instrument whose memory lies at `address`."""
        return self._instruments[address]

    def enter(self, instrument: Instrument) -> bool:
        """[main] Let `instrument` take over at the next block: at once if nobody plays, else by crossfade.

        False while another change is under way.
        """
        self.free_retired()
        if self.occupied:
            return False
        address = instrument.memory.block.ctypes.data
        with self.lock:
            self._instruments[address] = instrument
        hand_over(self.record["incoming"], address)
        return True

    def players(self) -> list[tuple[Instrument, int]]:
        """[any, with the lock] Who plays and who is about to, each with the sample of the stream at which it began."""
        found = []
        for slot, began in (("current", "current_from"), ("next", "next_from")):
            address = int(self.record[slot][0])
            if address in self._instruments:
                found.append((self._instruments[address], int(self.record[began])))
        return found

    def play(self, event: NoteEvent) -> None:
        """[any] A note, its time in samples of the stream, to whoever plays and whoever is about to."""
        with self.lock:
            for instrument, began in self.players():
                instrument.play(replace(event, time=max(event.time - began, 0)))

    def time_s(self) -> float:
        """[any] This moment, as the stream's clock counts."""
        if is_of_stream(self.record["stream_clock"]) and self.stream_time is not None:
            return self.stream_time()
        return time.monotonic()

    def now(self, ago_s: float = 0.0) -> tuple[int, int]:
        """[any] The sample at which the device is, or was so many seconds ago, and the length of a block.

        A device that stands still is no further than two blocks after the start of its last one.
        """
        block, position = int(self.record["block"]), self.position
        sample = round(sample_at(self.record["stream_clock"], self.time_s() - ago_s))
        return min(max(sample, 0), position + block), block

    @property
    def occupied(self) -> bool:
        """[main] Whether there is no room for a newcomer: one is on the way, or who left was not freed yet."""
        return self.changing or bool(self.record["retired"][0])

    @property
    def changing(self) -> bool:
        """[main] Whether a newcomer has not taken over yet."""
        return bool(self.record["incoming"][0] or self.record["next"][0])

    def free_retired(self) -> bool:
        """[main] Give the memory of an instrument back that has left; True if one had."""
        address = int(taken(self.record["retired"]))
        if not address:
            return False
        with self.lock:
            del self._instruments[address]
        hand_over(self.record["retired"], 0)
        return True


@kernel
def admit(s: Any) -> None:
    """[audio] A newcomer steps on stage, if there is one and room for it."""
    if s.next[0] != 0 or s.retired[0] != 0:
        return
    address = load_acquire(s.incoming)
    if address == 0:
        return
    if s.current[0] == 0:
        s.current[0] = address
        s.current_from = s.position[0]
    else:
        s.next_from = s.position[0]
        s.listened = 0
        s.faded = 0
        s.next[0] = address
    s.admitted_at[s.admissions[0] % ADMISSIONS] = s.position[0]
    store_release(s.admissions, s.admissions[0] + 1)
    store_release(s.incoming, np.int64(0))


@kernel
def crossfade(s: Any, f32: NDArray[np.float32], count: int) -> None:
    """[audio] The newcomer's samples into those played, and the change of guard when it is done."""
    if s.next[0] == 0:
        return
    for i in range(count):
        if s.listened < s.listen_samples:
            s.listened += 1
            continue
        s.faded = min(s.faded + 1, s.fade_samples)
        way = s.faded / s.fade_samples
        share = np.float32(way * way * (3.0 - 2.0 * way))
        # At its end the newcomer's very samples, not a rounding away from them.
        for into, source in ((s.played_at + i, s.coming_at + i), (s.played_side_at + i, s.coming_side_at + i)):
            staying, coming = f32[into], f32[source]
            f32[into] = staying + share * (coming - staying) if s.faded < s.fade_samples else coming
    if s.faded >= s.fade_samples and s.listened >= s.listen_samples:
        leaving = s.current[0]
        s.current[0] = s.next[0]
        s.current_from = s.next_from
        s.next[0] = 0
        s.swaps += 1
        store_release(s.retired, leaving)
