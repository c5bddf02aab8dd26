"""The signal path as one C function, compiled once: the renderer, the audio callback and Python call it by its address."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any

from llvmlite import binding as llvm

from jambox import native
from jambox.instrument.chain import process_block
from jambox.kernels import OfNumba

_NAME = "process"
_SYMBOL = "jambox_process"
_prototype = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_ssize_t] * 6)


def compile_process() -> Any:
    """[main] The signal path, compiled by numba now."""
    from numba import cfunc

    return cfunc(_signature())(process_block)


def is_compiled() -> bool:
    """Whether the signal path of this version was compiled on this machine before."""
    return native.is_kept(_NAME)


@functools.cache
def linked_process() -> Callable[[int, int, int, int, int, int], int]:
    """[main] `process_block` for Python, good until the process ends; from now on kernels find `process` too."""
    address = native.entry(_NAME, compile_process)
    llvm.add_symbol(_SYMBOL, address)
    return _prototype(address)


def _signature() -> Any:
    from numba import types

    return types.int64(*[types.intp] * 6)


def _find_process() -> Any:
    from numba import types

    return types.ExternalFunction(_SYMBOL, _signature())


# [audio] The same for kernels: not one of them takes the signal path in and compiles it again.
process: Any = OfNumba(_find_process)
