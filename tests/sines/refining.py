"""How near a pitch comes by `refine_f0`, which `jambox prepare` uses, and by Gauss-Newton on the surrogate.

python -m tests.sines.refining
"""

from __future__ import annotations

import json
import time

import numpy as np
from numpy.typing import NDArray

from jambox.train.demodulate import refine_f0
from jambox.train.measure import frame_centres

RATE = 48_000
N_FRAMES = 250
N_HARMONICS = 8
WINDOW_S = 0.03
STEPS = 6
# The ends of the sound are left out.
INNER = slice(30, -30)
Pitch = NDArray[np.float64]


def sound(vibrato_cents: float) -> tuple[NDArray[np.float32], Pitch, NDArray[np.int64]]:
    """Eight harmonics about 300 Hz with a vibrato of 5.5 Hz; the samples, their true pitch at the frames, the frames."""
    centres = frame_centres(N_FRAMES)
    n = int(centres[-1]) + RATE // 10
    f0_hz = 300.0 * np.exp2(vibrato_cents / 1200.0 * np.sin(2.0 * np.pi * 5.5 * np.arange(n) / RATE))
    phase = 2.0 * np.pi * np.cumsum(f0_hz) / RATE
    samples = sum(0.2 / k * np.cos(k * phase + k) for k in range(1, N_HARMONICS + 1))
    return np.asarray(samples, dtype=np.float32), f0_hz[centres], centres


def by_rotation(audio: NDArray[np.float32], rough_hz: Pitch, centres: NDArray[np.int64]) -> Pitch:
    """As `jambox.train.measure` does it."""
    for n_harmonics, cents in ((3, 60.0), (12, 25.0), (40, 10.0)):
        rough_hz = refine_f0(audio, rough_hz, centres, RATE, n_harmonics, cents)
    return rough_hz


def by_surrogate(audio: NDArray[np.float32], rough_hz: Pitch, centres: NDArray[np.int64]) -> Pitch:
    """In each window: harmonics that die away or grow together, amplitudes by least squares, Gauss-Newton on the rest."""
    half = round(0.5 * WINDOW_S * RATE)
    t = np.arange(-half, half) / RATE
    k = np.arange(1, N_HARMONICS + 1)
    window = np.hanning(len(t))[:, None]
    padded = np.pad(audio.astype(np.float64), half)
    found = rough_hz.copy()
    for j, centre in enumerate(centres):
        heard = padded[centre : centre + len(t)][:, None] * window
        growth = 0.0
        for _ in range(STEPS):
            turn = np.exp((growth + 2j * np.pi * found[j] * k) * t[:, None])
            basis = np.hstack([turn.real, -turn.imag]) * window
            parts = np.linalg.lstsq(basis, heard, rcond=None)[0][:, 0]
            c = parts[: len(k)] + 1j * parts[len(k) :]
            slopes = np.stack([(turn @ (2j * np.pi * k * c)).real * t, (turn @ c).real * t], axis=1) * window
            # Variable projection: what the amplitudes could take over is no slope.
            both = np.hstack([slopes, heard - basis @ parts[:, None]])
            both = both - basis @ np.linalg.lstsq(basis, both, rcond=None)[0]
            step = np.linalg.lstsq(both[:, :2], both[:, 2], rcond=None)[0]
            found[j] += step[0]
            growth += step[1]
    return found


def measure() -> dict[str, float]:
    """Root mean square of what is left, in cents, and CPU milliseconds a frame; every figure by name."""
    source = np.random.default_rng(0)
    figures: dict[str, float] = {}
    for name, vibrato_cents in (("steady", 0.0), ("vibrato", 50.0)):
        audio, truth_hz, centres = sound(vibrato_cents)
        by_rotation(audio, truth_hz, centres)  # compiled before it is timed
        off = {"off_30": np.full(N_FRAMES, 30.0), "jitter_3": source.normal(0.0, 3.0, N_FRAMES)}
        for way, cents in off.items():
            for method in (by_rotation, by_surrogate):
                began = time.process_time()
                found_hz = method(audio, truth_hz * np.exp2(cents / 1200.0), centres)
                took_ms = 1000.0 * (time.process_time() - began) / N_FRAMES
                left = 1200.0 * np.log2(found_hz / truth_hz)[INNER]
                figures[f"{name}_{way}_{method.__name__}_cents"] = round(float(np.sqrt(np.mean(left**2))), 3)
                figures[f"{name}_{way}_{method.__name__}_ms"] = round(took_ms, 3)
    return figures


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
