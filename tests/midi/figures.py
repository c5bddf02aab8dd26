"""How far what is rendered of two real pieces is from their MIDI files, measured anew.

    python -m tests.midi.figures --data DIR

The pieces are in tests/midi/pieces; the folder of recordings is taken so that every set of figures is measured the same way.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from tests.midi.performance import perform
from tests.midi.score import invention, prelude


def measure(data: Path) -> dict[str, float]:
    """Every figure by name, worst of all notes of both pieces."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JAMBOX_DATA_DIR"] = folder  # nobody's own presets change the numbers
        performances = [perform(piece(), Path(folder)) for piece in (prelude, invention)]
    return {
        "song_notes": float(sum(len(one.notes) for one in performances)),
        "song_onset_ms": 1e3 * max(abs(onset_s) for one in performances for onset_s in one.onsets_s),
        "song_pitch_cents": max(abs(cents) for one in performances for cents in one.cents),
        "song_stems_db": max(one.left_over_db for one in performances),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    print(json.dumps(measure(parser.parse_args().data), indent=1))
