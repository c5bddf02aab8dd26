"""The compiled callback: nothing is allocated in it, one of it plays every instrument, and it cannot go stale."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jambox
from jambox.control.bundle import Bundle
from jambox.engine.callback import play_device_block
from jambox.engine.stage import Stage
from jambox.instrument import Design, Instrument
from jambox.instrument.entry import linked_process

PROGRAM = Path(__file__).with_name("play_through_callback.py")
# Everything is compiled twice from scratch, some minutes where two other tests run beside it.
pytestmark = pytest.mark.timeout(900)
LEAF = "total + i] * (gain_from"


def play_through(package: Path, instrument: Path, cache: Path) -> dict[str, Any]:
    environment = os.environ | {"PYTHONPATH": str(package.parent), "JAMBOX_CACHE_DIR": str(cache)}
    run = subprocess.run(
        [sys.executable, str(PROGRAM), str(instrument)], capture_output=True, text=True, env=environment, check=False
    )
    assert run.returncode == 0, run.stderr
    result: dict[str, Any] = json.loads(run.stdout)
    assert Path(result["package"]) == package
    return result


@pytest.fixture(scope="module")
def before_and_after(lively: Bundle, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the callback of a copy of the package does, freshly compiled, and again when a leaf kernel was edited."""
    folder = tmp_path_factory.mktemp("copy")
    package = folder / "jambox"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(jambox.__file__).parent, package, ignore=ignored)
    before = play_through(package, lively.path.parent, folder / "cache")
    leaf = package / "dsp" / "harmonic.py"
    text = leaf.read_text(encoding="utf-8")
    assert text.count(LEAF) == 1
    leaf.write_text(text.replace(LEAF, LEAF.replace("(gain_from", "0.5 * (gain_from")), encoding="utf-8")
    # As an editor leaves it: Python's own cache of modules looks at seconds.
    os.utime(leaf, (time.time() + 2.0, time.time() + 2.0))
    return before, play_through(package, lively.path.parent, folder / "cache")


def test_nothing_is_allocated_in_the_callback(before_and_after: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, _ = before_and_after
    assert before["llvm_size"] > 100_000, "the text of the callback is not there to look at"
    assert [name for name in before["runtime_calls"] if "Alloc" in name or "alloc" in name] == []
    assert before["allocators"] == []


def test_an_edit_in_a_leaf_kernel_is_heard_through_the_callback(
    before_and_after: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    before, after = before_and_after
    assert before["rms"] > 1e-3
    assert after["rms"] / before["rms"] == pytest.approx(0.5, abs=1e-3)
    assert before["callbacks"] == after["callbacks"] == 93


def test_instruments_of_three_shapes_are_played_by_one_compiled_entry(lively: Bundle, odd: Bundle) -> None:
    x = np.zeros(4096, dtype=np.float32)
    rooms = [(np.ones(n), 48_000) for n in (1, 5000, 48_000)]
    designs = (Design(48_000), Design(44_100, seed=3, fade_in_s=0.5), Design(96_000))
    compiled = []
    for bundle, design, room in zip((lively, odd, lively), designs, rooms, strict=True):
        instrument = Instrument(bundle, design, response=room)
        instrument.set("reverb_mix", 0.4)
        instrument.process(x)
        stage = Stage(design.sample_rate)
        stage.enter(instrument)
        play_device_block(stage.record, stage.f32, x, x.copy(), 256, 0, 0.0)
        compiled.append((linked_process(), len(play_device_block.signatures)))
    assert compiled == compiled[:1] * 3
    assert compiled[0][1] == 1
