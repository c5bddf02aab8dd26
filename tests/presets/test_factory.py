"""The shipped presets: over all instruments, described, equally loud, at the right pitch, each a sound of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.config import preset_folders, shipped_models
from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from jambox.presets import load_preset, numbered
from jambox.presets.library import preset_path
from jambox.presets.preset import preset_text
from tests.data import data_root
from tests.hearing import heard_hz
from tests.instrument.sounds import at_level, phrase
from tests.presets.playing import (
    KEYS,
    KEYS_PITCH,
    ONLY_KEYS,
    ONLY_VOICE,
    RATE,
    VOICE,
    VOICE_PITCH,
    Who,
    integrated_loudness,
    played,
    scenes,
    single,
    source_of,
)

FACTORY = sorted(path.stem for path in preset_folders()[1].glob("*.json"))
AT_LEAST = 24
VOICE_DB = -20.0
# Recordings, from which second on, for two seconds.
RECORDED = {"voice": ("singing_vocadito_1.flac", 18.0), "whistle": ("whistling_porrasm_1.flac", 1.0)}


@pytest.fixture(autouse=True)
def _nobodys_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))


@pytest.fixture(scope="module")
def opened() -> dict[str, Instrument]:
    """Every shipped instrument at 48 kHz."""
    names = sorted(folder.name for folder in shipped_models().iterdir() if (folder / "model.ts").is_file())
    return {name: open_instrument(shipped_models() / name, Design(RATE)) for name in names}


def middle_key(instrument: Instrument) -> int:
    card = instrument.card
    assert card is not None
    return round(69.0 + 12.0 * np.log2(card.f0_hz.p50 / 440.0))


def voices() -> dict[str, list[NDArray[np.float32]]]:
    """What is sung and what is whistled: the synthesised one, and the recorded one where it is at hand."""
    made = at_level(phrase(RATE)[0][: 2 * RATE].astype(np.float64), VOICE_DB)
    found: dict[str, list[NDArray[np.float32]]] = {"voice": [made], "whistle": [made]}
    root = data_root()
    if root is not None:
        for kind, (name, from_s) in RECORDED.items():
            samples = read_sound(root / "test" / name, RATE).samples[round(from_s * RATE) :][: 2 * RATE]
            found[kind].append(at_level(samples.astype(np.float64), VOICE_DB))
    return found


@dataclass(frozen=True)
class Heard:
    """One preset in one of its scenes."""

    loudness: float
    peak: float
    # Of what it is, so much is not the instrument with default settings (dB).
    own_db: float


@pytest.fixture(scope="module")
def heard(opened: dict[str, Instrument]) -> dict[tuple[str, Who, int], Heard]:
    """Every preset in every scene that it is meant for."""
    found: dict[tuple[str, Who, int], Heard] = {}
    inputs = voices()
    usual: dict[tuple[object, ...], NDArray[np.float64]] = {}
    for name in FACTORY:
        preset = load_preset(name)
        instrument = opened[preset.instrument]
        settings = {"source": float(source_of(preset))}
        kind = "whistle" if "whistle" in preset.tags else "voice"
        for number, voice in enumerate(inputs[kind]):
            for who, scene in scenes(preset, voice, middle_key(instrument)).items():
                if who == "keys" and number > 0:
                    continue  # no voice has a part in it
                y = played(instrument, preset.params, scene)
                own_db = 0.0
                if number == 0:  # to be different once is enough
                    place = (preset.instrument, kind, who, scene.keys)
                    usual[place] = plain = usual[place] if place in usual else played(instrument, settings, scene)
                    share = float(plain @ y) / max(float(plain @ plain), 1e-20)
                    own_db = float(10.0 * np.log10(np.sum((y - share * plain) ** 2) / np.sum(y**2)))
                found[name, who, number] = Heard(integrated_loudness(y), float(np.max(np.abs(y))), own_db)
    return found


def test_there_are_enough_over_all_instruments(opened: dict[str, Instrument]) -> None:
    assert len(FACTORY) >= AT_LEAST
    assert numbered() == FACTORY
    each = Counter(load_preset(name).instrument for name in FACTORY)
    assert set(each) == set(opened)
    assert min(each.values()) >= 2
    tags = Counter(tag for name in FACTORY for tag in load_preset(name).tags)
    assert min(tags[VOICE], tags[KEYS]) >= 8


@pytest.mark.parametrize("name", FACTORY)
def test_each_is_described_and_its_file_is_of_today(name: str) -> None:
    preset = load_preset(name)
    assert preset.warnings == (), "after an instrument was replaced: jambox preset update presets/*.json"
    assert preset_path(name).read_text(encoding="utf-8") == preset_text(preset)
    assert preset.name
    assert preset.author
    assert preset.description.endswith(".")
    assert len(set(preset.tags)) == len(preset.tags) >= 2
    meant = {tag for tag in preset.tags if tag in (VOICE, KEYS)}
    must = {ONLY_VOICE: {VOICE}, ONLY_KEYS: {KEYS}, KEYS_PITCH: {VOICE, KEYS}, VOICE_PITCH: {VOICE, KEYS}}
    assert meant
    assert meant == must.get(source_of(preset), meant)


def test_no_two_are_alike() -> None:
    sounds = {name: (load_preset(name).instrument, tuple(sorted(load_preset(name).params.items()))) for name in FACTORY}
    assert len(set(sounds.values())) == len(FACTORY)
    assert len({load_preset(name).name for name in FACTORY}) == len(FACTORY)


def test_all_are_within_6_db_of_each_other(heard: dict[tuple[str, Who, int], Heard]) -> None:
    middle = float(np.median([one.loudness for one in heard.values()]))
    assert -26.0 <= middle <= -14.0
    assert {place: one.loudness for place, one in heard.items() if abs(one.loudness - middle) > 6.0} == {}


def test_none_reaches_full_scale(heard: dict[tuple[str, Who, int], Heard]) -> None:
    # A peak of this much is what the limiter has hardly touched.
    assert {place: one.peak for place, one in heard.items() if one.peak > 0.95} == {}


def test_each_is_a_sound_of_its_own(heard: dict[tuple[str, Who, int], Heard]) -> None:
    same = {place: one.own_db for place, one in heard.items() if place[2] == 0 and one.own_db < -30.0}
    assert same == {}


@pytest.mark.parametrize("name", FACTORY)
def test_each_plays_the_pitch_that_it_should(opened: dict[str, Instrument], name: str) -> None:
    preset = load_preset(name)
    instrument = opened[preset.instrument]
    # Its room would sound on over the pitch that is judged.
    params = preset.params | {"reverb_mix": 0.0}
    for who in scenes(preset, np.zeros(0, dtype=np.float32), 60):
        scene, hz = single(preset, middle_key(instrument))[who]
        y = played(instrument, params, scene)
        heard = heard_hz(y[RATE // 5 : RATE // 2], RATE, hz / 2.8, 2.8 * hz)
        assert abs(1200.0 * np.log2(heard / hz)) < 25.0, who
