"""The pages on the real engine: what is clicked, typed, dropped and recorded in the window happens there."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jambox.audiofile import read_sound, write_sound
from jambox.control.library import instrument_names
from jambox.gui.browser import BrowserPage
from jambox.gui.keys_page import KeysPage
from jambox.gui.mappings_panel import MAXIMUM
from jambox.gui.settings_page import SettingsPage
from jambox.gui.shape_page import ShapePage
from jambox.gui.shelf import Item
from jambox.gui.window import MainWindow
from jambox.presets import load_preset
from tests.engine.test_keyboards import keys
from tests.instrument.sounds import tone
from tests.midi import smf

RATE, RECORDED_S = 48_000, 5.0
PATIENCE_MS = 30_000
LEFT = Qt.MouseButton.LeftButton


def page(window: MainWindow, name: str) -> Any:
    window.open_page(name)
    return window.page(name)


def drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    coming = QDragEnterEvent(QPoint(400, 300), copy, data, LEFT, none)
    QApplication.sendEvent(window, coming)
    assert coming.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(400.0, 300.0), copy, data, LEFT, none))


def instrument(window: MainWindow) -> str:
    return str(window.link.status["plan"]["instrument"])


def test_what_is_done_on_the_pages_is_done_in_the_engine(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    until = partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    window.session.takes_folder = str(tmp_path / "takes")
    said: list[str] = []
    window.link.said.connect(lambda sentence, action: said.append(sentence))

    # An instrument by its card.
    sounds = page(window, "Sounds")
    assert isinstance(sounds, BrowserPage)
    until(lambda: len(sounds.cards) == len(instrument_names()))
    cello = next(card for card in sounds.cards if card.portrait.name == "cello")
    qtbot.mouseClick(cello, LEFT)
    until(lambda: instrument(window) == "cello")
    until(lambda: cello.property("chosen") is True)

    # A preset kept, lost sight of, found and played again; a second one of its name only after a second click.
    window.history.set({"reverb_mix": 0.37})
    qtbot.mouseClick(sounds.keep_button, LEFT)
    sounds.keep.name.setText("Night cello")
    sounds.keep.tags.setText("dark, night")
    qtbot.mouseClick(sounds.keep.button, LEFT)
    until(lambda: window.link.status["plan"]["preset"] == "Night cello")
    assert load_preset("Night cello").params == {"reverb_mix": 0.37}
    window.history.load(instrument="flute")
    until(lambda: instrument(window) == "flute")
    window.history.set({"reverb_mix": 0.0})
    qtbot.keyClicks(sounds.search, "night DARK")
    assert [sounds.found.entry(sounds.found.index(i, 0)).name for i in range(sounds.found.rowCount())] == ["Night cello"]
    sounds.table.activated.emit(sounds.found.index(0, 1))
    until(lambda: instrument(window) == "cello" and window.link.params["reverb_mix"] == 0.37)
    qtbot.mouseClick(sounds.keep_button, LEFT)
    sounds.keep.name.setText("Night cello")
    qtbot.mouseClick(sounds.keep.button, LEFT)
    assert sounds.keep.button.text() == "Replace Night cello"

    # Two as one, by the boxes; the pad by dragging; a root by a key.
    shape = page(window, "Shape")
    assert isinstance(shape, ShapePage)
    until(lambda: shape.morph.first.currentData() == "cello")
    shape.morph.second.setCurrentIndex(shape.morph.second.findData("oboe"))
    shape.morph.second.activated.emit(0)
    until(lambda: instrument(window) == "cello+oboe" and shape.morph.pad.isEnabled())
    qtbot.mouseClick(shape.morph.pad, LEFT, pos=QPoint(shape.morph.pad.width() // 2, shape.morph.pad.height() // 2))
    until(lambda: abs(window.link.params["morph"] - 0.5) < 0.02)
    qtbot.mouseClick(shape.scale.keys, LEFT, pos=shape.scale.keys.place_of(67).center().toPoint())
    qtbot.mouseClick(shape.scale.snap, LEFT)
    until(lambda: window.link.params["scale_key"] == 7.0 and window.link.params["scale_amount"] == 1.0)

    # A key of the piano, a controller of a real port, and how far it goes.
    board = page(window, "Keys")
    assert isinstance(board, KeysPage)
    qtbot.mousePress(board.piano, LEFT, pos=board.piano.place_of(60).center().toPoint())
    until(lambda: window.link.meters["notes"] >= 1)
    qtbot.mouseRelease(board.piano, LEFT)
    with keys("pages") as port:
        board.ports.look()
        until(lambda: ("ports", "pages:out") in board.ports.boxes)
        board.ports.boxes["ports", "pages:out"].click()
        until(lambda: moved(board) != [])
        board.mappings.wish.setCurrentIndex(board.mappings.wish.findData("formant_st"))
        qtbot.mouseClick(board.mappings.learn_button, LEFT)
        until(lambda: "formants" in board.mappings.hint.text())
        for place in (10, 11):
            port.send_message([0xB0, 20, place])
        until(lambda: not board.mappings.learn_button.isChecked())
        until(lambda: "Formants" in moved(board))
        line = moved(board).index("Formants")
        board.mappings.table.item(line, MAXIMUM).setText("7")
        until(lambda: "7.0" in controllers(tmp_path))
        for place in (0, 127):  # past where the parameter is, so that it follows
            port.send_message([0xB0, 20, place])
        until(lambda: window.link.params["formant_st"] == 7.0)
        assert board.ports.light.lit

    # The device, and that it can be heard.
    settings = page(window, "Settings")
    assert isinstance(settings, SettingsPage)
    until(lambda: window.link.meters["notes"] == 0)  # the piano's has died away
    qtbot.mouseClick(settings.device.tone, LEFT)
    until(lambda: window.link.meters["notes"] > 0)

    # Five seconds, as files that can be dragged out.
    qtbot.mouseClick(window.record_button, LEFT)
    until(lambda: window.link.meters["recorded_s"] >= RECORDED_S)
    qtbot.mouseClick(window.record_button, LEFT)
    until(lambda: len(window.shelf.items) == 1 and window.shelf.items[0].files != [])
    taken = window.shelf.items[0].files
    played, heard = (read_sound(file) for file in taken[:2])
    assert len(played.samples) == len(heard.samples) >= RECORDED_S * RATE
    assert np.any(played.samples)
    assert [url.toLocalFile() for url in window.shelf.items[0].mime_data().urls()][:2] == [str(file) for file in taken[:2]]

    # A sound and a song are rendered, one of them given up; what is nothing says so.
    write_sound(tmp_path / "long.wav", np.tile(tone(220.0, 1.0, RATE), 120), RATE)
    drop(window, tmp_path / "long.wav")
    given_up: Item = window.shelf.items[0]
    until(lambda: given_up.share > 0.0)
    given_up.give_up()
    until(lambda: len(window.shelf.items) == 1)
    write_sound(tmp_path / "sung.wav", tone(220.0, 0.5, RATE), RATE)
    smf.write(tmp_path / "song.mid", smf.file([smf.track([(0, b"\x90\x45\x64"), (96, b"\x80\x45\x00")])], 96))
    drop(window, tmp_path / "sung.wav", tmp_path / "song.mid")
    rendered: list[Item] = window.shelf.items[:2]
    until(lambda: all(item.files for item in rendered))
    assert all(np.any(read_sound(item.files[0]).samples) for item in rendered)
    assert not [path for path in (tmp_path / "takes").iterdir() if "long" in path.name or path.suffix == ".part"]
    (tmp_path / "text.txt").write_text("nothing")
    drop(window, tmp_path / "text.txt")
    assert any("text.txt is no sound" in sentence for sentence in said)


def moved(board: KeysPage) -> list[str]:
    """What controllers move, line by line of the table."""
    table = board.mappings.table
    return [table.item(line, 2).text() for line in range(table.rowCount())]


def controllers(data: Path) -> str:
    """Where the mapping of formants ends, as it is kept."""
    kept = json.loads((data / "controllers" / "pages-out.json").read_text())
    return " ".join(str(one["maximum"]) for one in kept["mappings"] if one["param"] == "formant_st")
