"""Memory for the audio thread begins on a large page, is zero, and goes back when nobody holds it."""

from __future__ import annotations

import numpy as np
import psutil
import pytest

from jambox.instrument.pages import LARGE_PAGE, paged_memory


@pytest.mark.parametrize("n_bytes", [64, LARGE_PAGE, 5 * LARGE_PAGE + 64])
def test_memory_is_zero_writable_and_begins_on_a_large_page(n_bytes: int) -> None:
    memory = paged_memory(n_bytes)
    assert memory.shape == (n_bytes,)
    assert memory.ctypes.data % LARGE_PAGE == 0
    assert not memory.any()
    memory[-1] = 255
    assert memory[-1] == 255


def test_memory_that_nobody_holds_is_given_back() -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    view = paged_memory(64 * LARGE_PAGE).view(np.float32)
    assert process.memory_info().rss - before > 63 * LARGE_PAGE
    del view
    assert process.memory_info().rss - before < LARGE_PAGE
