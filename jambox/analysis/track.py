"""The live analysis run over a whole recording: what `jambox analyze`, training and the tests see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis.hop import analyse_hop
from jambox.analysis.samples import push_samples
from jambox.analysis.state import analysis_state_dtype, design_analysis
from jambox.kernels import kernel


@dataclass(frozen=True)
class AnalysisTrack:
    """One row per complete analysis hop, all arrays float64 of shape [n_hops].

    time_s is the time of the newest sample used, the first sample of the recording being at 0.
    """

    time_s: NDArray[np.float64]
    f0_hz: NDArray[np.float64]
    f0_confidence: NDArray[np.float64]
    loudness_db: NDArray[np.float64]


@kernel
def _run(state: Any, audio: NDArray[np.float32], hop: int, out: NDArray[np.float64]) -> None:
    for i in range(out.shape[1]):
        push_samples(state, audio, i * hop, hop)
        analyse_hop(state)
        out[0, i] = state.f0_hz
        out[1, i] = state.f0_confidence
        out[2, i] = state.loudness_db


def analyse(audio: NDArray[np.float32], sample_rate: int) -> AnalysisTrack:
    """[main] What the live analysis hears in `audio`, float mono of shape [n_samples]; a last incomplete hop is left out.

    Raises BadInput unless 44100 <= sample_rate <= 96000.
    """
    state: Any = np.zeros(1, dtype=analysis_state_dtype)
    design_analysis(state[0], sample_rate)
    hop = int(state[0]["hop_size"])
    samples = np.ascontiguousarray(audio, dtype=np.float32)
    out = np.zeros((3, len(samples) // hop))
    _run(state[0], samples, hop, out)
    time_s = (np.arange(1, out.shape[1] + 1) * hop - 1) / sample_rate
    return AnalysisTrack(time_s, out[0], out[1], out[2])
