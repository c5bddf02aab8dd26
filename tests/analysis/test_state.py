"""The record and its kernels: block lengths, reset, rates, hostile input, and nothing allocated."""

from __future__ import annotations

import time
from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

import jambox.analysis as analysis
from jambox.analysis import (
    analyse,
    analyse_hop,
    analysis_state_dtype,
    belief,
    candidates,
    confidence,
    correlation,
    design_analysis,
    glide,
    hop,
    loudness,
    path,
    push_samples,
    reset_analysis,
    samples,
)
from jambox.errors import BadInput
from jambox.frames import hop_size
from jambox.kernels import Kernel
from tests.analysis.sounds import phrase


def new_state(rate: int = 48_000) -> Any:
    state = np.zeros(1, dtype=analysis_state_dtype)
    design_analysis(state[0], rate)
    return state


def run(state: Any, audio: NDArray[np.float32], block: int, rate: int = 48_000) -> NDArray[np.float64]:
    """f0, confidence and loudness of every hop, the samples pushed at most `block` at a time; shape [n_hops, 3]."""
    per_hop = hop_size(rate)
    rows = []
    at = block_end = 0
    while at < len(audio):
        if at == block_end:
            block_end = min(at + block, len(audio))
        count = min(block_end - at, per_hop - at % per_hop)
        push_samples(state[0], audio, at, count)
        at += count
        if at % per_hop == 0:
            analyse_hop(state[0])
            rows.append([float(state[0][name]) for name in ("f0_hz", "f0_confidence", "loudness_db")])
    return np.array(rows)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_any_block_length_gives_the_same_bits(rate: int) -> None:
    audio = phrase(1001).audio[:40_000]
    whole = run(new_state(rate), audio, len(audio), rate)
    assert np.ptp(whole[:, 0]) > 0.0
    for block in (1, 64, 65, 256, 1000):
        assert np.array_equal(run(new_state(rate), audio, block, rate), whole)


def test_the_offline_track_is_the_live_one() -> None:
    audio = phrase(1002).audio[:40_000]
    live = run(new_state(), audio, 256)
    track = analyse(audio, 48_000)
    assert np.array_equal(np.stack([track.f0_hz, track.f0_confidence, track.loudness_db], axis=1), live)
    assert track.time_s[0] == 63 / 48_000
    assert np.allclose(np.diff(track.time_s), 64 / 48_000)


def test_reset_equals_fresh() -> None:
    audio = phrase(1003).audio[:40_000]
    state = new_state()
    first = run(state, audio, 256)
    reset_analysis(state[0])
    assert state.tobytes() == new_state().tobytes()
    assert np.array_equal(run(state, audio, 256), first)


@pytest.mark.parametrize("rate", [44_100, 48_000, 64_000, 71_999, 75_300, 88_200, 96_000])
def test_tones_are_heard_to_a_cent_at_every_rate(rate: int) -> None:
    for f0_hz in (51.0, 82.41, 220.0, 440.0, 1234.5, 2450.0):
        audio = 0.2 * np.sin(2.0 * np.pi * f0_hz * np.arange(rate // 2) / rate)
        track = analyse(audio.astype(np.float32), rate)
        settled = slice(len(track.f0_hz) // 2, None)
        assert np.max(np.abs(1200.0 * np.log2(track.f0_hz[settled] / f0_hz))) < 1.0
        assert np.min(track.f0_confidence[settled]) > 0.9


def test_hostile_input_leaves_no_trace() -> None:
    clean = phrase(1004).audio[:48_000]
    state = new_state()
    hostile = np.array([np.nan, np.inf, -np.inf, 3e38, 1e-42] * 400, dtype=np.float32)
    run(state, hostile[: 64 * 31], 64)
    after = run(state, clean, 64)
    fresh = run(new_state(), clean, 64)
    assert np.all(np.isfinite(after))
    # The filters forget within a quarter of a second.
    assert np.max(np.abs(after[200:, 2] - fresh[200:, 2])) < 0.01
    assert np.mean(np.abs(after[200:, 0] - fresh[200:, 0]) < 0.01 * fresh[200:, 0]) > 0.99


def test_a_rate_outside_the_range_is_refused() -> None:
    with pytest.raises(BadInput):
        analyse(np.zeros(1000, dtype=np.float32), 22_050)


def test_silence_after_sound_costs_no_more_than_sound() -> None:
    rate = 48_000
    sound = phrase(1005).audio[: 2 * rate]
    silence = np.concatenate([sound[:rate], np.zeros(20 * rate, dtype=np.float32)])
    analyse(sound, rate)
    costs = []
    for audio in (sound, silence):
        best = np.inf
        for _ in range(3):
            start = time.thread_time()
            analyse(audio, rate)
            best = min(best, (time.thread_time() - start) / len(audio))
        costs.append(best)
    assert costs[1] < 1.2 * costs[0]


def test_the_kernels_allocate_nothing_and_the_record_is_small() -> None:
    run(new_state(), np.zeros(128, dtype=np.float32), 64)
    modules = (belief, candidates, confidence, correlation, glide, hop, loudness, path, samples)
    kernels = {name: k for module in modules for name, k in vars(module).items() if isinstance(k, Kernel)}
    assert len(kernels) >= 15
    for name, kernel in kernels.items():
        # Compiled anew, since code from the cache cannot be read.
        fresh = numba.njit(nogil=True, error_model="numpy")(kernel.py_func)
        for signature in kernel.signatures:
            fresh.compile(signature)
        for text in fresh.inspect_llvm().values():
            assert "NRT_Allocate" not in text, name
            assert "NRT_MemInfo_alloc" not in text, name
    assert analysis_state_dtype.itemsize < 1_000_000


def test_the_feature_hash_is_that_of_the_sources() -> None:
    assert len(analysis.feature_hash()) == 64
    assert analysis.feature_hash() == analysis.feature_hash()
    assert analysis.FEATURE_VERSION >= 1


def test_energies_stay_exact_when_their_running_sum_wraps_around() -> None:
    audio = phrase(1007).audio[:40_000]
    almost_full = new_state()
    almost_full[0]["energy_sum"] = np.iinfo(np.int64).max - 1000
    almost_full[0]["energy_until"][:] = np.iinfo(np.int64).max - 1000
    assert np.array_equal(run(almost_full, audio, 256), run(new_state(), audio, 256))
    assert almost_full[0]["energy_sum"] < 0
