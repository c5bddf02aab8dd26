"""How the engine's process keeps its memory: what an instrument gave back, the next one takes. [main]

The C library would return every large array to the system and ask for fresh pages for the next: some ten thousand page
faults for each change of instrument, in a process whose pages are locked, and each unmapping an interrupt to the core on
which the audio thread runs.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

# mallopt(3), <malloc.h>
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
# The most that glibc takes: larger arrays are mapped by themselves.
_LARGEST = 32 << 20
# So much may lie unused.
_KEPT = 256 << 20


def keep_memory() -> None:
    """Let the heap keep what is freed, and all threads share it; where the C library is another, nothing."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, _LARGEST), (_M_TRIM_THRESHOLD, _KEPT)):
            mallopt(option, value)
