"""Designs that are kept are the same as designs that are made, and a damaged file is made anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.instrument.kept import kept


def test_a_design_is_made_once_and_again_when_its_source_changed_or_its_file_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAMBOX_CACHE_DIR", str(tmp_path / "cache"))
    source = tmp_path / "source.py"
    source.write_text("1", encoding="utf-8")
    made: list[int] = []

    def design() -> NDArray[np.float64]:
        made.append(1)
        return np.linspace(0.0, 1.0, 1000)

    for times in (1, 1):
        assert np.array_equal(kept("line", str(source), design), np.linspace(0.0, 1.0, 1000))
        assert len(made) == times
    source.write_text("2", encoding="utf-8")
    kept("line", str(source), design)
    assert len(made) == 2
    for file in (tmp_path / "cache" / "designs").iterdir():
        file.write_bytes(file.read_bytes()[:500])
    assert np.array_equal(kept("line", str(source), design), np.linspace(0.0, 1.0, 1000))
    assert len(made) == 3


def test_where_nothing_can_be_kept_it_is_designed_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAMBOX_CACHE_DIR", str(tmp_path))
    (tmp_path / "designs").write_text("in the way", encoding="utf-8")
    assert np.array_equal(kept("line", __file__, lambda: np.ones(3)), np.ones(3))
