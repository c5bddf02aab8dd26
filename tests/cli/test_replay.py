"""A take, made by hand or damaged, is played again to the same samples or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from jambox.instrument import Design
from jambox.instrument.opening import instrument_hash, open_instrument
from jambox.params import INDEX
from jambox.take import EVENTS_FILE, INPUT_FILE, OUTPUT_FILE, SESSION_FILE
from tests.cli.command import Jambox
from tests.instrument.sounds import tone

RATE = 48_000
CHANGES = ((6_400, "reverb_mix", 0.6), (12_800, "pitch_shift_st", 7.0), (12_800, "output_gain_db", -6.0))


def session(**changes: object) -> dict[str, Any]:
    return {
        "format": 1,
        "instrument": "violin",
        "instrument_hash": instrument_hash("violin"),
        "runtime": "compiled",
        "sample_rate": RATE,
        "seed": 3,
        "fade_in_s": 0.1,
        "params": {"reverb_mix": 0.2},
        "room": None,
    } | changes


def lines(changes: tuple[tuple[int, str, float], ...] = CHANGES) -> list[dict[str, Any]]:
    return [{"time": t, "kind": 1, "index": getattr(INDEX, id), "value": value, "id": id} for t, id, value in changes]


def write_take(folder: Path, head: object, events: object, x: NDArray[np.float32]) -> Path:
    folder.mkdir()
    (folder / SESSION_FILE).write_text(json.dumps(head))
    assert isinstance(events, list)
    (folder / EVENTS_FILE).write_text("".join(json.dumps(line) + "\n" for line in events))
    for name in (INPUT_FILE, OUTPUT_FILE):
        soundfile.write(folder / name, x, RATE, subtype="FLOAT")
    return folder


def played(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the take ought to give: the same changes at the same samples."""
    instrument = open_instrument("violin", Design(RATE, seed=3, fade_in_s=0.1), {"reverb_mix": 0.2})
    for time, id, value in CHANGES:
        instrument.set(id, value, time)
    return instrument.process(x)


def test_a_take_made_by_hand_is_played_to_the_sample(jambox: Jambox, tmp_path: Path) -> None:
    x = tone(330.0, 0.5, RATE)
    ended = jambox("render", "--replay", write_take(tmp_path / "take", session(), lines(), x), "-o", tmp_path / "a.wav")
    assert ended.code == 0, ended.err
    y = soundfile.read(tmp_path / "a.wav", dtype="float32")[0]
    assert np.max(np.abs(y - played(x))) == 0.0


def test_changes_are_found_by_name_when_the_table_has_grown(jambox: Jambox, tmp_path: Path) -> None:
    x = tone(330.0, 0.5, RATE)
    moved = [line | {"index": line["index"] - 1} for line in lines()]
    ended = jambox("render", "--replay", write_take(tmp_path / "take", session(), moved, x), "-o", tmp_path / "a.wav")
    assert ended.code == 0, ended.err
    assert np.array_equal(soundfile.read(tmp_path / "a.wav", dtype="float32")[0], played(x))


@pytest.mark.parametrize(
    ("head", "events"),
    [
        (session(instrument="no-such"), []),
        (session(instrument_hash="0" * 64), []),
        (session(sample_rate=8000), []),
        (session(seed=-1), []),
        (session(fade_in_s=-1.0), []),
        (session(params={"reverb_mix": 3.0}), []),
        (session(params={"wobble": 3.0}), []),
        (session(runtime="magic"), []),
        (session(format=3), []),
        (session(room="missing.wav"), []),
        ([], []),
        (session(), ["no event"]),
        (session(), [{"time": "soon"}]),
        (session(), lines(((0, "reverb_mix", float("nan")),))),
        (session(), lines(((0, "reverb_mix", 7.0),))),
        (session(), [{"time": 0, "kind": 1, "index": 0, "value": 0.0, "id": "wobble"}]),
    ],
)
def test_a_take_that_cannot_be_is_refused(jambox: Jambox, tmp_path: Path, head: object, events: object) -> None:
    folder = write_take(tmp_path / "take", head, events, tone(330.0, 0.1, RATE))
    (tmp_path / "a.wav").write_bytes(b"precious")
    jambox("render", "--replay", folder, "-o", tmp_path / "a.wav").refusal()
    assert (tmp_path / "a.wav").read_bytes() == b"precious"


def test_a_take_that_is_not_mono_or_lacks_a_file_is_refused(jambox: Jambox, tmp_path: Path) -> None:
    stereo = np.zeros((1000, 2), dtype=np.float32)
    folder = write_take(tmp_path / "take", session(), [], stereo)
    assert "mono" in jambox("render", "--replay", folder, "-o", tmp_path / "a.wav").refusal()
    for name in (EVENTS_FILE, INPUT_FILE, SESSION_FILE):
        (folder / name).unlink()
        jambox("render", "--replay", folder, "-o", tmp_path / "a.wav").refusal()
