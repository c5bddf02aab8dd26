"""What every check of the command line needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from jambox.audiofile import write_sound
from tests.cli.command import Jambox
from tests.instrument.sounds import tone


@pytest.fixture
def jambox(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Jambox:
    return Jambox(capsys, monkeypatch)


@pytest.fixture
def sung(tmp_path: Path) -> Path:
    """A recording of half a second."""
    write_sound(tmp_path / "sung.wav", tone(330.0, 0.5, 48_000), 48_000)
    return tmp_path / "sung.wav"


@pytest.fixture(autouse=True)
def _own_runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No command of a test finds the engine of whoever runs the tests."""
    monkeypatch.setenv("JAMBOX_RUNTIME_DIR", str(tmp_path))
