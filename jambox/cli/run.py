"""Entry point of the `jambox` command: the one place where an error becomes a sentence and an exit code.

The commands are imported inside, so that what goes wrong while they load, and Ctrl-C meanwhile, ends in a sentence too.
"""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from typing import Any, NoReturn

from jambox.errors import BadInput, JamboxError


def run() -> None:
    """Run the command line and exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file name need not be text
    try:
        _run()
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


def _run() -> None:
    from jambox.gui.app import has_display

    if sys.argv[1:] in ([], ["start"]) and has_display():
        sys.argv[1:] = ["window"]
    if sys.argv[1:2] != ["window"]:
        _tidy_when_ended()
    early = sys.argv[1:2] in (["play"], ["start"], ["window"]) and not {"--help", "--find-buffer"} & set(sys.argv)
    if early:
        # The engine process imports and opens while this one reads its options: half a second saved.
        from jambox.engine.hosting import end_early, start_early

        start_early()
    try:
        _run_command()
    finally:
        if early:
            end_early()


def _tidy_when_ended() -> None:
    """What the system ends, or a terminal that closes, tidies up as after Ctrl-C; who is told to ignore that goes on."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def _run_command() -> None:
    import typer

    from jambox.cli.main import build_app

    usage_error: Any = typer.BadParameter.__mro__[1]
    try:
        sys.exit(build_app(sys.argv[1:])(standalone_mode=False) or 0)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except usage_error as error:
        message = error.format_message().strip()
        if not message or "\n" in message:  # no command at all: typer's message is the whole help
            print(message)
            sys.exit(BadInput.exit_code)
        _fail(f"{message.rstrip('.')}. See --help.", BadInput.exit_code)


def _fail(sentence: str, code: int) -> NoReturn:
    if sys.stderr is not None:
        print(f"jambox: {sentence}", file=sys.stderr)
    sys.exit(code)
