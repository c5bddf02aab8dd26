"""The whole synthesis once more in float64: what an instrument plays, given the controls it had at its hops.

Sines of the C library, phases and ramps in double precision, the room as one convolution. Analysis and network are not
repeated here: their results, read from a run, are what is synthesised.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from jambox.dsp.harmonic import FADE_END, FADE_START
from jambox.dsp.limiter import THRESHOLD
from jambox.dsp.noise import noise_loop_lengths
from jambox.dsp.room import DESIGN_RATE, design_room
from jambox.frames import ANALYSIS_HOPS_PER_CONTROL_HOP
from jambox.instrument import Instrument
from tests.dsp.blocks import error_db

ENDS = ("f0_from_hz", "f0_to_hz", "harmonics_gain_from", "harmonics_gain_to", "noise_gain_from", "noise_gain_to")
REGIONS = ("amplitudes_from", "amplitudes_to", "noise_from", "noise_to")


def synthesis_error_db(instrument: Instrument, x: NDArray[np.float32], reverb_mix: float = 0.3) -> float:
    """Energy of the difference between an instrument's output for `x` (at DESIGN_RATE) and the float64 reference, in dB."""
    assert instrument.sample_rate == DESIGN_RATE
    hop = instrument.hop
    n_hops = len(x) // hop
    y = np.zeros(n_hops * hop, dtype=np.float32)
    controls = {name: np.zeros(n_hops) for name in ENDS}
    phase = np.zeros(n_hops)
    frames = {name: np.zeros((n_hops, instrument.memory.row(name).size)) for name in REGIONS}
    instrument.reset({"reverb_mix": reverb_mix, "output_gain_db": -6.0})
    for i in range(n_hops):
        instrument.process_into(x[i * hop : (i + 1) * hop], y[i * hop : (i + 1) * hop])
        for name in ENDS:
            controls[name][i] = instrument.header["voice"][name]
        phase[i] = instrument.header["voice"]["phase"]
        for name in REGIONS:
            frames[name][i] = instrument.memory.row(name)
    assert np.max(np.abs(y)) < THRESHOLD, "the limiter has a part in this; play softer"
    dry = _harmonics(controls, frames, phase, hop, instrument.sample_rate) + _noise(instrument, controls, frames, hop)
    wet = fftconvolve(dry, design_room())[: len(dry)]
    reference = 10.0 ** (-6.0 / 20.0) * (dry + reverb_mix * (wet - dry))
    return error_db(y, reference)


def _ramp(start: NDArray[np.float64], end: NDArray[np.float64], hop: int) -> NDArray[np.float64]:
    """From `start` to `end` in every hop, shape [hops * hop]; the last sample of a hop is at `end`."""
    along = np.arange(1, hop + 1) / hop
    return np.asarray((start[:, None] + (end - start)[:, None] * along).ravel())


def _timbre(frames: dict[str, NDArray[np.float64]], name: str, column: int, hop: int) -> NDArray[np.float64]:
    """One amplitude or magnitude, ramped over control hops."""
    start, end = frames[f"{name}_from"][:, column], frames[f"{name}_to"][:, column]
    part = np.arange(len(start)) % ANALYSIS_HOPS_PER_CONTROL_HOP / ANALYSIS_HOPS_PER_CONTROL_HOP
    step = (end - start) / ANALYSIS_HOPS_PER_CONTROL_HOP
    first = start + part * (end - start)
    return _ramp(first, first + step, hop)


def _harmonics(
    controls: dict[str, NDArray[np.float64]],
    frames: dict[str, NDArray[np.float64]],
    phase: NDArray[np.float64],
    hop: int,
    sample_rate: int,
) -> NDArray[np.float64]:
    """The bank, each hop counted back from the phase at its end: a new note begins with a phase of its own."""
    low_hz, high_hz = controls["f0_from_hz"], controls["f0_to_hz"]
    within = np.cumsum(_ramp(low_hz, high_hz, hop).reshape(-1, hop), axis=1) / sample_rate
    cycles = (phase[:, None] + within - within[:, -1:]).ravel()
    total = np.zeros(len(cycles))
    for k in range(1, frames["amplitudes_to"].shape[1] + 1):
        fades = [np.clip((FADE_END - k * f / sample_rate) / (FADE_END - FADE_START), 0.0, 1.0) for f in (low_hz, high_hz)]
        if np.any(np.maximum(*fades) > 0.0):
            amplitude = _timbre(frames, "amplitudes", k - 1, hop) * _ramp(fades[0], fades[1], hop)
            total += amplitude * np.sin(2.0 * np.pi * ((k * cycles) % 1.0))
    return total * _ramp(controls["harmonics_gain_from"], controls["harmonics_gain_to"], hop)


def _noise(
    instrument: Instrument, controls: dict[str, NDArray[np.float64]], frames: dict[str, NDArray[np.float64]], hop: int
) -> NDArray[np.float64]:
    loops = instrument.memory.region("noise_loops").astype(np.float64)
    at = np.arange(len(controls["f0_to_hz"]) * hop)
    total = np.zeros(len(at))
    base = 0
    for band, length in enumerate(noise_loop_lengths(instrument.sample_rate)):
        total += _timbre(frames, "noise", band, hop) * loops[base + at % length]
        base += int(length)
    return total * _ramp(controls["noise_gain_from"], controls["noise_gain_to"], hop)
