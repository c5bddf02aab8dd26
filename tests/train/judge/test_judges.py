"""The judges themselves, where the answer is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from jambox.control.bundle import Bundle
from jambox.control.export import network_tensors
from jambox.control.model import HarmonicNoiseNetwork
from jambox.train.config import TrainConfig
from jambox.train.dataset import Dataset, Entry, Window
from jambox.train.judge import reporting, selection
from jambox.train.judge.bootstrap import paired_interval
from jambox.train.judge.distance import distances
from jambox.train.judge.pitch import pitch_errors_cents
from jambox.train.judge.playing import Played, play
from jambox.train.judge.probe import probe_instrument, sung_window
from jambox.train.judge.split import training_sample
from jambox.train.measure import frame_centres
from jambox.train.playback import Playback
from jambox.train.train import instrument_card

RATE, HOP = 48_000, 192


def entry(name: str, n_frames: int = 500) -> Entry:
    return Entry(
        file="",
        recording=name,
        source="",
        validation=True,
        n_frames=n_frames,
        n_believed=n_frames,
        highest_hz=20_000.0,
        reverberant=False,
        weight=1.0,
    )


def sine(f0_hz: float, asked_hz: float, n_frames: int = 500) -> Played:
    t = np.arange((n_frames - 1) * HOP) / RATE
    audio = (0.1 * np.sin(2.0 * np.pi * f0_hz * t) + 0.05 * np.sin(4.0 * np.pi * f0_hz * t)).astype(np.float32)
    asked, ones = np.full(n_frames, asked_hz, dtype=np.float32), np.ones(n_frames, dtype=np.float32)
    window = Window(asked, -23.0 * ones, ones, ones, np.zeros((n_frames, 165), dtype=np.float32))
    first = int(frame_centres(1)[0]) + 1
    return Played(entry("sine", n_frames), window, audio, audio.copy(), ones > 0.0, first, RATE, HOP)


def test_a_recording_lies_in_one_half_whatever_else_there_is() -> None:
    halves = [selection(entry(f"recording {number}")) for number in range(400)]
    assert 160 < sum(halves) < 240
    assert halves == [selection(entry(f"recording {number}", 60)) for number in range(400)]


def test_figures_are_reported_on_what_training_may_not_look_at(dataset_folder: Path) -> None:
    dataset = Dataset(dataset_folder)
    reported = reporting(dataset)
    assert reported
    usable = dataset.entries(validation=True)
    assert all(not selection(one) for one in reported) or all(selection(one) for one in usable)
    seen = training_sample(dataset, reported)
    assert len(seen) == len(reported)
    assert not any(one.validation for one in seen)


@pytest.mark.parametrize("off_cents", [-30.0, 0.0, 7.0, 60.0])
def test_the_listener_hears_by_how_much_a_tone_is_out_of_tune(off_cents: float) -> None:
    cents = pitch_errors_cents(sine(330.0 * 2.0 ** (off_cents / 1200.0), 330.0))
    assert len(cents) > 100
    # YIN itself errs by up to 3 cents on short windows at 16 kHz.
    assert abs(np.median(cents) - off_cents) < 3.0


def test_a_sound_is_at_no_distance_from_itself_and_at_6_db_from_its_half() -> None:
    same = sine(330.0, 330.0)
    assert distances(same)["mss"] == 0.0
    assert distances(same)["lsd_db"] == 0.0
    half = distances(replace(same, audio=0.5 * same.audio))
    assert half["mss"] > 0.3
    level = distances(same)["loudness_l1_db"] - half["loudness_l1_db"]
    assert abs(abs(level) - 6.02) < 0.1 or half["loudness_l1_db"] > 4.0


def test_a_better_model_is_told_from_luck() -> None:
    random = np.random.default_rng(0)
    hard = random.normal(1.5, 0.5, 30)
    ours = hard - 0.05 + random.normal(0.0, 0.02, 30)
    low, high = paired_interval(hard, ours, np.ones(30))
    assert 0.0 < low < 0.05 < high < 0.07
    low, high = paired_interval(hard, hard + random.normal(0.0, 0.05, 30), np.ones(30))
    assert low < 0.0 < high


def test_the_measured_levels_come_back_as_the_recording(dataset_folder: Path) -> None:
    dataset = Dataset(dataset_folder)
    one = reporting(dataset)[0]
    played = play(dataset, one, lambda window: window.levels_db, Playback(RATE, HOP))
    assert distances(played)["loudness_l1_db"] < 0.6
    assert played.recorded.shape == played.audio.shape


def test_the_probe_sings_and_says_how_foreign_it_sounds(dataset_folder: Path) -> None:
    dataset = Dataset(dataset_folder)
    card = instrument_card(dataset, TrainConfig())
    torch.manual_seed(0)
    network = HarmonicNoiseNetwork(card)
    bundle = Bundle(dataset_folder, card, network_tensors(network, card))
    found = probe_instrument(dataset, bundle)
    assert set(found) == {"hnr_db", "loudness_l1_db", "f0_within_50_cents", "timbre_away"}
    assert found["f0_within_50_cents"] > 0.9
    # An untrained network plays nothing like the recordings.
    assert found["timbre_away"] > 1.5
    assert sung_window(np.zeros(RATE, dtype=np.float32), card, RATE) is None
