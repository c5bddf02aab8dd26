"""How far something is that takes its time, told on stderr."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

_LINE_EVERY_S = 10.0


@contextmanager
def progress_bar(what: str, quiet: bool) -> Iterator[Callable[[float, str], None]]:
    """Told how far something is (0 to 1) and, in a few words, where: a bar at a terminal, elsewhere a line every 10 s."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, quiet=quiet)
    columns = (
        TextColumn(what),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %  {task.description}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    lines = not (quiet or console.is_terminal)
    last = time.monotonic()
    with Progress(*columns, console=console, disable=quiet or lines, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def told(share: float, where: str) -> None:
            nonlocal last
            bar.update(task, completed=share, description=where)
            if lines and time.monotonic() - last > _LINE_EVERY_S:
                last = time.monotonic()
                typer.echo(f"{what}, {100.0 * share:.0f} %: {where}", err=True)

        yield told
