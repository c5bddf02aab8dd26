"""The one exception a person ever reads: a sentence, and the exit code that goes with it."""

from __future__ import annotations


class JamboxError(Exception):
    """A refusal in one clear sentence; the command line prints it to stderr and exits with `exit_code`."""

    exit_code = 1


class BadInput(JamboxError):
    """A file, value or name that the user gave cannot be used."""

    exit_code = 2


class BadModel(JamboxError):
    """An instrument file that is missing, damaged, foreign or unsafe."""

    exit_code = 3


class DeviceError(JamboxError):
    """An audio device that is missing, busy or refuses what was asked of it."""

    exit_code = 4
