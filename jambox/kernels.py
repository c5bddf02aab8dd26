"""How a Python function becomes machine code: one decorator, and a cache that cannot go stale.

Numba's own disk cache looks at the file of the decorated function only; an edit in a kernel that it *calls* would keep
playing the old sound. So the cache folder is named by the hash of every source file of this package, of the numba and
numpy versions and of the CPU: any edit starts a fresh folder. This module must be imported before any kernel is defined.

Numba takes half a second and 60 MB to import, and an engine that finds its callback compiled (`jambox.native`) needs none
of it: so nothing here, and no module with kernels, imports it before a kernel is called or compiled.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from llvmlite import binding as llvm

from jambox.config import cache_folder

F = TypeVar("F", bound=Callable[..., Any])

_PACKAGE = Path(__file__).resolve().parent
_KEEP_FOR_DAYS = 30
# Files without a kernel whose numbers are compiled into kernels.
_CONSTANTS = ("frames.py", "params.py", "units.py", "dsp/room.py", "engine/load.py")


def source_digest(package: Path = _PACKAGE) -> str:
    """Hash of everything that decides what the compiled kernels are: 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        text = path.read_bytes()
        name = path.relative_to(package).as_posix()
        if name in _CONSTANTS or b"@kernel" in text or b"@cfunc" in text or b"_dtype" in text:
            digest.update(name.encode())
            digest.update(text)
    digest.update(f"{package} {np.__version__} {llvm.get_host_cpu_name()}".encode())
    digest.update(_numba_version())
    return digest.hexdigest()[:16]


def _numba_version() -> bytes:
    """What tells one numba from another, without importing it."""
    numba = importlib.util.find_spec("numba")
    assert numba is not None
    assert numba.origin is not None
    return Path(numba.origin).with_name("_version.py").read_bytes()


def _use_cache_folder() -> Path:
    """Point numba at the folder of this very set of kernels; drop folders untouched for a month."""
    root = cache_folder() / "kernels"
    folder = root / source_digest()
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    if "numba" in sys.modules:  # it reads the environment when it is imported
        sys.modules["numba"].core.config.CACHE_DIR = str(folder)
    oldest = time.time() - _KEEP_FOR_DAYS * 86_400
    for other in root.iterdir():
        if other != folder and other.stat().st_mtime < oldest:
            shutil.rmtree(other, ignore_errors=True)
    return folder


CACHE_FOLDER = _use_cache_folder()


class Kernel:
    """A function that becomes machine code when it is first called, or when another that calls it is compiled."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function

    @functools.cached_property
    def dispatcher(self) -> Any:
        """Numba's own object."""
        import numba

        return numba.njit(nogil=True, cache=True, error_model="numpy")(self._function)

    @property
    def _numba_type_(self) -> Any:
        return self.dispatcher._numba_type_

    def __call__(self, *arguments: Any) -> Any:
        return self.dispatcher(*arguments)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dispatcher, name)


class _SmallKernel(Kernel):
    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)


class OfNumba:
    """A name in kernels to which numba gives a meaning, found when it is needed; `in_python` is what it does elsewhere."""

    def __init__(self, find: Callable[[], Any], in_python: Callable[..., Any] | None = None) -> None:
        self._find, self._in_python = find, in_python

    @functools.cached_property
    def found(self) -> Any:
        """Numba's own object."""
        return self._find()

    @property
    def _numba_type_(self) -> Any:
        from numba.core.registry import cpu_target

        if "found" not in self.__dict__:
            # What is defined while a kernel is being compiled must be told to whoever compiles.
            _ = self.found
            cpu_target.typing_context.refresh()
            cpu_target.target_context.refresh()
        return cpu_target.typing_context.resolve_value_type(self.found)

    def __call__(self, *arguments: Any) -> Any:
        return (self._in_python or self.found)(*arguments)


def kernel(function: F) -> F:
    """Compile `function` on first call: no Python objects, no GIL, cached on disk, IEEE arithmetic (no fast-math).

    Without fast-math the same sample gets the same bits whatever the block length, since LLVM may neither reorder sums
    nor contract a multiply and an add into one rounding.
    """
    return cast(F, Kernel(function))


def small_kernel(function: F) -> F:
    """A kernel of a few steps that is run as plain Python when Python calls it: that is done before numba is imported."""
    return cast(F, _SmallKernel(function))


def intrinsic(codegen: Callable[..., Any], in_python: Callable[..., Any] | None = None) -> Any:
    """A few instructions of LLVM's that kernels call like a function."""

    def find() -> Any:
        from numba.extending import intrinsic

        return intrinsic(codegen)

    return OfNumba(find, in_python)


def _find_carray() -> Any:
    from numba import carray

    return carray


carray: Any = OfNumba(_find_carray)


def _address_as_pointer(typingctx: Any, address: Any) -> Any:
    """[any] The pointer that an integer stands for."""
    from numba import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), codegen


pointer_to: Any = intrinsic(_address_as_pointer)
_fence = threading.Lock()


def fence() -> None:
    """[any] What this thread wrote before is seen by others before what it writes next.

    Letting a lock go keeps earlier writes above it and taking it keeps later ones below; twice, so that the two can not
    meet between.
    """
    with _fence:
        pass
    with _fence:
        pass
