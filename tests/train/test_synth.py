"""The differentiable synthesiser is the live one, and its gradients are right."""

from __future__ import annotations

import numpy as np
import torch

from jambox.dsp.noise import design_noise_loops, noise_loop_lengths
from jambox.train.playback import Playback
from jambox.train.synth import analysis_hop_f0, mix, noise_table, sine_table

RATE, HOP, RAMP = 48_000, 64, 192


def frames(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    f0_hz = 400.0 * np.exp2(np.cumsum(random.normal(0.0, 0.03, n + 1)))
    harmonics = random.random((n + 1, 100)) * 0.02
    noise = random.random((n + 1, 65)) * 0.01
    return f0_hz, harmonics.astype(np.float32), noise.astype(np.float32)


def test_its_sound_equals_the_live_kernels_within_minus_100_db() -> None:
    f0_hz, harmonics, noise = frames(120)
    live = Playback(RATE, RAMP).play(f0_hz, harmonics, noise)
    loops, lengths = design_noise_loops(RATE), noise_loop_lengths(RATE)
    sines = torch.from_numpy(sine_table(analysis_hop_f0(f0_hz), 100, HOP, RAMP, RATE))[None]
    bands = torch.from_numpy(noise_table(loops, lengths, 0, 120, RAMP))[None]
    audio = mix(torch.from_numpy(harmonics)[None], sines) + mix(torch.from_numpy(noise)[None], bands)
    difference = audio[0].numpy() - live
    assert np.sqrt(np.mean(live**2)) > 0.01
    assert np.max(np.abs(difference)) < 1e-5


def test_a_pitch_near_nyquist_equals_the_live_kernels_too() -> None:
    f0_hz = np.geomspace(900.0, 6000.0, 61)
    harmonics = np.full((61, 100), 0.005, dtype=np.float32)
    live = Playback(RATE, RAMP).play(f0_hz, harmonics, np.zeros((61, 65), dtype=np.float32))
    sines = torch.from_numpy(sine_table(analysis_hop_f0(f0_hz), 100, HOP, RAMP, RATE))[None]
    audio = mix(torch.from_numpy(harmonics)[None], sines)[0].numpy()
    assert np.max(np.abs(audio - live)) < 1e-5


def test_gradients_equal_finite_differences() -> None:
    f0_hz = np.array([500.0, 520.0, 480.0])
    table = torch.from_numpy(sine_table(analysis_hop_f0(f0_hz), 7, HOP, RAMP, RATE)).double()[None]
    levels = torch.rand(1, 3, 7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: mix(x, table).square().sum(), (levels,), eps=1e-5, atol=1e-5)


def test_noise_continues_over_the_end_of_its_loop() -> None:
    loops, lengths = design_noise_loops(RATE), noise_loop_lengths(RATE)
    position = int(lengths[0]) - 300
    table = noise_table(loops, lengths, position, 4, RAMP)
    first = table[:, 0].reshape(-1)
    loop = loops[: lengths[0]]
    assert np.array_equal(first, np.concatenate([loop[-300:], loop])[: 4 * RAMP])
