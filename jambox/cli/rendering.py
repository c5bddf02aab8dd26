"""How far a rendering is: a bar for a long one, at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

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
