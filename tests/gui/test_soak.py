"""A long life of the window: `make soak`. `JAMBOX_SOAK_S` shortens it for a try."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path

import psutil
import pytest
from PySide6.QtWidgets import QApplication

from jambox.gui.window import MainWindow
from tests.gui.use import User

USE_S = float(os.environ.get("JAMBOX_SOAK_S") or 3600.0)
# Pages are opened for the first time, libraries fill their pools, the list of undoing gets as long as it may.
WARM_UP_S = min(300.0, 0.4 * USE_S)
MOST_MB = 5.0


@pytest.mark.soak
@pytest.mark.timeout(2 * 3600)
def test_an_hour_of_use_leaks_no_more_than_5_mb(window: MainWindow, tmp_path: Path) -> None:
    process = psutil.Process()
    user = User(window, tmp_path)
    began = time.monotonic()
    samples: list[tuple[float, float, int, int]] = []  # seconds, MB, widgets, open files
    while time.monotonic() < began + USE_S:
        user.round()
        gc.collect()
        at_s, mb = time.monotonic() - began, process.memory_info().rss / 2**20
        if not samples or int(at_s / 60.0) != int(samples[-1][0] / 60.0):
            print(
                f"{at_s:6.0f} s  {mb:6.1f} MB  {len(QApplication.allWidgets())} widgets  {process.num_fds()} files",
                flush=True,
            )
        samples.append((at_s, mb, len(QApplication.allWidgets()), process.num_fds()))
    warm = [sample for sample in samples if sample[0] >= WARM_UP_S]
    tenth = max(1, len(warm) // 10)
    first, last = (sorted(part)[len(part) // 2] for part in ([s[1] for s in warm[:tenth]], [s[1] for s in warm[-tenth:]]))
    print(f"{user.rounds} rounds; after {WARM_UP_S:.0f} s {first:.1f} MB, at the end {last:.1f} MB")
    assert last - first <= MOST_MB
    for counted in (2, 3):  # a take's notes may still be being cut when it is looked at
        assert max(sample[counted] for sample in warm[-tenth:]) <= max(sample[counted] for sample in warm[:tenth])
