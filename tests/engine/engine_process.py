"""An engine process for a test, and ways to wait for what it will do: by its events and its record, not by sleeping."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psutil

from jambox.engine.client import EngineClient

PATIENCE_S = 30.0


def started(**run: Any) -> EngineClient:
    """A client of an engine that was started for it and plays."""
    engine = EngineClient.join_or_start()
    engine.request("start", **run)
    until(lambda: engine.meters()["position"] > 4800)
    return engine


def until(holds: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    """Return when `holds` does; fails if it does not within the time."""
    pause = threading.Event()
    for _ in range(round(within_s / 0.02)):
        if holds():
            return
        pause.wait(0.02)
    raise AssertionError(f"did not come true within {within_s:g} s")


def event(engine: EngineClient, name: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
    """The next event of that name."""
    for happening in engine.happenings(within_s, lambda: False):
        if happening["event"] == name:
            return happening
    raise AssertionError(f"no {name} within {within_s:g} s")


def plays_on(engine: EngineClient) -> bool:
    """Whether another half second is played."""
    position = engine.meters()["position"]
    until(lambda: engine.meters()["position"] > position + 24_000)
    return bool(engine.meters()["state"] == "playing")


def has_ended(process: psutil.Process) -> bool:
    """Whether a process is over; one that nobody has asked about since is, too."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
