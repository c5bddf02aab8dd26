"""The engine's log: what happened, one JSON object a line, in a file that never outgrows its room."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jambox.engine.runtime import LOG_FILE
from jambox.errors import BadInput, JamboxError

_FAULT_FILE = "engine.fault"
LARGEST_BYTES = 1_000_000
KEPT_FILES = 3
_LONGEST_NAME = 60

_logger = logging.getLogger("jambox.engine")


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "pid": os.getpid(),
            "what": record.getMessage(),
        }
        fields |= getattr(record, "fields", {})
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return json.dumps(fields)


def open_journal(folder: Path) -> None:
    """[main] Write the log into `folder` from now on; a full disk silences it and nothing else."""
    handler = logging.handlers.RotatingFileHandler(
        folder / LOG_FILE, maxBytes=LARGEST_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
    )
    handler.setFormatter(_Line())
    logging.raiseExceptions = False
    _logger.addHandler(handler)
    _logger.setLevel(logging.INFO)
    _logger.propagate = False


def fault_file(folder: Path) -> Path:
    """[main] Where to write the trace of a crash; that of an engine before, if it crashed, is kept beside it, and noted."""
    file = folder / _FAULT_FILE
    if file.is_file() and file.stat().st_size > 0:
        kept = file.with_suffix(".last")
        os.replace(file, kept)
        note("the engine before this one crashed", logging.WARNING, trace=str(kept))
    return file


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}..."


def note(what: str, level: int = logging.INFO, **fields: Any) -> None:
    """[any but audio] One line: a sentence and the numbers that belong to it."""
    _logger.log(level, what, extra={"fields": fields})


def note_failure(what: str) -> None:
    """[any but audio] The exception that is being handled, with where it came from."""
    _logger.exception(what)


def unforeseen(error: Exception) -> JamboxError:
    """[any but audio] What to answer when a command failed as nobody thought it would; where it came from is noted.

    What the system refuses (a name too long, a file that is gone, a full disk) needs no thought: its own words say it.
    """
    note_failure("a command failed")
    if isinstance(error, OSError) and error.strerror:
        file = "" if error.filename is None else f" ({_shortened(str(error.filename))})"
        return BadInput(f"The system refused it: {error.strerror}{file}.")
    return JamboxError(f"Unexpected failure: {type(error).__name__}: {error}.")
