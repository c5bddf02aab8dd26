"""Whatever is dropped on the window is taken in, or told why not; what was made is dragged out again as files."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag
from pytestqt.qtbot import QtBot

from jambox.audiofile import read_sound, write_sound
from jambox.config import shipped_models
from jambox.control.library import instrument_names
from jambox.gui.window import MainWindow
from jambox.presets import Preset, preset_names
from jambox.presets.keeping import save_preset, with_hash
from tests.control.test_adding import another_flute
from tests.gui.test_pages import drop
from tests.gui.test_undo import TUNING
from tests.instrument.sounds import tone

LEFT = Qt.MouseButton.LeftButton
RATE, PATIENCE_MS = 48_000, 60_000


def test_instruments_presets_tunings_and_folders_are_taken_in_and_what_is_none_of_them_says_why(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    until = partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    window.session.takes_folder = str(tmp_path / "takes")
    given = tmp_path / "given"
    given.mkdir()
    said: list[str] = []
    window.link.said.connect(lambda sentence, action: said.append(sentence))

    def plan() -> dict[str, Any]:
        return dict(window.link.status["plan"])

    # A .ts file and folders of both kinds of instruments are added, and play.
    shutil.copyfile(another_flute(tmp_path / "flute"), given / "gift.ts")
    drop(window, given / "gift.ts")
    until(lambda: plan()["instrument"] == "flute-2")
    shutil.copytree(shipped_models() / "bark", given / "bark")
    drop(window, given / "bark")
    until(lambda: plan()["instrument"] == "bark")
    assert said[-2:] == ["flute-2 was added.", "bark is here already, as bark."]
    assert "flute-2" in instrument_names()
    sounds = window.page("Sounds")
    window.open_page("Sounds")
    until(lambda: "flute-2" in [card.portrait.name for card in sounds.cards])

    # A preset of somebody else's, and a tuning.
    save_preset("passed on", with_hash(Preset("passed on", "cello", {"tilt_db": 2.0})))
    own = tmp_path / "presets" / "passed on.json"
    shutil.move(own, given / "passed on.json")
    drop(window, given / "passed on.json")
    until(lambda: plan()["preset"] == "passed on" and window.link.params["tilt_db"] == 2.0)
    assert "passed on" in preset_names()
    # Another of its name is taken in beside it, the very same is that one.
    passed = (given / "passed on.json").read_text()
    (given / "passed on.json").write_text(passed.replace('"tilt_db": 2', '"tilt_db": 3'))
    drop(window, given / "passed on.json")
    until(lambda: plan()["preset"] == "passed on 2" and window.link.params["tilt_db"] == 3.0)
    assert said[-1] == "The preset passed on was taken in as passed on 2."
    (given / "passed on.json").write_text(passed)
    drop(window, given / "passed on.json")
    until(lambda: plan()["preset"] == "passed on" and window.link.params["tilt_db"] == 2.0)
    assert "passed on 3" not in preset_names()
    (given / "own.scl").write_text(TUNING)
    drop(window, given / "own.scl")
    until(lambda: str(plan()["scale"]).endswith("own.scl"))

    # A folder of sounds is rendered, one after the other.
    for name in ("one", "two", "three"):
        write_sound(given / f"{name}.wav", tone(220.0, 0.3, RATE), RATE)
    drop(window, given)
    assert len(window.shelf.items) == 3
    assert sum(item.state == "rendering" for item in window.shelf.items) == 1
    until(lambda: all(item.files for item in window.shelf.items))
    assert all(np.any(read_sound(item.files[0]).samples) for item in window.shelf.items)

    # And what cannot be: each with its reason.
    bad = tmp_path / "bad"
    (bad / "empty").mkdir(parents=True)
    (bad / "damaged.ts").write_bytes(b"PK no more")
    (bad / "damaged.json").write_text("{")
    (bad / "damaged.scl").write_text("!")
    (bad / "damaged.wav").write_bytes(b"RIFF")
    (bad / "damaged.mid").write_bytes(b"MThd")
    (bad / "letter.txt").write_text("nothing")
    before = plan()
    for name, reason in (
        ("empty", "There is no instrument in"),
        ("damaged.ts", "is no whole TorchScript archive"),
        ("damaged.json", "cannot be read as JSON"),
        ("damaged.scl", "ends before its number of notes"),
        ("damaged.wav", "damaged.wav"),
        ("damaged.mid", "damaged.mid is no MIDI file"),
        ("letter.txt", "letter.txt is no sound"),
        ("missing.wav", "missing.wav does not exist"),
    ):
        count = len(said)
        drop(window, bad / name)
        until(lambda count=count: len(said) > count)
        assert reason in said[-1], name
        assert said[-1].endswith(".")
    assert plan() == before
    assert "damaged" not in preset_names()


def test_a_finished_take_is_dragged_out_as_its_files_and_an_unfinished_one_is_not(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dragged: list[tuple[list[str], Qt.DropAction]] = []

    def exec_(drag: QDrag, action: Qt.DropAction) -> Qt.DropAction:
        assert not drag.pixmap().isNull()
        dragged.append(([url.toLocalFile() for url in drag.mimeData().urls()], action))
        return action

    monkeypatch.setattr(QDrag, "exec", exec_)
    window.session.takes_folder = str(tmp_path / "takes")
    making = window.shelf.add("not yet")
    _drag(qtbot, making)
    assert dragged == []
    making.give_up()
    qtbot.mouseClick(window.record_button, LEFT)
    qtbot.waitUntil(lambda: window.link.meters["recorded_s"] > 0.5, timeout=PATIENCE_MS)
    qtbot.mouseClick(window.record_button, LEFT)
    qtbot.waitUntil(lambda: len(window.shelf.items) == 1 and bool(window.shelf.items[0].files), timeout=PATIENCE_MS)
    take = window.shelf.items[0]
    _drag(qtbot, take)
    (files, action), *others = dragged
    assert others == []
    assert action == Qt.DropAction.CopyAction
    assert files == [str(file) for file in take.files]
    assert [Path(file).suffix for file in files][:2] == [".wav", ".wav"]
    assert all(len(read_sound(Path(file)).samples) > 0.5 * RATE for file in files[:2])


def _drag(qtbot: QtBot, item: Any) -> None:
    start = QPoint(8, item.height() // 2)
    qtbot.mousePress(item, LEFT, pos=start)
    for step in (3, 20, 40):
        qtbot.mouseMove(item, start + QPoint(step, 0))
    qtbot.mouseRelease(item, LEFT)
