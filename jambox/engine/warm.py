"""Compiling ahead of time: everything a musician would otherwise wait for in the first second of playing.

`python -m jambox.engine.warm` does it in a process of its own, a line a step.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jambox.config import shipped_models
from jambox.engine.callback import AudioCallback
from jambox.engine.callback import is_compiled as callback_is_compiled
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from jambox.kernels import CACHE_FOLDER

_MARK = CACHE_FOLDER / "complete"


def is_compiled() -> bool:
    """Whether this version was compiled on this machine before."""
    return _MARK.is_file() and callback_is_compiled()


def compile_all() -> Iterator[str]:
    """Compile in order; yields a sentence before each step. A repeat only reads the cache."""
    from jambox.analysis import analyse

    yield _step(1, "the signal path")
    # Any will do, and those that came with Jambox are whole.
    for folder in sorted(shipped_models().glob("*/model.ts")):
        instrument = open_instrument(folder.parent, Design(48_000))
        instrument.set("reverb_mix", 0.2)
        instrument.process(np.zeros(256, dtype=np.float32))
        break
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
