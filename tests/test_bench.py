"""The speed report: what it holds, and how two of them are compared. How fast it is here is no test's business."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from jambox.audiofile import write_sound
from jambox.bench import Polyphony, describe_machine, measure_stage_runs, stage_runs_of, stages_of, voices_fit
from jambox.bench_compare import ONE_RUN, TOO_SMALL, compare, told, without_partner
from jambox.cli.bench_reports import describe_input, measured_otherwise
from jambox.errors import BadInput
from tests.cli.command import Jambox, installed
from tests.instrument.sounds import tone

RUNS = (0.079, 0.08, 0.081)
ROW = {"runtime": "compiled", "sample_rate": 48_000, "block_size": 128, "real_time_factor": 0.08, "callback_p999": 0.2}
ROW["real_time_factor_runs"] = list(RUNS)


def report(**changes: Any) -> dict[str, Any]:
    """A report of one setting; its runs lie around its figure as those of `ROW` do, unless they are named."""
    times = changes.get("real_time_factor", 0.08) / 0.08
    return {"speed": [ROW | {"real_time_factor_runs": [run * times for run in RUNS]} | changes]}


def whole_report(times: float = 1.0, saved: float = 0.01) -> dict[str, Any]:
    """A report of everything, each figure so many times the usual."""

    def around(value: float) -> list[float]:
        return [value * times * part for part in (0.99, 1.0, 1.01)]

    held = {"voices": 8, "block_size": 128, "real_time_factor": 0.2 * times, "real_time_factor_runs": around(0.2)}
    stages = {"whole": 0.08 * times, "room": saved, "runs": {"whole": around(0.08), "room": around(saved)}}
    start = {"process_s": 2.0 * times, "ready_s": 1.0 * times, "memory_mb": 200.0 * times}
    runs = {"process_s": around(2.0), "ready_s": around(1.0), "memory_mb": around(200.0)}
    return report(real_time_factor=0.08 * times) | {
        "voices": {"held": [held], "fit": {}},
        "stages": stages,
        "start": start | {"runs": runs},
    }


def test_a_report_is_compared_row_by_row() -> None:
    old = report()
    assert compare(report(), old)[0]["verdict"] == "no difference that stands out"
    slower = compare(report(real_time_factor=0.16, callback_p999=0.3), old)[0]
    assert (slower["real_time_factor"], slower["callback_p999"], slower["verdict"]) == (2.0, 1.5, "slower")
    assert compare(report(real_time_factor=0.04), old)[0]["verdict"] == "faster"
    assert compare(report(block_size=256), old) == []


@pytest.mark.parametrize(
    ("runs", "before", "verdict"),
    [
        ([0.062, 0.067, 0.078], [0.076, 0.08, 0.09], "no difference that stands out"),  # they overlap
        ([0.06, 0.067, 0.07], [0.075, 0.08, 0.09], "no difference that stands out"),  # closer than they spread
        ([0.066, 0.067, 0.068], [0.079, 0.08, 0.081], "faster"),
        ([0.0779, 0.078, 0.0781], [0.0799, 0.08, 0.0801], "no difference that stands out"),  # a little of everything
        ([0.066], [0.079, 0.08, 0.081], "one run shows no spread"),
        ([0.066, 0.067, 0.068], [], "one run shows no spread"),
    ],
)
def test_a_difference_is_told_where_it_is_more_than_the_runs_differ(
    runs: list[float], before: list[float], verdict: str
) -> None:
    new = report(real_time_factor=sorted(runs)[len(runs) // 2], real_time_factor_runs=runs)
    old = report(real_time_factor_runs=before)
    assert compare(new, old)[0]["verdict"] == verdict


def test_everything_that_both_hold_is_compared() -> None:
    lines = [told(row) for row in compare(whole_report(0.5), whole_report())]
    assert lines == [
        "compiled 48000 Hz, block 128: 0.50 times the cost, faster",
        "8 held notes, block 128: 0.50 times the cost, faster",
        "stage whole: 0.50 times the cost, faster",
        "stage room: 1.00 times the cost, no difference that stands out",
        "start of the process: 0.50 times the time, faster",
        "start until it plays: 0.50 times the time, faster",
        "memory: 0.50 times the memory, smaller",
    ]
    nothing_saved = {row["what"]: row for row in compare(whole_report(saved=-0.001), whole_report())}["stage room"]
    assert (nothing_saved["ratio"], nothing_saved["verdict"]) == (None, TOO_SMALL)
    assert told(nothing_saved) == "stage room: too small to compare"


def test_what_has_no_partner_is_named() -> None:
    assert without_partner(report(), report()) == {"new": [], "old": []}
    alone = without_partner(report(block_size=256), whole_report())
    assert alone["new"] == ["compiled 48000 Hz, block 256"]
    assert alone["old"][:2] == ["compiled 48000 Hz, block 128", "8 held notes, block 128"]


@pytest.mark.parametrize(
    "old",
    [
        None,
        [],
        {},
        {"speed": [{}]},
        {"speed": 3},
        {"speed": []},
        report(real_time_factor=0),
        report(real_time_factor=float("nan")),
        {"speed": [ROW | {"real_time_factor": 10**400}]},
        {"speed": [ROW | {"real_time_factor": "0.08"}]},
        report(real_time_factor_runs=[0.0, 0.08]),
        report(callback_p999=0),
        report() | {"voices": []},
        report() | {"stages": {"whole": 0}},
        report() | {"start": {"memory_mb": 0.0}},
    ],
)
def test_what_is_no_report_is_refused(old: Any) -> None:
    with pytest.raises(BadInput):
        compare(report(), copy.deepcopy(old))


def test_the_stages_add_up_to_the_whole() -> None:
    stages = stages_of(measure_stage_runs("violin", runs=1))
    parts = [stages[name] for name in ("analysis", "network", "noise", "room", "harmonics_and_mix")]
    assert sum(parts) == pytest.approx(stages["whole"], abs=3e-4)
    assert stages["analysis"] > 0.0
    assert stages["network"] > 0.0


def test_the_stages_of_each_run_are_told_beside_their_medians() -> None:
    costs = {"whole": [0.1, 0.2, 0.12], "analysis": [0.01] * 3, "network": [0.02] * 3}
    costs |= {"without_noise": [0.09] * 3, "without_room": [0.08] * 3}
    medians, runs = stages_of(costs), stage_runs_of(costs)
    assert medians["whole"] == 0.12
    assert (medians["noise"], medians["room"], medians["harmonics_and_mix"]) == pytest.approx((0.03, 0.04, 0.02))
    assert runs["noise"] == pytest.approx([0.01, 0.11, 0.03])
    assert set(runs) == set(medians)


def test_a_straight_line_over_voices_is_found_with_its_residual() -> None:
    rows = [Polyphony(voices, 128, 0.1 + 0.01 * voices, 0.0, 0.0) for voices in (0, 1, 2, 4, 8, 16)]
    fit = voices_fit(rows)
    assert (fit["base"], fit["per_voice"], fit["residual"]) == pytest.approx((0.1, 0.01, 0.0), abs=1e-6)
    assert voices_fit([*rows, Polyphony(32, 128, 0.84, 0.0, 0.0)])["residual"] > 0.1


def test_the_command_writes_a_report_and_compares_with_it(tmp_path: Path) -> None:
    short = ("bench", "--block-size", "256", "--sample-rate", "48000", "--runs", "1")
    first = installed(*short, "--out", tmp_path / "a.json")
    assert first.code == 0, first.err
    written = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert set(written) == {"format", "machine", "instrument", "speed", "voices", "stages", "start"}
    assert [row["voices"] for row in written["voices"]["held"]] == [0, 1, 2, 4, 8, 16, 32] * 2
    assert written["speed"][0]["callback_p50"] <= written["speed"][0]["callback_p99"] <= written["speed"][0]["callback_max"]
    (tmp_path / "b.json").write_text("{", encoding="utf-8")
    assert set(written["start"]["runs"]) == {"process_s", "ready_s", "memory_mb"}
    assert all(len(row["real_time_factor_runs"]) == 1 for row in written["voices"]["held"])
    again = installed(*short, "--against", tmp_path / "a.json")
    assert "no report" not in again.err
    compared = [line for line in again.out.splitlines() if line.startswith("against ")]
    assert len(compared) == 1 + 14 + 6 + 3
    assert all(line.endswith((ONE_RUN, TOO_SMALL)) for line in compared)
    refused = installed(*short, "--against", tmp_path / "b.json")
    assert refused.code == 2
    assert "cannot be read" in refused.refusal()


def test_what_would_be_refused_after_minutes_is_refused_before(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"speed": 3}', encoding="utf-8")
    (tmp_path / "zeros.json").write_text(json.dumps(report(real_time_factor=0, callback_p999=0)), encoding="utf-8")
    for arguments, word in (
        (("--against", tmp_path / "zeros.json"), "damaged"),
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


def test_torchscript_without_torch_is_refused_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jambox.control.torchscript", None)  # its import fails
    refused = Jambox(capsys, monkeypatch)("bench", "--torchscript", "--json")
    assert (refused.code, refused.out) == (1, "")
    assert "needs torch" in refused.refusal()


def test_a_report_of_another_processor_is_compared_with_a_word_about_it() -> None:
    here = {"processor": "A", "cores": 2, "system": "Linux x86_64"}
    assert measured_otherwise("violin", None, {"machine": here}, here) is None
    assert measured_otherwise("violin", None, {}, here) is None
    there = here | {"processor": "B"}
    said = "it was measured with B as its processor, not A: the costs differ by that, too."
    assert measured_otherwise("violin", None, {"machine": there}, here) == said
    assert "4 cores, not 2" in str(measured_otherwise("violin", None, {"machine": here | {"cores": 4}}, here))
    assert set(here) <= set(describe_machine())


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
    written = json.loads(done.out)
    assert written["input"] == describe_input(tmp_path / "sung.wav")
    assert [row["block_size"] for row in written["against"]] == [128]
    assert len(written["without_partner"]["new"]) == 14 + 6 + 3
    assert written["without_partner"]["old"] == []
