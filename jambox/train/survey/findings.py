"""What was found in a stretch of sound, as counts: those of two stretches, or of two recordings, add up."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.train.guide import FRAME_S

# Why a part of a recording, or all of it, teaches nothing.
SILENCE = "silence"
NO_PITCH = "no pitch that can be believed"
SEVERAL_NOTES = "several notes at once"
NOISE = "more noise than notes"
SPEECH = "speech"
SAME_TAKE = "the same take again"
TOO_SHORT = "shorter than 0.3 s"

HIGHEST_NOTE = 127
LOUDNESS_STEP_DB, QUIETEST_LOUDNESS_DB, N_LOUDNESS = 3.0, -75.0, 26
N_LEVELS = 121
RUN_STEP_S, N_RUNS = 0.02, 100
SPECTRUM_STEP_HZ, N_SPECTRUM = 250.0, 96

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Findings:
    """Counts of control frames (4 ms) unless said otherwise.

    n_taught: frames that teach; left_out: the others by reason. n_samples, n_clipped, broken_samples: samples of the files.
    n_loud: frames within 30 dB of the loudest; n_pitched of them have a pitch, n_held of these lie in the middle of 84 ms
    of unbroken pitch, and n_steady of these hardly move meanwhile. runs [100]: pitched frames by the length of their
    unbroken run in steps of 20 ms. n_changes: notes that begin without a rest before them.
    n_moments of 40 ms are loud, n_tonal of them have partials, n_unpitched of these no pitch; in n_judged a steady pitch
    could be compared with the partials, and in n_several of these there was more than one note.
    coverage: frames that teach by MIDI note * N_LOUDNESS + step of loudness (3 dB each, from -75 dB on).
    cents [100]: those by deviation from equal temperament (A4 = 440 Hz), -50 first.
    levels, quiet [121]: all frames, and those between the notes, by level in dBFS, -120 first.
    spectrum_db [96]: sum over the n_moments of the level in bands of 250 Hz. decays_s: times of falls by 60 dB.
    """

    n_frames: int = 0
    n_taught: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    n_samples: int = 0
    n_clipped: int = 0
    broken_samples: int = 0
    n_loud: int = 0
    n_pitched: int = 0
    n_held: int = 0
    n_steady: int = 0
    n_changes: int = 0
    n_moments: int = 0
    n_tonal: int = 0
    n_unpitched: int = 0
    n_judged: int = 0
    n_several: int = 0
    coverage: dict[int, int] = field(default_factory=dict)
    cents: Counts = field(default_factory=lambda: np.zeros(100, dtype=np.int64))
    levels: Counts = field(default_factory=lambda: np.zeros(N_LEVELS, dtype=np.int64))
    quiet: Counts = field(default_factory=lambda: np.zeros(N_LEVELS, dtype=np.int64))
    runs: Counts = field(default_factory=lambda: np.zeros(N_RUNS, dtype=np.int64))
    spectrum_db: NDArray[np.float64] = field(default_factory=lambda: np.zeros(N_SPECTRUM))
    decays_s: tuple[float, ...] = ()

    def __add__(self, other: Findings) -> Findings:
        """Both, one after the other."""
        return Findings(**{f.name: _sum(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)})

    @property
    def seconds(self) -> float:
        """What was heard."""
        return self.n_frames * FRAME_S

    @property
    def taught_s(self) -> float:
        """What can be learnt from."""
        return self.n_taught * FRAME_S

    def all_left_out(self, reason: str) -> Findings:
        """The same sound when none of it may be learnt from, for one reason."""
        return replace(
            self,
            n_taught=0,
            left_out={reason: self.n_frames},
            coverage={},
            cents=np.zeros_like(self.cents),
        )


def _sum(one: Any, other: Any) -> Any:
    if isinstance(one, dict):
        return {key: one.get(key, 0) + other.get(key, 0) for key in one | other}
    return one + other
