"""Folders of presets for the checks."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the user's presets."""
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    (tmp_path / "presets").mkdir()
    return tmp_path / "presets"
