"""Tests that run at the same time: those of a file stay together, and those that play live wait for each other.

A file's instruments are opened and its little trainings run once; two engines on two cores would judge each other.
"""

from __future__ import annotations

import signal
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

LIVE = ("cli", "engine", "gui", "midi")


def pytest_configure() -> None:
    # What a script starts in its background ignores Ctrl-C, and so would every command that a test ends by it.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Rooms(LoadScopeScheduling):
    """A room for each file, in which its tests follow each other, and one for all that play live."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        folder = file.split("/")[1] if file.startswith("tests/") else ""
        return "live" if folder in LIVE else file


# In place of xdist's own groups, which are written into the tests' ids: pytest no longer lets them.
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Rooms:
    return Rooms(config, log)
