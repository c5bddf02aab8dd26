"""What the engine says about a stream that is not well, and when it takes a device for gone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jambox.engine import watch
from jambox.engine.watch import SILENT_DEVICE_S, SILENT_LOOKS, Watch


def engine(**changes: Any) -> Any:
    counts = {"bypassed": 0, "broken_inputs": 0, "network_faults": 0}
    fields: dict[str, Any] = counts | {"position": 0, "gone": False} | changes
    return SimpleNamespace(
        stage=SimpleNamespace(record={name: fields[name] for name in ("bypassed", "broken_inputs")}),
        instrument=SimpleNamespace(header={"network_faults": fields["network_faults"]}),
        position=fields["position"],
        gone=fields["gone"],
    )


def test_each_trouble_is_told_once_as_it_begins() -> None:
    watcher = Watch()
    assert watcher.complaints(engine(), "kazoo") == []
    assert watcher.complaints(engine(bypassed=1), "kazoo") == ["kazoo is too slow for this device and was silenced."]
    assert watcher.complaints(engine(bypassed=1), "kazoo") == []
    assert len(watcher.complaints(engine(network_faults=5), "kazoo")) == 1
    assert watcher.complaints(engine(network_faults=9), "kazoo") == []
    assert len(watcher.complaints(engine(bypassed=1, network_faults=9), "kazoo")) == 1
    assert watcher.complaints(engine(bypassed=1, network_faults=9, broken_inputs=64), "kazoo") == [
        "The input sends what is no number; those samples are silent."
    ]
    assert watcher.complaints(engine(bypassed=1, network_faults=9, broken_inputs=128), "kazoo") == []


def test_a_device_is_gone_when_nothing_moves_however_often_one_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(watch.time, "monotonic", lambda: now)
    watcher = Watch()
    assert not watcher.is_gone(engine(position=64))
    # The engine itself stood still for a minute: one look proves nothing.
    now += 60.0
    assert not watcher.is_gone(engine(position=64))
    assert not watcher.is_gone(engine(position=128))
    for _ in range(SILENT_LOOKS - 1):
        now += SILENT_DEVICE_S / SILENT_LOOKS
        gone = watcher.is_gone(engine(position=128))
    assert not gone
    now += SILENT_DEVICE_S
    assert watcher.is_gone(engine(position=128))
    assert watcher.is_gone(engine(position=256, gone=True))
