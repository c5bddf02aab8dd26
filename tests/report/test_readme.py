"""What the README says is what was measured."""

from __future__ import annotations

import json

from tests.report.readme import FIGURES, README, with_tables
from tests.report.rows import BY_ID, GROUPS, Row


def test_the_tables_of_the_readme_are_those_of_the_figures() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_tables(text)
    for group in GROUPS:
        assert f"<!-- figures:{group} -->\n| | measured" in text
    assert "<!-- parameters -->\n| id |" in text


def test_an_empty_part_is_filled_without_swallowing_the_next() -> None:
    empty = "<!-- figures:speed -->\n<!-- end -->\nbetween\n<!-- figures:pitch -->\n<!-- end -->\n"
    filled = with_tables(empty)
    assert "\nbetween\n" in filled
    assert filled.count("<!-- end -->") == 2
    assert filled == with_tables(filled)


def test_every_promise_has_a_figure_and_every_figure_a_promise() -> None:
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))["figures"]
    assert set(figures) == set(BY_ID)
    for id, entry in figures.items():
        assert entry["met"] == BY_ID[id].met(entry["value"])
        assert entry["limit"] == BY_ID[id].limit
        assert len(entry["commit"].rstrip("+")) >= 7


def test_a_limit_is_a_limit_on_both_sides() -> None:
    low = Row("a", "speed", "", "", 1.0, "low")
    high = Row("b", "speed", "", "", 1.0, "high")
    assert low.met(1.0)
    assert not low.met(1.01)
    assert high.met(1.0)
    assert not high.met(0.99)
