"""How far a rendering is: a bar for a long one, at a terminal; for another program a line of JSON for every hundredth."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from jambox.render import Progress

_LONG_S = 20.0


@contextmanager
def bar_of(label: str, seconds: float, sample_rate: int, told: Progress | None = None) -> Iterator[Progress | None]:
    """What a renderer of so many seconds is to call with the samples that it has done; None where nobody would look.

    `told` takes the place of a bar: another program reads it.
    """
    if told is not None:
        yield told
        return
    if seconds < _LONG_S or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=seconds * sample_rate)
        yield lambda done: bar.advance(task, done)


class ProgressLines:
    """Called with the number of samples done since the last call, `total` in all; on stderr {"progress": 0.01} and on."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._told = max(total, 1), 0, 0

    def __call__(self, done: int) -> None:
        self._done += done
        hundredths = min(100 * self._done // self._total, 100)
        if hundredths > self._told:
            self._told = hundredths
            typer.echo(json.dumps({"progress": hundredths / 100}), err=True)
