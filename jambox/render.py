"""The offline driver: a whole signal through an instrument, or a logged run once more."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jambox.errors import BadInput
from jambox.instrument.events import AS_SOON_AS_POSSIBLE, EVENT_SET, push_event
from jambox.instrument.instrument import Design, Instrument, left_and_right
from jambox.instrument.note_events import NoteEvent
from jambox.instrument.opening import instrument_hash, open_instrument
from jambox.take import Event, Origin, Player, Take
from jambox.units import gain_to_db

_BLOCK = 4096
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Rendered:
    """Output samples, what left and right have in common and what left has more (both float32, shape [n]), and, once an
    analysis hop, what was heard (arrays of shape [hops])."""

    samples: NDArray[np.float32]
    side: NDArray[np.float32]
    sample_rate: int
    f0_hz: NDArray[np.float64]
    voiced: NDArray[np.bool_]

    @property
    def frames(self) -> NDArray[np.float32]:
        """As a file or a loudspeaker takes it: shape [n] if left and right are the same, else [n, 2]."""
        return left_and_right(self.samples, self.side) if np.any(self.side) else self.samples

    def levels(self) -> dict[str, float]:
        """peak_db, rms_db and share of time in which a note sounded."""
        peak = float(np.max(np.abs(self.frames), initial=0.0))
        rms = float(np.sqrt(np.mean(self.samples.astype(np.float64) ** 2))) if len(self.samples) else 0.0
        voiced_f0 = self.f0_hz[self.voiced]
        return {
            "peak_db": round(float(gain_to_db(peak)), 2),
            "rms_db": round(float(gain_to_db(rms)), 2),
            "voiced_share": round(float(np.mean(self.voiced)) if len(self.voiced) else 0.0, 4),
            "median_f0_hz": round(float(np.median(voiced_f0)) if len(voiced_f0) else 0.0, 2),
        }


def render_samples(
    instrument: Instrument, x: NDArray[np.float32], tail_s: float = 0.0, progress: Progress | None = None
) -> Rendered:
    """Play `x` (mono, float32, shape [n], at the instrument's rate) from a fresh state, then `tail_s` of silence.

    `progress` is called with the number of samples done since the last call.
    """
    instrument.reset()
    total = len(x) + round(tail_s * instrument.sample_rate)
    y, side = np.empty(total, dtype=np.float32), np.empty(total, dtype=np.float32)
    hop = instrument.hop
    f0_hz = np.zeros(-(-total // hop))
    voiced = np.zeros(len(f0_hz), dtype=bool)
    voice = instrument.header["voice"]
    for first in range(0, total, hop):
        last = min(first + hop, total)
        block = np.zeros(last - first, dtype=np.float32)
        known = x[first:last]
        block[: len(known)] = known
        instrument.process_into(block, y[first:last], side[first:last])
        f0_hz[first // hop] = voice["f0_to_hz"]
        voiced[first // hop] = voice["voiced"] == 1
        if progress is not None and (first // hop) % (_BLOCK // hop) == 0:
            progress(min(_BLOCK // hop * hop, total - first))
    return Rendered(y, side, instrument.sample_rate, f0_hz, voiced)


def render_notes(
    instrument: Instrument, events: list[NoteEvent], tail_s: float = 1.0, progress: Progress | None = None
) -> Rendered:
    """Play events (in order of their samples) from a fresh state, until the last note is over, then `tail_s` more."""
    instrument.reset()
    pieces: list[NDArray[np.float32]] = []  # of both, each of shape [2, count]
    waiting = deque(events)
    first, tail = 0, round(tail_s * instrument.sample_rate)
    silence = np.zeros(_BLOCK, dtype=np.float32)
    while waiting or int(instrument.header["notes"]["n_sounding"]) or tail > 0:
        count = _BLOCK
        while waiting and waiting[0].time < first + _BLOCK:
            instrument.play(waiting.popleft())
        if not waiting and not int(instrument.header["notes"]["n_sounding"]) and pieces:
            count = min(count, tail)
            tail -= count
        if count:
            piece = np.empty((2, count), dtype=np.float32)
            instrument.process_into(silence[:count], piece[0], piece[1])
            pieces.append(piece)
        first += count
        if progress is not None:
            progress(count)
    y, side = np.concatenate(pieces, axis=1) if pieces else np.zeros((2, 0), dtype=np.float32)
    return Rendered(y, side, instrument.sample_rate, np.zeros(0), np.zeros(0, dtype=bool))


def replay_take(folder: Path | str, instrument: str | Path | None = None, trusted: bool = False) -> Rendered:
    """Play a logged run again, to the same samples; `instrument` overrides where the instrument is found.

    BadInput if the instrument is not the one of the log (by hash).
    """
    take = Take(folder)
    session = take.session
    if not session.complete:
        raise BadInput(f"{folder} cannot be played again: samples are missing, since the disk was too slow for the log.")
    names = [session.instrument if instrument is None else str(instrument), *(player.instrument for player in take.players)]
    n = len(take.input)
    y = np.zeros((2, n), dtype=np.float32)
    for number, (name, origin) in enumerate(zip(names, [session, *take.players], strict=True)):
        fade_in_s = session.fade_in_s if number == 0 else 0.0
        player = _opened(name, origin, Design(session.sample_rate, origin.seed, fade_in_s), folder, trusted)
        arrives = min(origin.time, n) if isinstance(origin, Player) else 0
        # It goes when the next one is alone; nobody's is the last.
        after = take.players[number] if number < len(take.players) else None
        leaves = n if after is None else min(n, after.time + after.listen_samples + after.fade_samples)
        events = [event for event in take.events if event.player == number]
        played = _replayed(player, take.input[arrives:leaves], arrives, events)
        if isinstance(origin, Player):
            played = _faded_in(played, y[:, arrives:leaves], origin)
        y[:, arrives:leaves] = played
    empty = np.zeros(0)
    return Rendered(y[0], y[1], session.sample_rate, empty, empty.astype(bool))


def _opened(name: str, origin: Origin, design: Design, folder: Path | str, trusted: bool) -> Instrument:
    if instrument_hash(name) != origin.instrument_hash:
        raise BadInput(f"The instrument {name} is not the one that was played in {folder}.")
    room = Path(origin.room) if origin.room else None
    scale = Path(origin.scale) if origin.scale else None
    return open_instrument(name, design, origin.params, origin.runtime, trusted=trusted, room=room, scale=scale)


def _replayed(player: Instrument, x: NDArray[np.float32], arrives: int, events: list[Event]) -> NDArray[np.float32]:
    """What `player` makes of `x`, whose first sample is the run's sample `arrives`, with its events at their samples: what
    left and right have in common and what left has more, shape [2, n]."""
    y = np.empty((2, len(x)), dtype=np.float32)
    player.reset()
    first = 0
    # In the order of their samples: a parameter counts from the next hop, a note that came after it at once.
    events = sorted(events, key=lambda event: event.time)
    for event in [*events, Event(time=arrives + len(x), kind=0, index=0, value=0.0)]:
        last = min(event.time - arrives, len(x))
        if last > first:
            player.process_into(x[first:last], y[0, first:last], y[1, first:last])
            first = last
        if event.kind == EVENT_SET and event.id:
            # By name: the table of parameters may have grown since.
            player.set(event.id, event.value)
        elif event.kind:
            push_event(player.header["events"], AS_SOON_AS_POSSIBLE, event.kind, event.index, event.value)
    return y


def _faded_in(coming: NDArray[np.float32], staying: NDArray[np.float32], player: Player) -> NDArray[np.float32]:
    """The crossfade of the stage (engine/stage.py), to the same samples; both of shape [2, n]."""
    y = coming.copy()
    n = y.shape[1]
    first = min(player.listen_samples, n)
    fade = slice(first, min(first + player.fade_samples - 1, n))
    y[:, :first] = staying[:, :first]
    way = np.arange(1, fade.stop - fade.start + 1) / player.fade_samples
    share = (way * way * (3.0 - 2.0 * way)).astype(np.float32)
    y[:, fade] = staying[:, fade] + share * (coming[:, fade] - staying[:, fade])
    return y
