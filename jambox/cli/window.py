"""`jambox window`: the window, and the engine behind it."""

from __future__ import annotations

from typing import Annotated

import typer

from jambox.gui.app import open_window


def window(
    safe: Annotated[
        bool, typer.Option("--safe", help="Use nothing that was kept from the last time, and keep nothing.")
    ] = False,
) -> None:
    """Open the window. Where an engine plays already, it shows that one."""
    raise typer.Exit(open_window(safe=safe))
