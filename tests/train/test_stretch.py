"""Long recordings in stretches, long rests cut: what is stored is the very sound from where the index says it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from jambox.errors import BadInput
from jambox.flac import TOTAL_AT, claim
from jambox.train import stretch as module
from jambox.train.cut import kept_runs
from jambox.train.dataset import Dataset
from jambox.train.prepare import prepare
from jambox.train.recipe import recipe_for_folder
from jambox.train.recordings import find_recordings
from jambox.train.spread import Spread
from jambox.train.stretch import read_stretch, stretches
from tests.train.conftest import RATE, bowed


@pytest.fixture
def with_a_rest(tmp_path: Path) -> np.ndarray:
    """Two notes with six seconds of silence between and two behind them, as the only file of a folder."""
    (tmp_path / "own").mkdir()
    rest = np.zeros(6 * RATE, dtype=np.float32)
    audio = np.concatenate([bowed(300.0, -20.0, 1.0, 1), rest, bowed(400.0, -20.0, 1.0, 2), rest[: 2 * RATE]])
    soundfile.write(tmp_path / "own" / "a.wav", audio, RATE, subtype="FLOAT")
    return audio


def test_long_rests_are_not_stored_and_attacks_and_releases_are(with_a_rest: np.ndarray, tmp_path: Path) -> None:
    index = prepare(tmp_path / "own", tmp_path / "out", quiet=True)
    dataset = Dataset(tmp_path / "out")
    assert [entry.recording for entry in index.entries] == ["a.wav", "a.wav"]
    assert sum(entry.n_frames for entry in index.entries) < 250 * 3.9
    for entry, (start_s, end_s) in zip(index.entries, [(0.0, 1.0), (7.0, 8.0)], strict=True):
        first_s, last_s = entry.first_frame / 250, (entry.first_frame + entry.n_frames) / 250
        assert max(0.0, start_s - 0.3) <= first_s <= max(0.0, start_s - 0.2)
        assert end_s + 0.3 <= last_s <= end_s + 0.6
        stored = dataset.samples(entry, 0, entry.n_frames * 192)
        assert np.array_equal(stored, with_a_rest[entry.first_frame * 192 :][: entry.n_frames * 192])


def test_a_flac_file_that_does_not_say_how_long_it_is_is_refused_and_fills_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, bowed(300.0, -20.0, 1.0, 1), RATE)
    content = bytearray(path.read_bytes())
    content[TOTAL_AT : TOTAL_AT + 5] = claim(bytes(content), 0)
    path.write_bytes(content)
    (stretch,) = stretches(find_recordings(recipe_for_folder(tmp_path), tmp_path)[0], 0)
    with pytest.raises(BadInput, match="does not say how long it is"):
        read_stretch(stretch)


def test_a_recording_in_stretches_is_that_in_one_piece(
    with_a_rest: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is measured of a note does not depend on where the stretches of its recording begin."""
    prepare(tmp_path / "own", tmp_path / "one", quiet=True)
    monkeypatch.setattr(module, "LONGEST_S", 4)
    prepare(tmp_path / "own", tmp_path / "three", quiet=True)
    one, three = Dataset(tmp_path / "one"), Dataset(tmp_path / "three")
    assert [entry.file for entry in three.index.entries][:2] == [
        "recordings/00000-000000-000.safetensors",
        "recordings/00000-000004-000.safetensors",
    ]
    whole, part = one.index.entries[1], three.index.entries[1]
    shift = part.first_frame - whole.first_frame
    a, b = one.window(whole), three.window(part)
    same = slice(100, 250)
    assert np.max(np.abs(a.f0_hz[same.start + shift : same.stop + shift] / b.f0_hz[same] - 1.0)) < 1e-4
    strong = a.levels_db[same.start + shift : same.stop + shift] > -40.0
    difference = a.levels_db[same.start + shift : same.stop + shift] - b.levels_db[same]
    assert np.max(np.abs(difference[strong])) < 0.3


def test_stretches_hold_every_frame_once_and_are_heard_with_a_margin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_S", 5)
    random = np.random.default_rng(0)
    (tmp_path / "own").mkdir()
    soundfile.write(tmp_path / "own" / "a.wav", 0.1 * random.standard_normal(int(13.3 * RATE)), RATE, subtype="FLOAT")
    recording = find_recordings(recipe_for_folder(tmp_path / "own"), tmp_path / "own")[0]
    whole = soundfile.read(tmp_path / "own" / "a.wav", dtype="float32")[0]
    position = 0
    for stretch in stretches(recording, 0):
        decoded = read_stretch(stretch)
        assert stretch.first_frame == position
        begin = (position - decoded.first_frame) * 192
        assert np.array_equal(decoded.audio, whole[begin : begin + len(decoded.audio)])
        position += decoded.n_frames
    assert position == len(whole) // 192


def test_parts_keep_their_context_and_short_rests() -> None:
    sounding = np.zeros(3000, dtype=np.bool_)
    sounding[[500, 900, 2000]] = True
    assert kept_runs(sounding) == [(438, 1026), (1938, 2126)]
    assert kept_runs(np.ones(10, dtype=np.bool_)) == [(0, 10)]
    assert kept_runs(np.zeros(10, dtype=np.bool_)) == []


def test_the_spread_of_many_values_is_that_of_all_at_once_to_half_a_step() -> None:
    values = np.random.default_rng(0).normal(-30.0, 8.0, (100, 1000))
    spread = Spread(-150.0, 50.0, 0.01)
    for some in values:
        spread.add(some)
    assert np.max(np.abs(spread.quantiles() - np.percentile(values, [1, 5, 50, 95, 99]))) < 0.03
