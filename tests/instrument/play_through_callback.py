"""Run as a program: play a tone through the compiled callback and print, as JSON, what it did and what it is made of.

python play_through_callback.py INSTRUMENT_FOLDER
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

import jambox
from jambox import native
from jambox.engine import callback as module
from jambox.engine.stage import Stage
from jambox.instrument import Design, entry
from jambox.instrument.opening import open_instrument

RATE = 48_000
BLOCK = 256


def main(folder: str) -> None:
    made: list[Any] = []
    compile_callback, compile_process = module.compile_callback, entry.compile_process
    module.compile_callback = lambda: made.append(compile_callback()) or made[-1]
    entry.compile_process = lambda: made.append(compile_process()) or made[-1]
    module.AudioCallback()
    assert len(made) == 2, "they were compiled before"
    native._addresses.clear()  # what follows plays from the files
    entry.linked_process.cache_clear()
    callback = module.AudioCallback()
    assert len(made) == 2, "they were not kept"
    params = {"auto_octave": 0.0, "reverb_mix": 0.0, "noise_level_db": -60.0}
    instrument = open_instrument(Path(folder), Design(RATE), params)
    stage = Stage(RATE)
    stage.enter(instrument)
    frames_in = (0.1 * np.sin(2.0 * np.pi * 440.0 * np.arange(RATE // 2) / RATE)).astype(np.float32)
    frames_out = np.zeros_like(frames_in)
    for first in range(0, len(frames_in) - BLOCK, BLOCK):
        callback.play(stage, frames_in[first : first + BLOCK], frames_out[first : first + BLOCK])
    text = "\n".join(one.inspect_llvm() for one in made)
    print(
        json.dumps(
            {
                "package": str(Path(jambox.__file__).parent),
                "rms": float(np.sqrt(np.mean(frames_out[RATE // 4 :].astype(np.float64) ** 2))),
                "callbacks": int(stage.record["callbacks"]),
                "llvm_size": len(text),
                "runtime_calls": sorted(set(re.findall(r"@(NRT_\w+)", text))),
                "allocators": sorted(set(re.findall(r"@(\w*(?:alloc|Alloc)\w*)\(", text))),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
