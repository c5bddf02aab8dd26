"""The bench: same seed, same figures; a wrong setting is a sentence; files, tables and pictures are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jambox.cli.sines import app
from jambox.errors import BadInput
from jambox.settings import layered
from jambox.sines.bench import BenchSettings, check_settings, run_bench

SMALL = {
    "n_samples": 128,
    "trials": 5,
    "methods": ["continuation", "classical"],
    "snr_db": [0.0, 60.0],
    "n_sines": [2],
    "mixture_trials": 3,
    "gap_bins": [2.0],
    "losses": [],
    "rule_trials": 2,
    "rule_steps": 30,
}


def without_cost(report: dict[str, Any]) -> dict[str, Any]:
    for section in ("over_snr", "over_n_sines", "over_gap", "rules"):
        for figures in report[section]:
            assert figures.pop("cpu_s") >= 0.0
    return report


def test_the_same_seed_gives_the_same_figures_and_another_seed_others() -> None:
    told: list[float] = []
    first = without_cost(run_bench(BenchSettings(**SMALL), lambda share, words: told.append(share)))
    assert first == without_cost(run_bench(BenchSettings(**SMALL)))
    assert first["over_snr"] != without_cost(run_bench(BenchSettings(**SMALL | {"seed": 1})))["over_snr"]
    assert told == sorted(told)
    assert told[-1] == 1.0
    clean = [figures for figures in first["over_snr"] if figures["snr_db"] == 60.0]
    assert {figures["method"]: figures["success"] for figures in clean} == {"continuation": 1.0, "classical": 1.0}


@pytest.mark.parametrize("entry", ["snr_db=[nan]", "snr_db=[inf]", "mixture_snr_db=nan"])
def test_noise_that_is_no_number_is_refused(entry: str) -> None:
    with pytest.raises(BadInput, match="finite number"):
        layered(BenchSettings, entries=[entry])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"methods": ["guessing"]}, "There is no method 'guessing', only direct, surrogate"),
        ({"losses": ["anger"]}, "There is no loss 'anger', only mse"),
        ({"gap_bins": [0.0]}, r"Two sinusoids lie between 0\.1 and 64 bins apart"),
        ({"n_sines": [100]}, "Between 1 and 64 sinusoids have room in 1024 samples"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        check_settings(BenchSettings(**wrong))


def test_a_place_that_cannot_take_the_figures_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("jambox.sines.bench.run_bench", lambda settings, tell: pytest.fail("it began"))
    for out in (tmp_path / "file", tmp_path / "file" / "deeper"):
        ran = CliRunner().invoke(app, ["bench", "-o", str(out)])
        assert isinstance(ran.exception, BadInput)


def test_the_command_writes_figures_and_pictures_and_shows_tables(tmp_path: Path) -> None:
    config = tmp_path / "small.toml"
    config.write_text("\n".join(f"{key} = {json.dumps(value)}" for key, value in SMALL.items()))
    out = tmp_path / "new" / "bench"
    ran = CliRunner().invoke(app, ["bench", "--config", str(config), "-o", str(out)], catch_exceptions=False)
    assert ran.exit_code == 0
    assert "continuation" in ran.stdout
    assert "gauss-newton" in ran.stdout
    report = json.loads((out / "bench.json").read_text())
    assert [figures["rule"] for figures in report["rules"]] == ["none", "biggest and longest first", "gauss-newton"]
    for name in ("landscape", "losses", "path", "success", "rules"):
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")
