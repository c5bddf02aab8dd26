"""Arrays that take longer to design than to read, kept in the user's cache: the noise loops and the room. [main]"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.config import cache_folder


def kept(name: str, source: str, design: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """What `design` gives: read from the cache if it was designed before by this very file `source`, else kept there.

    The array may be a view of the file, not to be written to.
    """
    digest = hashlib.sha256(Path(source).read_bytes() + np.__version__.encode()).hexdigest()[:16]
    path = cache_folder() / "designs" / f"{name}-{digest}.npy"
    try:
        read: NDArray[Any] = np.load(path, mmap_mode="r")
        return read
    except (OSError, ValueError, EOFError):
        pass
    made = design()
    part = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        with part.open("wb") as file:
            np.save(file, made)
        part.replace(path)
    except OSError:  # the next start designs it again
        with contextlib.suppress(OSError):
            part.unlink()
    return made
