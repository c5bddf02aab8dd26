"""Machine code kept between runs: loaded by the linker that numba brings along, without numba.

An entry (a C function that kernels were compiled into) is kept as an object file in the cache folder of this very set of
kernels. What it refers to and this process lacks are numba's ways to raise an exception, which no kernel does: they end
the process instead of going anywhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llvmlite import binding as llvm

from jambox.kernels import CACHE_FOLDER

_HELPERS = ("numba_", "NRT_")
_engine: Any = None
_compiled: list[Any] = []  # their code lives as long as they do
_addresses: dict[str, int] = {}


def entry(name: str, compiled: Callable[[], Any]) -> int:
    """[main] Address of the C function kept as `name`; `compiled` makes it (numba's cfunc) where there is none yet.

    The function stays where it is until the process ends.
    """
    if name not in _addresses:
        path = CACHE_FOLDER / f"{name}.object"
        address = _load(path)
        if address is None:
            cfunc = compiled()
            _compiled.append(cfunc)
            _keep(path, cfunc)
            address = int(cfunc.address)
        _addresses[name] = address
    return _addresses[name]


def is_kept(name: str) -> bool:
    """Whether `entry` need not compile."""
    return (CACHE_FOLDER / f"{name}.object").is_file()


def _keep(path: Path, cfunc: Any) -> None:
    """Write symbols (a line of JSON) and object code; where that fails, the next start compiles again."""
    module = cfunc._library._final_module
    symbols = {"entry": cfunc._wrapper_name, "needs": [f.name for f in module.functions if f.is_declaration]}
    part = path.with_suffix(f".{os.getpid()}")
    try:
        part.write_bytes(json.dumps(symbols).encode() + b"\n" + cfunc._library._codegen._tm.emit_object(module))
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()


def _load(path: Path) -> int | None:
    """The entry's address; None if none is kept, or it needs what this process does not have."""
    try:
        first, _, code = path.read_bytes().partition(b"\n")
        symbols = json.loads(first)
    except (OSError, ValueError):
        return None
    engine = _linker()
    for name in symbols["needs"]:
        if name.startswith(_HELPERS) and not llvm.address_of_symbol(name):
            llvm.add_symbol(name, _address_of_abort())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return int(engine.get_function_address(symbols["entry"])) or None


def _linker() -> Any:
    global _engine
    if _engine is None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(jit=True, codemodel="jitdefault")
        _engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    return _engine


def _address_of_abort() -> int:
    library = ctypes.CDLL(None) if os.name == "posix" else ctypes.CDLL("ucrtbase")
    return int(ctypes.cast(library.abort, ctypes.c_void_p).value or 0)
