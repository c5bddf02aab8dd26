"""What becomes of a take when it is cut into notes, by the command that does it; without an engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from jambox.audiofile import write_sound
from jambox.gui.link import EngineLink
from jambox.gui.session import Session
from jambox.gui.theme import Theme
from jambox.gui.window import MainWindow
from tests.instrument.sounds import tone

RATE, PATIENCE_MS = 48_000, 60_000


@pytest.mark.parametrize(
    ("heard", "state", "cause"),
    [
        ("silence", "1.0 s, no note in it", ""),
        ("tone", "1.0 s and notes", ""),
        ("garbage", "1.0 s, without notes", "take-input.wav"),
        ("nothing", "1.0 s, without notes", "take-input.wav"),
        ("unwritable", "1.0 s, without notes", "take.mid"),
    ],
)
def test_why_a_take_has_no_notes_is_told(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: str, state: str, cause: str
) -> None:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path / "data"))
    session, theme = Session(welcomed=True), Theme()
    shown = MainWindow(EngineLink(session), session, theme)
    qtbot.addWidget(shown)
    said: list[str] = []
    shown.link.said.connect(lambda sentence, action: said.append(sentence))
    take, sung = tmp_path / "take.wav", tmp_path / "take-input.wav"
    write_sound(take, np.zeros(RATE, dtype=np.float32), RATE)
    if heard == "garbage":
        sung.write_text("no sound")
    elif heard != "nothing":
        write_sound(sung, np.zeros(RATE, dtype=np.float32) if heard == "silence" else tone(220.0, 1.0, RATE), RATE)
    if heard == "unwritable":
        take.with_suffix(".mid").mkdir()
    shown.record_button._finished({"path": str(take), "seconds": 1.0, "problem": None})
    (item,) = shown.shelf.items
    qtbot.waitUntil(lambda: item.state == state, timeout=PATIENCE_MS)
    assert len(said) == bool(cause)
    assert all(sentence.startswith("The notes of take could not be cut: ") and cause in sentence for sentence in said)
