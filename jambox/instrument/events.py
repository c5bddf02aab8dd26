"""Events: the one queue through which anything is changed while a run goes on, in order, each with a sample time.

One thread writes, the audio thread reads; what was applied, and when, is written to a second queue of the same kind, from
which a log is made. What is known long before its time (a song) waits in a third, so that it holds nobody up. Release on
writing and acquire on reading keep the order on every processor.
"""

from __future__ import annotations

from typing import Any

from jambox.instrument.layout import EVENT_CAPACITY
from jambox.kernels import fence, intrinsic, kernel, small_kernel

EVENT_SET = 1  # parameter `index` goes to `value`
EVENT_PANIC = 2  # all sound ends at once: what rings, what is held
# Notes. Their index is a place: channel * PLACES + key, or the whole channel. They count at their very sample.
EVENT_NOTE_ON = 3  # velocity, 0 to 1
EVENT_NOTE_OFF = 4
EVENT_BEND = 5  # semitones
EVENT_PRESSURE = 6  # 0 to 1
EVENT_TIMBRE = 7  # -1 dark to 1 bright
EVENT_MODULATION = 8  # 0 to 1
EVENT_LOUDNESS = 9  # dB that breath and expression add to the loudness of the channel's notes
EVENT_VOLUME = 10  # dB that the channel's notes are turned up, their timbre unchanged
EVENT_SUSTAIN = 11  # pedals: down from 0.5
EVENT_SOSTENUTO = 12
EVENT_SOFT = 13
EVENT_ALL_NOTES_OFF = 14
EVENT_ALL_SOUND_OFF = 15
EVENT_RESET_CONTROLLERS = 16
EVENT_DUCK = 17  # the output goes to `value` dB, at most 0
FIRST_NOTE_EVENT, LAST_NOTE_EVENT = EVENT_NOTE_ON, EVENT_RESET_CONTROLLERS

PLACES = 256
WHOLE_CHANNEL = 128

AS_SOON_AS_POSSIBLE = -1


def _pointer(context: Any, builder: Any, array_type: Any, array: Any) -> Any:
    from numba.np import arrayobj

    return arrayobj.make_array(array_type)(context, builder, array).data


def _load_acquire(typingctx: Any, counter: Any) -> Any:
    """[any] Element 0 of an int64 array; what its writer wrote before is visible."""
    from numba import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_pointer(context, builder, signature.args[0], arguments[0]), "acquire", 8)

    return types.int64(counter), codegen


def _store_release(typingctx: Any, counter: Any, value: Any) -> Any:
    """[any] Write element 0 of an int64 array after everything written before."""
    from numba import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], arguments[0])
        builder.store_atomic(arguments[1], pointer, "release", 8)
        return context.get_dummy_value()

    return types.void(counter, types.int64), codegen


def _load_in_python(counter: Any) -> int:
    value = int(counter[0])
    fence()
    return value


def _store_in_python(counter: Any, value: int) -> None:
    fence()
    counter[0] = value


load_acquire: Any = intrinsic(_load_acquire, _load_in_python)
store_release: Any = intrinsic(_store_release, _store_in_python)


@small_kernel
def push_event(queue: Any, time: int, kind: int, index: int, value: float) -> bool:
    """[any] Append an event; False if the queue is full (nothing is written then)."""
    written = queue["written"][0]
    if written - load_acquire(queue["read"]) >= EVENT_CAPACITY:
        return False
    at = written % EVENT_CAPACITY
    queue["time"][at] = time
    queue["kind"][at] = kind
    queue["index"][at] = index
    queue["value"][at] = value
    store_release(queue["written"], written + 1)
    return True


@kernel
def next_due_event(queue: Any, position: int) -> int:
    """[audio] Slot of the oldest event if it is due at sample `position`, else -1. Call `pop_event` when it is applied."""
    read = queue.read[0]
    if load_acquire(queue.written) == read:
        return -1
    at = read % EVENT_CAPACITY
    return at if queue.time[at] <= position else -1


@kernel
def samples_to_next_event(queue: Any, position: int) -> int:
    """[audio] Samples from `position` to the oldest event that waits; very many if none does."""
    read = queue.read[0]
    if load_acquire(queue.written) == read:
        return 1 << 40
    return int(queue.time[read % EVENT_CAPACITY] - position)


@kernel
def pop_event(queue: Any) -> None:
    """[audio] Free the slot of the oldest event."""
    store_release(queue.read, queue.read[0] + 1)


@small_kernel
def take_back_events(queue: Any) -> None:
    """[any, who writes] Nothing that waits in the queue now is to be played."""
    store_release(queue["dropped"], queue["written"][0])


@kernel
def drop_events(queue: Any) -> None:
    """[audio] Pass over what was taken back."""
    dropped = load_acquire(queue.dropped)
    if queue.read[0] < dropped:
        store_release(queue.read, dropped)
