"""A flood of random note events through the compiled kernels, with the promises of the pool counted after each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.instrument import Instrument
from jambox.instrument.events import EVENT_NOTE_OFF, EVENT_SOSTENUTO, EVENT_SUSTAIN, PLACES, WHOLE_CHANNEL
from jambox.instrument.pool import FADING, HELD, OFF, apply_note_event
from jambox.instrument.rows import N_CHANNELS, N_KEYS, N_ROWS
from jambox.kernels import kernel
from jambox.params import INDEX as P
from tests.instrument.notes import KINDS


@kernel
def _broken(h: Any) -> int:
    """Notes that are held by nothing: no key that is down, no pedal; or more notes than there may be."""
    n = h.notes
    broken, sounding = 0, 0
    for row in range(1, N_ROWS):
        if n.state[row] == OFF or n.state[row] == FADING:
            continue
        sounding += 1
        if n.state[row] != HELD:
            continue
        channel = n.channel[row]
        down = n.key_down[row] == 1 and n.key_serial[channel * N_KEYS + n.key[row]] > 0
        if not (down or n.sustain[channel] >= 0.5 or (n.kept[row] == 1 and n.sostenuto[channel] >= 0.5)):
            broken += 1
        if n.key_down[row] == 1 and not down:
            broken += 1
    return broken + (1 if sounding > int(h.param_value[P.polyphony] + 0.5) else 0)


@kernel
def _play(h: Any, kinds: NDArray[np.int64], index: NDArray[np.int64], value: NDArray[np.float64]) -> int:
    """Events one after the other; some notes end by themselves in between, as they do when samples pass."""
    broken = 0
    for i in range(len(kinds)):
        apply_note_event(h, kinds[i], index[i], value[i])
        if i % 3 == 0:
            row = 1 + i % (N_ROWS - 1)
            if h.notes.state[row] == FADING or (h.notes.state[row] != HELD and i % 7 == 0):
                h.notes.state[row] = OFF
        for row in range(1, N_ROWS):
            h.notes.fresh[row] = 0
        if i % 1009 == 0:
            h.param_value[P.voice_mode] = (i // 1009) % 4
        broken += _broken(h)
    return broken


def flood(instrument: Instrument, n: int, seed: int = 1) -> tuple[int, int]:
    """Broken promises, and how many notes began; at the end every key and every pedal goes up."""
    source = np.random.default_rng(seed)
    weights = np.array([weight for weight, _, _ in KINDS.values()], dtype=np.float64)
    kinds = source.choice(list(KINDS), size=n, p=weights / weights.sum()).astype(np.int64)
    index = source.integers(0, N_CHANNELS, n) * PLACES + source.integers(30, 70, n)
    value = source.uniform(0.0, 1.0, n)
    broken = int(_play(instrument.header, kinds, index, value))
    last = [(EVENT_NOTE_OFF, channel * PLACES + key) for channel in range(N_CHANNELS) for key in range(N_KEYS)]
    for kind in (EVENT_SUSTAIN, EVENT_SOSTENUTO):
        last += [(kind, channel * PLACES + WHOLE_CHANNEL) for channel in range(N_CHANNELS)]
    ends = np.array(last, dtype=np.int64)
    broken += int(_play(instrument.header, ends[:, 0].copy(), ends[:, 1].copy(), np.zeros(len(ends))))
    return broken, int(instrument.header["notes"]["last_serial"])
