"""How a Python function becomes machine code: one decorator, and a cache that cannot go stale.

Numba's own disk cache looks at the file of the decorated function only; an edit in a kernel that it *calls* would keep
playing the old sound. So the cache folder is named by the hash of every source file of this package, of the numba and
numpy versions and of the CPU: any edit starts a fresh folder. This module must be imported before any kernel is defined.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import binding as llvm
from numba.core import config as numba_config

from jambox.config import cache_folder

F = TypeVar("F", bound=Callable[..., Any])

_PACKAGE = Path(__file__).resolve().parent
_KEEP_FOR_DAYS = 30
# Files without a kernel whose numbers are compiled into kernels.
_CONSTANTS = ("frames.py", "params.py", "units.py", "engine/load.py")


def source_digest(package: Path = _PACKAGE) -> str:
    """Hash of everything that decides what the compiled kernels are: 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        text = path.read_bytes()
        name = path.relative_to(package).as_posix()
        if name in _CONSTANTS or b"@kernel" in text or b"@cfunc" in text or b"_dtype" in text:
            digest.update(name.encode())
            digest.update(text)
    digest.update(f"{package} {numba.__version__} {np.__version__} {llvm.get_host_cpu_name()}".encode())
    return digest.hexdigest()[:16]


def _use_cache_folder() -> Path:
    """Point numba at the folder of this very set of kernels; drop folders untouched for a month."""
    root = cache_folder() / "kernels"
    folder = root / source_digest()
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    numba_config.CACHE_DIR = str(folder)
    oldest = time.time() - _KEEP_FOR_DAYS * 86_400
    for other in root.iterdir():
        if other != folder and other.stat().st_mtime < oldest:
            shutil.rmtree(other, ignore_errors=True)
    return folder


CACHE_FOLDER = _use_cache_folder()


def kernel(function: F) -> F:
    """Compile `function` on first call: no Python objects, no GIL, cached on disk, IEEE arithmetic (no fast-math).

    Without fast-math the same sample gets the same bits whatever the block length, since LLVM may neither reorder sums
    nor contract a multiply and an add into one rounding.
    """
    return cast(F, numba.njit(nogil=True, cache=True, error_model="numpy")(function))
