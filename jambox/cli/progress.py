"""How far a long piece of work is, for another program to read: a line of JSON on stderr for every hundredth."""

from __future__ import annotations

import json

import typer


class ProgressLines:
    """Called with the number of samples done since the last call, `total` in all; writes {"progress": 0.01} and on."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._told = max(total, 1), 0, 0

    def __call__(self, done: int) -> None:
        self._done += done
        hundredths = min(100 * self._done // self._total, 100)
        if hundredths > self._told:
            self._told = hundredths
            typer.echo(json.dumps({"progress": hundredths / 100}), err=True)
