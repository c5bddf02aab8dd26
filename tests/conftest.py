"""Tests that run at the same time: those of a file stay together, and those that play live wait for each other.

A file's instruments are opened and its little trainings run once; two engines on two cores would judge each other.
"""

from __future__ import annotations

import pytest

LIVE = ("cli", "engine", "gui", "midi")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        file = item.nodeid.split("::")[0]
        folder = file.split("/")[1] if file.startswith("tests/") else ""
        item.add_marker(pytest.mark.xdist_group("live" if folder in LIVE else file))
