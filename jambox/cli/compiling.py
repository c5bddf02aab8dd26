"""`jambox compile`, and the compiling that every first start of a version does by itself."""

from __future__ import annotations

from typing import Annotated

import typer

from jambox.engine.warm import compile_all, is_compiled


def compile_kernels(
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing if everything is compiled already.")] = False,
) -> None:
    """Compile the sound kernels for this machine, so that the first start is as quick as every other."""
    if not quiet or not is_compiled():
        compile_with_progress()


def compile_with_progress() -> None:
    """Compile the kernels for this machine, a line a step on stderr."""
    for sentence in compile_all():
        typer.echo(sentence, err=True)


def compile_if_new() -> None:
    """The first start of a version compiles, and says so; every other start reads a cache."""
    if not is_compiled():
        compile_with_progress()
