"""Compiling ahead of time: everything a musician would otherwise wait for in the first second of playing.

`python -m jambox.engine.warm` does it in a process of its own, a line a step.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jambox.engine.callback import AudioCallback
from jambox.engine.callback import is_compiled as callback_is_compiled
from jambox.instrument.entry import is_compiled as path_is_compiled
from jambox.instrument.entry import linked_process
from jambox.kernels import CACHE_FOLDER

_MARK = CACHE_FOLDER / "complete"


def is_compiled() -> bool:
    """Whether this version was compiled on this machine before."""
    return _MARK.is_file() and path_is_compiled() and callback_is_compiled()


def compile_all() -> Iterator[str]:
    """Compile in order; yields a sentence before each step. A repeat only reads the cache."""
    from jambox.analysis import analyse

    yield _step(1, "the signal path")
    linked_process()
    yield _step(2, "the audio callback")
    AudioCallback()
    yield _step(3, "the analysis of recordings")
    analyse(np.zeros(4800, dtype=np.float32), 48_000)
    _MARK.touch()


def _step(number: int, what: str) -> str:
    return f"Compiling for this machine ({number}/3): {what} ..."


if __name__ == "__main__":
    for sentence in compile_all():
        print(sentence, flush=True)
