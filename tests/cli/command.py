"""Running `jambox`, in this process for speed or as the installed command where that matters."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from jambox.cli.run import run

COMMAND = Path(sys.executable).with_name("jambox")


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    def refusal(self) -> str:
        """The one sentence of a refusal; fails unless that is all there is."""
        assert self.code != 0
        assert "Traceback" not in self.err
        assert "Unexpected failure" not in self.err
        # The first command on a machine may tell of compiling before.
        lines = [line for line in self.err.strip().splitlines() if not line.startswith("Compiling for this machine")]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("jambox: ")
        assert lines[0].endswith(".")
        return lines[0].removeprefix("jambox: ")


class Jambox:
    """`jambox("render", "a.wav", ...)` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, *arguments: object) -> Ended:
        self._monkeypatch.setattr(sys, "argv", ["jambox", *(str(argument) for argument in arguments)])
        code: object = 0
        try:
            run()
        except SystemExit as end:
            code = end.code
        captured = self._capsys.readouterr()
        return Ended(code if isinstance(code, int) else int(bool(code)), captured.out, captured.err)


def installed(*arguments: object, **options: object) -> Ended:
    """The installed command, in a process of its own; `options` go to subprocess.run."""
    ended = subprocess.run(  # type: ignore[call-overload]
        [str(COMMAND), *(os.fspath(a) if isinstance(a, (bytes, Path)) else str(a) for a in arguments)],
        **({"capture_output": True, "text": True, "check": False, "timeout": 120} | options),
    )
    return Ended(ended.returncode, ended.stdout or "", ended.stderr or "")
