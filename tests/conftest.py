"""Tests that run at the same time: those of a file stay together, and those that play live wait for each other.

A file's instruments are opened and its little trainings run once; two engines on two cores would judge each other.
"""

from __future__ import annotations

import signal

import pytest

LIVE = ("cli", "engine", "gui", "midi")


def pytest_configure() -> None:
    # What a script starts in its background ignores Ctrl-C, and so would every command that a test ends by it.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        file = item.nodeid.split("::")[0]
        folder = file.split("/")[1] if file.startswith("tests/") else ""
        item.add_marker(pytest.mark.xdist_group("live" if folder in LIVE else file))
