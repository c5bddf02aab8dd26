"""The shipped presets: over all instruments, described, equally loud, at the right pitch, each a sound of its own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from jambox.config import shipped_models
from jambox.presets import load_preset, numbered
from jambox.presets.library import preset_path
from jambox.presets.preset import preset_text
from tests.data import data_root
from tests.hearing import heard_hz
from tests.presets.factory import SHIPPED, AllHeard, Instruments, farthest_db, hear_all, middle_key
from tests.presets.playing import (
    KEYS,
    KEYS_PITCH,
    ONLY_KEYS,
    ONLY_VOICE,
    RATE,
    VOICE,
    VOICE_PITCH,
    played,
    scenes,
    single,
    source_of,
)
from tests.sines.figures import pitch_hz

AT_LEAST = 24


@pytest.fixture(autouse=True)
def _nobodys_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))


@pytest.fixture(scope="module")
def opened() -> Instruments:
    return Instruments()


@pytest.fixture(scope="module")
def heard(opened: Instruments) -> AllHeard:
    return hear_all(opened, data_root())


def test_there_are_enough_over_all_instruments() -> None:
    assert len(SHIPPED) >= AT_LEAST
    assert numbered() == list(SHIPPED)
    each = Counter(load_preset(name).instrument for name in SHIPPED)
    assert min(each[model.parent.name] for model in shipped_models().glob("*/model.ts")) >= 2
    tags = Counter(tag for name in SHIPPED for tag in load_preset(name).tags)
    assert min(tags[VOICE], tags[KEYS]) >= 8


@pytest.mark.parametrize("name", list(SHIPPED))
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
    sounds = {name: (load_preset(name).instrument, tuple(sorted(load_preset(name).params.items()))) for name in SHIPPED}
    assert len(set(sounds.values())) == len(SHIPPED)
    assert len({load_preset(name).name for name in SHIPPED}) == len(SHIPPED)


def test_all_are_within_6_db_of_each_other(heard: AllHeard) -> None:
    middle = float(np.median([one.loudness for one in heard.values()]))
    assert -26.0 <= middle <= -14.0
    assert farthest_db(heard) <= 6.0, {place: round(one.loudness, 1) for place, one in heard.items()}


def test_none_reaches_full_scale(heard: AllHeard) -> None:
    # A peak of this much is what the limiter has hardly touched.
    assert {place: one.peak for place, one in heard.items() if one.peak > 0.95} == {}


def test_each_is_a_sound_of_its_own(heard: AllHeard) -> None:
    same = {place: one.own_db for place, one in heard.items() if place[2] == 0 and one.own_db < -30.0}
    assert same == {}


# What plays one sound is judged by the mean over that sound, which is over before the others are listened to.
ONE_SOUND = ["woof-choir"]


@pytest.mark.parametrize("name", [name for name in SHIPPED if name not in ONE_SOUND])
def test_each_plays_the_pitch_that_it_should(opened: Instruments, name: str) -> None:
    preset = load_preset(name)
    instrument = opened[preset.instrument]
    # Its room would sound on over the pitch that is judged.
    params = preset.params | {"reverb_mix": 0.0}
    for who in scenes(preset, np.zeros(0, dtype=np.float32), 60):
        scene, hz = single(preset, middle_key(instrument))[who]
        y = played(instrument, params, scene)
        heard = heard_hz(y[RATE // 5 : RATE // 2], RATE, hz / 2.8, 2.8 * hz)
        assert abs(1200.0 * np.log2(heard / hz)) < 25.0, who


@pytest.mark.parametrize("name", ONE_SOUND)
def test_one_sound_has_the_mean_pitch_that_it_should(opened: Instruments, name: str) -> None:
    preset = load_preset(name)
    instrument = opened[preset.instrument]
    scene, hz = single(preset, middle_key(instrument))[KEYS]
    y = played(instrument, preset.params | {"reverb_mix": 0.0}, scene)
    assert abs(1200.0 * np.log2(pitch_hz(y, RATE, hz) / hz)) < 25.0


@pytest.mark.parametrize("name", ONE_SOUND)
def test_one_sound_goes_up_by_as_much_as_the_keys(opened: Instruments, name: str) -> None:
    preset = load_preset(name)
    instrument = opened[preset.instrument]
    heard = []
    for key in (middle_key(instrument), middle_key(instrument) + 1):
        scene, hz = single(preset, key)[KEYS]
        heard.append(pitch_hz(played(instrument, preset.params | {"reverb_mix": 0.0}, scene), RATE, hz))
    assert abs(1200.0 * np.log2(heard[1] / heard[0]) - 100.0) < 10.0
