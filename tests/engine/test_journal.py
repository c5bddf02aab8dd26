"""The engine's log: one JSON object a line, in files that stay small."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from jambox.engine import journal
from jambox.engine.runtime import LOG_FILE


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    logger = logging.getLogger("jambox.engine")
    before = list(logger.handlers)
    journal.open_journal(tmp_path)
    yield tmp_path / LOG_FILE
    for handler in [handler for handler in logger.handlers if handler not in before]:
        logger.removeHandler(handler)
        handler.close()


def test_a_line_is_an_object_with_what_happened_and_its_numbers(log: Path) -> None:
    journal.note("playing", sample_rate=48_000)
    try:
        raise ValueError("so it goes")
    except ValueError:
        journal.note_failure("a command failed")
    first, second = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    assert (first["what"], first["sample_rate"], first["level"]) == ("playing", 48_000, "info")
    assert second["level"] == "error"
    assert "so it goes" in second["trace"]


def test_the_log_never_outgrows_its_room(log: Path) -> None:
    for number in range(6000):
        journal.note("x" * 1000, number=number)
    files = list(log.parent.glob(f"{LOG_FILE}*"))
    assert len(files) == journal.KEPT_FILES + 1
    assert all(file.stat().st_size <= journal.LARGEST_BYTES for file in files)
    assert json.loads(log.read_text(encoding="utf-8").splitlines()[-1])["number"] == 5999


def test_the_trace_of_a_crash_is_kept_and_told(log: Path) -> None:
    file = journal.fault_file(log.parent)
    assert not log.read_text(encoding="utf-8")  # there was none
    file.write_text("Fatal Python error: Aborted\n", encoding="utf-8")
    assert journal.fault_file(log.parent) == file
    assert not file.exists()
    (line,) = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    assert line["what"] == "the engine before this one crashed"
    assert "Aborted" in Path(line["trace"]).read_text(encoding="utf-8")
