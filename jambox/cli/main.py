"""`jambox`: the commands put together, and the one place where an error becomes a sentence and an exit code."""

from __future__ import annotations

import io
import logging
import os
import sys
from typing import Annotated

import typer

from jambox.cli import analyze, bench, demo, learn, listing, play, render
from jambox.errors import JamboxError

app = typer.Typer(
    name="jambox",
    help="Sing, hum, whistle or play, and a trained instrument plays what you played. "
    "Exit codes: 0 done, 1 failed, 2 bad input, 3 bad instrument, 4 audio device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


@app.callback()
def _options(
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error: how much is told on stderr.")] = "warning",
) -> None:
    if log_level not in _LEVELS:
        raise typer.BadParameter(f"the log level is one of {', '.join(_LEVELS)}")
    logging.basicConfig(level=_LEVELS[log_level], format="%(name)s: %(message)s", stream=sys.stderr)


app.command("play")(play.play)
app.command("render")(render.render)
app.command("demo")(demo.demo)
app.command("start")(play.start)
app.command("analyze")(analyze.analyze)
app.command("devices")(listing.devices)
app.command("instruments")(listing.instruments)
app.command("presets")(listing.presets)
app.command("params")(listing.params)
app.command("prepare")(learn.prepare)
app.command("train")(learn.train)
app.command("bench")(bench.bench)
app.command("compile")(play.compile_kernels)


def run() -> None:
    """Entry point of the `jambox` command."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file name need not be text
    try:
        app()
    except JamboxError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("Stopped.", 130)
    except BrokenPipeError:
        # The reader of our output went away; nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        _fail("There is not enough memory for this.", 1)
    except OSError as error:
        _fail(f"{error.filename or 'The system'}: {error.strerror or error}.", 1)
    except Exception as error:
        if logging.getLogger().isEnabledFor(logging.DEBUG):
            raise
        _fail(f"Unexpected failure: {type(error).__name__}: {error} (run with --log-level debug for where).", 1)


def _fail(sentence: str, code: int) -> None:
    print(f"jambox: {sentence}", file=sys.stderr)
    sys.exit(code)
