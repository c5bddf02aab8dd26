"""What becomes of a take when it is cut into notes, by the command that does it; without an engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from jambox.audiofile import write_sound
from jambox.engine.recorder import lost_files
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
        ("unwritable", "1.0 s, without notes", "take.mid"),
    ],
)
def test_why_a_take_has_no_notes_is_told(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: str, state: str, cause: str
) -> None:
    shown = _window(qtbot, tmp_path, monkeypatch)
    said: list[str] = []
    shown.link.said.connect(lambda sentence, action: said.append(sentence))
    take, sung = tmp_path / "take.wav", tmp_path / "take-input.wav"
    write_sound(take, np.zeros(RATE, dtype=np.float32), RATE)
    if heard == "garbage":
        sung.write_text("no sound")
    else:
        write_sound(sung, np.zeros(RATE, dtype=np.float32) if heard == "silence" else tone(220.0, 1.0, RATE), RATE)
    if heard == "unwritable":
        take.with_suffix(".mid").mkdir()
    shown.record_button._finished({"path": str(take), "seconds": 1.0, "problem": None})
    (item,) = shown.shelf.items
    qtbot.waitUntil(lambda: item.state == state, timeout=PATIENCE_MS)
    assert len(said) == bool(cause)
    assert all(sentence.startswith("The notes of take could not be cut: ") and cause in sentence for sentence in said)


@pytest.mark.parametrize(
    ("left", "state", "sentence"),
    [
        ([], "lost", "The recording {0}/take.wav is lost: its files were taken away while it was recorded."),
        (
            ["take.wav"],
            "1.0 s",
            "{0}/take-input.wav is lost: it was taken away while it was recorded; {0}/take.wav is whole.",
        ),
        (
            ["take-input.wav"],
            "1.0 s and notes",
            "{0}/take.wav is lost: it was taken away while it was recorded; {0}/take-input.wav is whole.",
        ),
    ],
)
def test_a_take_whose_files_were_taken_away_is_said_to_be_lost(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: list[str], state: str, sentence: str
) -> None:
    shown = _window(qtbot, tmp_path, monkeypatch)
    said: list[tuple[str, str]] = []
    shown.link.said.connect(lambda sentence, action: said.append((sentence, action)))
    for name in left:
        write_sound(tmp_path / name, tone(220.0, 1.0, RATE), RATE)
    over: list[bool] = []
    take = tmp_path / "take.wav"
    shown.record_button._finished(
        {"path": str(take), "seconds": 1.0, "problem": lost_files(take)}, lambda: over.append(True)
    )
    (item,) = shown.shelf.items
    qtbot.waitUntil(lambda: item.state == state and over == [True], timeout=PATIENCE_MS)
    assert said == [(sentence.format(tmp_path), "takes")]


def test_a_sentence_about_the_folder_goes_when_a_take_could_be_begun(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = _window(qtbot, tmp_path, monkeypatch)
    shown.say("It may not be written to.", "settings")
    shown.record_button._refused("The folder x cannot be written to.")
    assert shown.messages.has("Choose a folder")
    shown.record_button._begun({"path": str(tmp_path / "take.wav")})
    assert not shown.messages.has("Choose a folder")
    assert shown.messages.sentence == "It may not be written to."


def _window(qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window without an engine, that keeps what it keeps in this folder."""
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(folder / "data"))
    session, theme = Session(welcomed=True), Theme()
    shown = MainWindow(EngineLink(session), session, theme)
    qtbot.addWidget(shown)
    return shown
