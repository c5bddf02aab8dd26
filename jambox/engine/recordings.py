"""The recording of a stream, if there is one: begun and finished by command, ended by a full disk or with the stream."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jambox.engine.recorder import Recorder, input_file
from jambox.engine.stage import Stage
from jambox.errors import BadInput


class Recordings:
    """At most one at a time. [control]"""

    def __init__(self) -> None:
        self._recorder: Recorder | None = None
        self._ended: str | None = None  # why the last one ended by itself
        self.files: list[str] = []  # of the one that runs or ran last, output and input; none if it went wrong

    @property
    def seconds(self) -> float:
        """How much has been recorded; 0 while nothing is."""
        return self._recorder.seconds if self._recorder is not None else 0.0

    def begin(self, stage: Stage | None, path: Path, from_start: bool) -> None:
        """Record output and input from now on, or from a stream's recent start; BadInput if that cannot be."""
        if stage is None:
            raise BadInput("Nothing plays that could be recorded.")
        if self._recorder is not None:
            raise BadInput(f"{self._recorder.path} is being recorded already.")
        self._recorder, self._ended = Recorder(stage, path, from_start), None
        self.files = [str(path), str(input_file(path))]

    def finish(self) -> Callable[[], dict[str, Any]]:
        """Let the recording go; what is returned is slow work: it completes the files and says what became of them."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            why = f" any more: {self._ended}" if self._ended is not None else "."
            raise BadInput(f"Nothing is being recorded{why}")

        def complete() -> dict[str, Any]:
            recorder.stop()
            return {"path": str(recorder.path), "seconds": recorder.seconds, "problem": recorder.problem}

        return complete

    def problem(self) -> str | None:
        """Why the recording ended by itself, if it just did."""
        if self._recorder is None or self._recorder.problem is None:
            return None
        self._ended = self._recorder.problem
        self._recorder.stop()
        self._recorder = None
        return self._ended

    def end(self) -> str | None:
        """End with the stream; what to say about it, if something was being recorded."""
        if self._recorder is None:
            return None
        recorder, self._recorder = self._recorder, None
        recorder.stop()
        if recorder.problem is not None:
            self.files = []
        self._ended = recorder.problem or f"The recording {recorder.path} ended with the stream."
        return self._ended
