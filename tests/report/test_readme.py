"""What the README says is what was measured."""

from __future__ import annotations

import json

from tests.instruments.collection import shipped
from tests.report.instruments import THEMES, theme_table
from tests.report.readme import FIGURES, README, with_tables
from tests.report.row import Row
from tests.report.rows import GROUPS, instrument_rows, rows_of


def test_the_tables_of_the_readme_are_those_of_the_figures() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_tables(text)
    for group in GROUPS:
        assert f"<!-- figures:{group} -->\n| | measured" in text
    assert "<!-- parameters -->\n| id |" in text
    assert "<!-- presets -->\n| program |" in text


def test_an_empty_part_is_filled_without_swallowing_the_next() -> None:
    empty = "<!-- figures:speed -->\n<!-- end -->\nbetween\n<!-- figures:pitch -->\n<!-- end -->\n"
    filled = with_tables(empty)
    assert "\nbetween\n" in filled
    assert filled.count("<!-- end -->") == 2
    assert filled == with_tables(filled)


def test_every_promise_has_a_figure_and_every_figure_a_promise() -> None:
    content = json.loads(FIGURES.read_text(encoding="utf-8"))
    rows, figures = rows_of(content.get("instruments", [])), content["figures"]
    assert set(figures) == set(rows)
    for id, entry in figures.items():
        assert entry["limit"] == rows[id].limit
        assert entry["met"] == (rows[id].limit is None if entry["value"] is None else rows[id].met(entry["value"]))
        assert len(entry["commit"].rstrip("+")) >= 7


def test_a_limit_is_a_limit_on_both_sides() -> None:
    low = Row("a", "speed", "", "", 1.0, "low")
    high = Row("b", "speed", "", "", 1.0, "high")
    assert low.met(1.0)
    assert not low.met(1.01)
    assert high.met(1.0)
    assert not high.met(0.99)


def test_every_instrument_that_is_shipped_was_judged() -> None:
    assert json.loads(FIGURES.read_text(encoding="utf-8")).get("instruments", []) == shipped()


def test_a_line_of_a_theme_shows_what_falls_short_and_what_could_not_be_measured() -> None:
    values = {row.id: {"value": 0.0} for row in instrument_rows(["oboe"])}
    values["own.oboe.loudness_l1_db"] = {"value": 1.21}
    values["own.oboe.onset_ms"] = {"value": None}
    header, _, limits, line = theme_table("own", ["oboe"], values).splitlines()
    assert len(header.split("|")) == len(limits.split("|")) == len(line.split("|")) == len(THEMES["own"]) + 3
    shown = dict(zip(header.split("|"), line.split("|"), strict=True))
    assert shown[" loudness off "] == " 1.21 dB (falls short) "
    assert shown[" onsets off (median) "] == " – "
    assert shown[" gap "] == " 0.00 " if " gap " in shown else shown[" unseen over seen "] == " 0.00 "
