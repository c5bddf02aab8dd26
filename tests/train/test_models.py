"""What the shipped instruments promise, whatever they were trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jambox.control.bundle import Bundle, load_bundle
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.control.stepping import CompiledNetwork
from jambox.train.measure import weighted_powers
from jambox.train.recipe import load_recipe

MODELS = Path(__file__).resolve().parents[2] / "models"
NAMES = ["alto_sax", "cello", "clarinet", "flute", "oboe", "tenor_sax", "trumpet", "violin"]


def held(bundle: Bundle, f0_hz: float, loudness_db: float, n_frames: int = 150) -> tuple[np.ndarray, np.ndarray]:
    """Harmonics [T,H] and noise [T,N] of a held note."""
    network = CompiledNetwork(bundle)
    frames = [network.step(float(f0_scaled(f0_hz)), float(loudness_scaled(loudness_db))) for _ in range(n_frames)]
    return np.stack([h for h, _ in frames]).astype(np.float64), np.stack([n for _, n in frames]).astype(np.float64)


def level_db(f0_hz: float, harmonics: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """A-weighted level of every frame, [T]."""
    return 10.0 * np.log10(sum(weighted_powers(np.full(len(harmonics), f0_hz), harmonics, noise)))


def chromatic(bundle: Bundle) -> np.ndarray:
    low, high = bundle.card.f0_hz.p01, bundle.card.f0_hz.p99
    return low * np.exp2(np.arange(0, int(12 * np.log2(high / low)) + 1) / 12.0)


def test_eight_instruments_ship_each_with_its_recipe_and_no_recording_of_anybody() -> None:
    assert sorted(folder.parent.name for folder in MODELS.glob("*/model.ts")) == NAMES
    assert sorted(recipe.stem for recipe in (MODELS / "recipes").glob("*.toml")) == NAMES
    assert {path.suffix for path in MODELS.rglob("*") if path.is_file()} == {".ts", ".safetensors", ".json", ".toml"}


@pytest.mark.parametrize("name", NAMES)
def test_the_card_tells_where_the_instrument_comes_from_and_what_it_cost(name: str) -> None:
    card = load_bundle(MODELS / name).card
    recipe = load_recipe(MODELS / "recipes" / f"{name}.toml")
    assert card.name == name
    assert not card.provisional
    assert [source.name for source in card.sources] == [source.name for source in recipe.sources]
    assert all(source.licence and source.credit for source in card.sources)
    assert card.training.commit
    assert "jambox train" in card.training.command
    assert (MODELS / name / "model.ts").stat().st_size <= 1_500_000
    assert 0.0 < card.training.seconds <= 2 * 1800.0
    assert card.training.peak_memory_mb > 0.0
    assert len(card.training.curve) >= 5
    assert card.training.curve[-1].training < card.training.curve[0].training


@pytest.mark.parametrize("name", NAMES)
def test_the_card_tells_how_good_it_is_on_recordings_that_it_never_saw(name: str) -> None:
    metrics = load_bundle(MODELS / name).card.metrics
    trained, bound, untrained = (metrics[row] for row in ("trained", "bound", "untrained"))
    assert bound["mss"] < trained["mss"] < metrics["constant"]["mss"] < untrained["mss"]
    assert trained["loudness_l1_db"] <= 1.2
    assert trained["f0_median_cents"] <= 3.0
    assert trained["f0_within_50_cents"] >= 0.98


@pytest.mark.parametrize("name", NAMES)
def test_a_chromatic_scale_in_three_dynamics_is_as_loud_as_its_input_without_jumps(name: str) -> None:
    bundle = load_bundle(MODELS / name)
    quantiles = bundle.card.loudness_db
    for loudness in (quantiles.p05, quantiles.p50, quantiles.p95):
        levels = np.array([level_db(f0, *held(bundle, f0, loudness))[-1] for f0 in chromatic(bundle)]) - loudness
        assert np.max(np.abs(levels)) < 0.1


@pytest.mark.parametrize("name", NAMES)
def test_a_note_held_for_ten_seconds_keeps_its_timbre(name: str) -> None:
    bundle = load_bundle(MODELS / name)
    for f0_hz in (bundle.card.f0_hz.p05, bundle.card.f0_hz.p50, bundle.card.f0_hz.p95):
        harmonics, noise = held(bundle, f0_hz, bundle.card.loudness_db.p50, 2500)
        level = level_db(f0_hz, harmonics, noise)
        assert np.ptp(level[125:]) < 1.5
        strong = harmonics[125] > 0.1 * harmonics[125].max()
        change_db = 20.0 * np.log10(harmonics[-1][strong] / harmonics[125][strong])
        assert np.max(np.abs(change_db)) < 4.0


@pytest.mark.parametrize("name", NAMES)
def test_a_trembling_tracker_does_not_make_the_timbre_tremble(name: str) -> None:
    bundle = load_bundle(MODELS / name)
    network = CompiledNetwork(bundle)
    random = np.random.default_rng(0)
    f0_hz, loudness = bundle.card.f0_hz.p50, bundle.card.loudness_db.p50
    rows = []
    for _ in range(500):
        heard = f0_hz * 2.0 ** (random.normal(0.0, 5.0) / 1200.0)
        rows.append(network.step(float(f0_scaled(heard)), float(loudness_scaled(loudness)))[0].astype(np.float64))
    harmonics = np.stack(rows)[100:]
    strong = harmonics.mean(axis=0) > 0.1 * harmonics.mean(axis=0).max()
    assert np.max(np.std(20.0 * np.log10(harmonics[:, strong]), axis=0)) < 0.5


@pytest.mark.parametrize("name", NAMES)
def test_breath_alone_stays_10_db_below_the_input(name: str) -> None:
    bundle = load_bundle(MODELS / name)
    for f0_hz in (bundle.card.f0_hz.p05, bundle.card.f0_hz.p50, bundle.card.f0_hz.p95):
        for loudness in (-50.0, -35.0, -20.0):
            _, noise = held(bundle, f0_hz, loudness)
            # A-weighted, as the input's loudness is; unvoiced_level_db takes another 12 dB off by default
            assert level_db(f0_hz, np.zeros((1, 100)), noise[-1:])[0] - 12.0 < loudness - 10.0


@pytest.mark.parametrize("name", NAMES)
def test_louder_is_brighter(name: str) -> None:
    bundle = load_bundle(MODELS / name)
    quantiles, k = bundle.card.loudness_db, np.arange(1, 101)
    change_octaves = []
    for f0_hz in chromatic(bundle)[::3]:
        centroids = []
        for loudness in (quantiles.p05, quantiles.p95):
            harmonics = held(bundle, f0_hz, loudness)[0][-1] ** 2 * (k * f0_hz < 20_000.0)
            centroids.append(np.sum(k * harmonics) / np.sum(harmonics))
        change_octaves.append(np.log2(centroids[1] / centroids[0]))
    assert np.median(change_octaves) > 0.1


@pytest.mark.parametrize("name", NAMES)
def test_nothing_stands_out_at_the_top_of_the_spectrum(name: str) -> None:
    bundle = load_bundle(MODELS / name)
    k = np.arange(1, 101)
    for f0_hz in (bundle.card.f0_hz.p05, bundle.card.f0_hz.p50, bundle.card.f0_hz.p95):
        harmonics, noise = held(bundle, f0_hz, bundle.card.loudness_db.p50)
        top = harmonics[-1][(k * f0_hz > 14_000.0) & (k * f0_hz < 20_000.0)]
        middle = harmonics[-1][(k * f0_hz > 7_000.0) & (k * f0_hz < 14_000.0)]
        if len(top) and len(middle):
            assert top.max() < middle.max()
        assert noise[-1][60:].max() < noise[-1].max()
