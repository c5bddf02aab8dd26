"""The speed report: what it holds, and how two of them are compared. How fast it is here is no test's business."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from jambox.audiofile import write_sound
from jambox.bench import Polyphony, compare, measure_stages, voices_fit
from jambox.cli.bench_reports import describe_input, measured_otherwise
from jambox.errors import BadInput
from tests.cli.command import installed
from tests.instrument.sounds import tone

ROW = {"runtime": "compiled", "sample_rate": 48_000, "block_size": 128, "real_time_factor": 0.08, "callback_p999": 0.2}


def report(**changes: Any) -> dict[str, Any]:
    return {"speed": [ROW | changes]}


def test_a_report_is_compared_row_by_row() -> None:
    old = report()
    assert compare(report(), old)[0]["verdict"] == "the same"
    slower = compare(report(real_time_factor=0.16, callback_p999=0.3), old)[0]
    assert (slower["real_time_factor"], slower["callback_p999"], slower["verdict"]) == (2.0, 1.5, "slower")
    assert compare(report(real_time_factor=0.04), old)[0]["verdict"] == "faster"
    assert compare(report(block_size=256), old) == []


@pytest.mark.parametrize("old", [None, [], {}, {"speed": [{}]}, {"speed": 3}, report(real_time_factor=0)])
def test_what_is_no_report_is_refused(old: Any) -> None:
    with pytest.raises(BadInput):
        compare(report(), copy.deepcopy(old))


def test_the_stages_add_up_to_the_whole() -> None:
    stages = measure_stages("violin", runs=1)
    parts = [stages[name] for name in ("analysis", "network", "noise", "room", "harmonics_and_mix")]
    assert sum(parts) == pytest.approx(stages["whole"], abs=3e-4)
    assert stages["analysis"] > 0.0
    assert stages["network"] > 0.0


def test_a_straight_line_over_voices_is_found_with_its_residual() -> None:
    rows = [Polyphony(voices, 128, 0.1 + 0.01 * voices, 0.0, 0.0) for voices in (0, 1, 2, 4, 8, 16)]
    fit = voices_fit(rows)
    assert (fit["base"], fit["per_voice"], fit["residual"]) == pytest.approx((0.1, 0.01, 0.0), abs=1e-6)
    assert voices_fit([*rows, Polyphony(32, 128, 0.84, 0.0, 0.0)])["residual"] > 0.1


def test_the_command_writes_a_report_and_compares_with_it(tmp_path: Path) -> None:
    short = ("bench", "--block-size", "256", "--sample-rate", "48000", "--runs", "1")
    first = installed(*short, "--out", tmp_path / "a.json")
    assert first.code == 0, first.err
    told = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert set(told) == {"format", "machine", "instrument", "speed", "voices", "stages", "start"}
    assert [row["voices"] for row in told["voices"]["held"]] == [0, 1, 2, 4, 8, 16, 32] * 2
    assert told["speed"][0]["callback_p50"] <= told["speed"][0]["callback_p99"] <= told["speed"][0]["callback_max"]
    (tmp_path / "b.json").write_text("{", encoding="utf-8")
    assert "no report" not in installed(*short, "--against", tmp_path / "a.json").err
    refused = installed(*short, "--against", tmp_path / "b.json")
    assert refused.code == 2
    assert "cannot be read" in refused.refusal()


def test_what_would_be_refused_after_minutes_is_refused_before(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"speed": 3}', encoding="utf-8")
    for arguments, word in (
        (("--against", tmp_path / "old.json"), "no report"),
        (("--out", tmp_path / "no" / "new.json"), "does not exist"),
        (("--out", tmp_path), "is a folder"),
        (("-i", "bark"), "without a network"),
        (("-i", "flute+trumpet"), "One instrument at a time"),
        (("--input", tmp_path / "none.wav"), "none.wav"),
    ):
        refused = installed("bench", *arguments)
        assert (refused.code, refused.out) == (2, "")
        assert word in refused.refusal()
    unknown = installed("bench", "-i", "none such")
    assert (unknown.code, unknown.out) == (3, "")
    assert "none such" in unknown.refusal()


def test_a_report_of_another_instrument_or_input_is_compared_with_a_word_about_it(tmp_path: Path) -> None:
    recordings = []
    for name, samples in (("a/sung.wav", tone(330.0, 0.5, 48_000)), ("b/sung.wav", tone(440.0, 0.5, 48_000))):
        (tmp_path / name).parent.mkdir()
        write_sound(tmp_path / name, samples, 48_000)
        recordings.append(describe_input(tmp_path / name))
    sung, other = recordings
    for old, instrument, now, said in (
        ({"instrument": "violin"}, "violin", None, None),
        ({"instrument": "violin", "input": sung}, "violin", sung, None),
        ({"speed": []}, "violin", None, None),
        ({"instrument": "cello"}, "violin", None, "cello, not violin"),
        ({"instrument": "violin"}, "violin", sung, "the demo's melody as its input, not sung.wav"),
        ({"instrument": "violin", "input": sung}, "violin", None, "sung.wav as its input, not the demo's melody"),
        ({"instrument": "violin", "input": sung}, "violin", other, "sung.wav of other content as its input, not sung.wav"),
        (
            {"instrument": "cello", "input": sung},
            "violin",
            None,
            "cello, not violin, and with sung.wav as its input, not the demo's melody",
        ),
    ):
        expected = f"it was measured with {said}: the costs differ by that, too." if said is not None else None
        assert measured_otherwise(instrument, now, old) == expected


def test_the_command_says_so_and_keeps_its_input_in_the_report(tmp_path: Path) -> None:
    write_sound(tmp_path / "sung.wav", tone(330.0, 0.5, 48_000), 48_000)
    (tmp_path / "old.json").write_text(json.dumps({"instrument": "cello", "speed": [ROW]}), encoding="utf-8")
    short = ("bench", "--block-size", "128", "--sample-rate", "48000", "--runs", "1", "--json")
    done = installed(*short, "--input", tmp_path / "sung.wav", "--against", tmp_path / "old.json")
    assert done.code == 0
    said = "it was measured with cello, not violin, and with the demo's melody as its input, not sung.wav"
    assert done.err == f"jambox: {tmp_path / 'old.json'}: {said}: the costs differ by that, too.\n"
    told = json.loads(done.out)
    assert told["input"] == describe_input(tmp_path / "sung.wav")
    assert [row["block_size"] for row in told["against"]] == [128]
