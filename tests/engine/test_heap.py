"""The engine's process takes its arrays from what it gave back, and not anew from the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Arrays as an instrument needs them, given back and made anew; how many pages that touched for the first time.
_CHANGES = """
import resource, sys, threading
import numpy as np
from jambox.engine.heap import keep_memory
if sys.argv[1] == "kept":
    keep_memory()
def change():
    passing = [np.full(n << 10, 1, np.uint8) for n in (100, 300, 3000, 700) for _ in range(5)]
    kept = np.full(24 << 20, 1, np.uint8)
def changes(n):
    for _ in range(n):
        worker = threading.Thread(target=change)
        worker.start()
        worker.join()
changes(2)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
changes(10)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _pages(how: str) -> int:
    run = subprocess.run([sys.executable, "-c", _CHANGES, how], capture_output=True, text=True, check=True, timeout=60)
    return int(run.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only the heap of Linux is told what to keep")
def test_arrays_are_made_of_pages_that_are_there() -> None:
    assert _pages("kept") < 1000
