"""Two real pieces through `jambox render`: every note at the file's time and pitch, judged on the output from outside."""

from __future__ import annotations

import numpy as np
import pytest

from tests.midi.performance import TAIL_S, Performance, perform
from tests.midi.score import invention, prelude

PIECES = {"prelude": prelude, "invention": invention}


@pytest.fixture(scope="module", params=list(PIECES))
def performance(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Performance:
    folder = tmp_path_factory.mktemp("song")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAMBOX_DATA_DIR", str(folder))  # nobody's own presets change the numbers
        return perform(PIECES[request.param](), folder)


def test_every_note_is_at_the_files_time_and_pitch(performance: Performance) -> None:
    assert performance.left_over_db < -80.0  # what holds for the stems holds for the whole
    assert len(performance.onsets_s) == len(performance.notes) >= 30
    assert len(performance.cents) >= len(performance.notes)
    assert max(map(abs, performance.onsets_s)) <= 0.002
    assert max(map(abs, performance.cents)) <= 3.0


def test_the_tail_is_kept(performance: Performance) -> None:
    from_end = performance.whole[-round(TAIL_S * 48_000) :]
    assert len(performance.whole) / 48_000 >= max(note.end_s for note in performance.notes) + TAIL_S
    assert np.max(np.abs(from_end)) < 1e-4
