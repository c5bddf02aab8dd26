"""The compiled network equals TorchScript, is one piece of machine code for all sizes, and keeps its promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jambox.control.bundle import load_bundle
from jambox.control.compiled import network_dtype, pack_network, scratch_size, state_size, step_networks
from jambox.control.export import largest_difference
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.control.stepping import CompiledNetwork
from tests.control.conftest import SIZES, make_instrument

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.mark.parametrize("size", SIZES)
def test_ten_seconds_of_frames_equal_torchscript_within_1e_4(tmp_path: Path, size: str) -> None:
    assert largest_difference(make_instrument(tmp_path, size), n_frames=2500) <= 1e-4


@pytest.mark.parametrize("name", ["violin", "cello"])
def test_the_shipped_instruments_equal_their_torchscript_within_1e_4(name: str) -> None:
    assert largest_difference(load_bundle(MODELS / name), n_frames=2500, seed=3) <= 1e-4


def test_three_sizes_run_the_same_machine_code(tmp_path: Path) -> None:
    for size in SIZES:
        network = CompiledNetwork(make_instrument(tmp_path / size, size))
        harmonics, noise = network.step(0.5, 0.7)
        assert (len(harmonics), len(noise)) == SIZES[size][:2]
    assert len(step_networks.signatures) == 1


def test_slices_of_one_arena_give_the_same_bits_as_arrays_of_their_own(tmp_path: Path) -> None:
    bundle = make_instrument(tmp_path, "odd")
    net, weights = pack_network(bundle)
    assert net.dtype == network_dtype
    n_state, n_scratch = state_size(bundle), scratch_size(bundle)
    arena = np.full(7 + len(weights) + n_state + n_scratch + 200, np.nan, dtype=np.float32)
    at = 7
    arena[at : at + len(weights)] = weights
    packed = arena[at : at + len(weights)]
    at += len(weights)
    state = arena[at : at + n_state]
    state[:] = 0.0
    scratch = arena[at + n_state : at + n_state + n_scratch]
    out = arena[at + n_state + n_scratch :]
    own = CompiledNetwork(bundle)
    row = np.zeros(1, dtype=np.int64)
    for i in range(50):
        told = np.array([0.5 + 0.002 * i, 0.8])
        step_networks(net[0], packed, state, n_state, scratch, n_scratch, row, 1, told[:1], told[1:], out[:61], out[61:126])
        harmonics, noise = own.step(0.5 + 0.002 * i, 0.8)
        assert np.array_equal(out[:61], harmonics)
        assert np.array_equal(out[61:126], noise)
    assert np.all(np.isnan(out[126:]))
    assert np.all(np.isnan(arena[:7]))


def test_a_voice_gets_the_same_bits_whoever_plays_beside_it(tmp_path: Path) -> None:
    bundle = make_instrument(tmp_path, "odd")
    net, weights = pack_network(bundle)
    n_state, n_scratch, n = state_size(bundle), scratch_size(bundle), 7
    rows = np.array([5, 0, 11, 2, 3, 9, 1])
    states = np.zeros(12 * n_state, dtype=np.float32)
    scratch = np.zeros(n * n_scratch, dtype=np.float32)
    harmonics, noise = np.zeros((12, 61), dtype=np.float32), np.zeros((12, 65), dtype=np.float32)
    alone = [CompiledNetwork(bundle) for _ in range(n)]
    source = np.random.default_rng(3)
    for _ in range(20):
        f0, loudness = source.uniform(0.2, 0.8, n), source.uniform(0.4, 1.0, n)
        out = harmonics.ravel(), noise.ravel()
        step_networks(net[0], weights, states, n_state, scratch, n_scratch, rows, n, f0, loudness, *out)
        for i, row in enumerate(rows):
            own_harmonics, own_noise = alone[i].step(f0[i], loudness[i])
            assert np.array_equal(harmonics[row], own_harmonics)
            assert np.array_equal(noise[row], own_noise)
    assert not harmonics[[4, 6, 7, 8, 10]].any()


def test_silence_is_exactly_zero_and_reset_equals_fresh(tmp_path: Path) -> None:
    network = CompiledNetwork(make_instrument(tmp_path))
    first = network.step(0.55, 0.8)
    for _ in range(20):
        network.step(0.6, 0.9)
    harmonics, noise = network.step(0.5, float(loudness_scaled(-120.0)))
    assert not harmonics.any()
    assert not noise.any()
    network.reset()
    again = network.step(0.55, 0.8)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize("name", ["violin", "cello"])
def test_beyond_the_trained_range_the_output_still_follows_the_loudness(name: str) -> None:
    bundle = load_bundle(MODELS / name)
    network = CompiledNetwork(bundle)

    def level_db(loudness_db: float, f0_hz: float) -> float:
        network.reset()
        for _ in range(100):
            harmonics, noise = network.step(float(f0_scaled(f0_hz)), float(loudness_scaled(loudness_db)))
        return float(10.0 * np.log10(0.5 * np.sum(harmonics**2) + np.sum(noise**2)))

    f0_hz = bundle.card.f0_hz.p50
    softest = bundle.card.loudness_db.p01 - 10.0
    assert abs(level_db(softest, f0_hz) - level_db(softest - 20.0, f0_hz) - 20.0) < 1.5
    loudest = bundle.card.loudness_db.p99 + 5.0
    assert abs(level_db(loudest + 10.0, f0_hz) - level_db(loudest, f0_hz) - 10.0) < 1.5
    for f_hz in (30.0, 60.0, 4000.0, 9000.0):
        assert np.isfinite(level_db(-20.0, f_hz))
        assert abs(level_db(-20.0, f_hz) + 20.0) < 25.0


def test_a_step_takes_less_than_150_microseconds(tmp_path: Path) -> None:
    import time

    network = CompiledNetwork(make_instrument(tmp_path, "full"))
    network.step(0.5, 0.8)
    best = np.inf
    for _ in range(5):
        began = time.thread_time()
        for _ in range(200):
            network.step(0.5, 0.8)
        best = min(best, (time.thread_time() - began) / 200)
    assert best < 150e-6
