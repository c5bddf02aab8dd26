"""Levels played by the live kernels: what training, validation and the analysis-resynthesis bound are judged on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.dsp.harmonic import phase_in_cycles, render_harmonics
from jambox.dsp.noise import design_noise_loops, noise_loop_lengths, render_noise
from jambox.frames import ANALYSIS_HOPS_PER_CONTROL_HOP
from jambox.kernels import kernel
from jambox.train.synth import analysis_hop_f0


@kernel
def _play(
    out: NDArray[np.float32],
    f0_hz: NDArray[np.float64],
    harmonics: NDArray[np.float32],
    noise: NDArray[np.float32],
    loops: NDArray[np.float32],
    lengths: NDArray[np.float64],
    hop: int,
    hops_per_frame: int,
    sample_rate: float,
) -> None:
    scratch = np.empty(5 * hop)
    ramp = hop * hops_per_frame
    phase = 0.0
    for h in range(f0_hz.shape[0] - 1):
        frame = h // hops_per_frame
        done = (h % hops_per_frame) * hop
        first = h * hop
        render_harmonics(
            out,
            first,
            hop,
            scratch,
            phase,
            f0_hz[h],
            f0_hz[h + 1],
            0,
            hop,
            harmonics[frame],
            harmonics[frame + 1],
            done,
            ramp,
            1.0,
            1.0,
            sample_rate,
        )
        render_noise(out, first, hop, loops, lengths, first, noise[frame], noise[frame + 1], done, ramp)
        phase = phase_in_cycles(phase, f0_hz[h], f0_hz[h + 1], float(hop), hop, sample_rate)


class Playback:
    """The live harmonic bank and noise at one sample rate."""

    def __init__(self, sample_rate: int, control_hop: int, seed: int = 0) -> None:
        self.sample_rate = sample_rate
        self._hop = control_hop // ANALYSIS_HOPS_PER_CONTROL_HOP
        self._loops = design_noise_loops(sample_rate, seed)
        self._lengths = noise_loop_lengths(sample_rate).astype(np.float64)

    def play(
        self, f0_hz: NDArray[np.float64], harmonics: NDArray[np.float32], noise: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Audio [T * control_hop] of pitch [T+1], harmonic amplitudes [T+1,H] and noise magnitudes [T+1,N], all linear."""
        out = np.zeros((len(f0_hz) - 1) * self._hop * ANALYSIS_HOPS_PER_CONTROL_HOP, dtype=np.float32)
        _play(
            out,
            analysis_hop_f0(np.asarray(f0_hz, dtype=np.float64)),
            np.ascontiguousarray(harmonics, dtype=np.float32),
            np.ascontiguousarray(noise, dtype=np.float32),
            self._loops,
            self._lengths,
            self._hop,
            ANALYSIS_HOPS_PER_CONTROL_HOP,
            float(self.sample_rate),
        )
        return out
