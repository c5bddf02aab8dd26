"""A knob of the stage learns a controller from a real port, by its menu."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from jambox.engine.client import EngineClient
from jambox.gui.knob import Knob
from jambox.gui.window import MainWindow
from jambox.midi.mappings import load_mappings
from tests.engine.test_keyboards import keys

LEFT = Qt.MouseButton.LeftButton
PATIENCE_MS = 20_000


def choose(knob: Knob, text: str) -> None:
    """Choose an entry of the knob's menu."""
    menu = knob.menu()
    next(action for action in menu.actions() if action.text().startswith(text)).trigger()
    menu.deleteLater()


def test_a_knobs_menu_lets_a_controller_of_a_real_port_move_it(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    engine, until = EngineClient.join(), partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    knob = window.page("Stage").panel.knobs["stereo_width"]

    # Without a port that is open it says so, and leads to where one is.
    choose(knob, "MIDI learn")
    until(lambda: window.messages.sentence == "No MIDI port is open yet: choose one first.")
    qtbot.mouseClick(window.messages._button, LEFT)
    assert window.session.page == "Keys"

    with keys("menu") as port:
        board = window.page("Keys")
        board.ports.look()
        until(lambda: ("ports", "menu:out") in board.ports.boxes)
        board.ports.boxes["ports", "menu:out"].click()
        until(lambda: "menu:out" in board.ports.hint.text())
        window.open_page("Stage")
        choose(knob, "MIDI learn")
        until(lambda: window.messages.sentence == "Move the controller that is to move Stereo width.")
        for place in (30, 31):
            port.send_message([0xB0, 21, place])
        until(lambda: [one.param for one in load_mappings("menu:out") if one.number == 21] == ["stereo_width"])
        for place in (0, 64, 127):
            port.send_message([0xB0, 21, place])
        until(lambda: engine.params()["stereo_width"] == 1.0)
        until(lambda: knob.value == 1.0)
        port.send_message([0xB0, 21, 32])
        until(lambda: engine.params()["stereo_width"] == pytest.approx(32 / 127))
        until(lambda: knob.value == pytest.approx(32 / 127))

        # What is asked for and forgotten again is not learnt.
        choose(window.page("Stage").panel.knobs["tilt_db"], "MIDI learn")
        until(lambda: window.messages.sentence == "Move the controller that is to move Tilt.")
        qtbot.mouseClick(window.messages._button, LEFT)
        heard = window.link.meters["midi_messages"]
        for place in (30, 31):
            port.send_message([0xB0, 22, place])
        until(lambda: window.link.meters["midi_messages"] >= heard + 2)
        assert all(one.param != "tilt_db" for one in load_mappings("menu:out"))
        assert engine.params()["tilt_db"] == 0.0


def test_a_sentence_about_a_controller_that_is_put_away_lets_controllers_move_again(
    qtbot: QtBot, window: MainWindow
) -> None:
    engine, until = EngineClient.join(), partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    with keys("away") as port:
        engine.request("midi", ports=["away"])
        until(lambda: window.link.meters["midi_ports"] > 0)
        choose(window.page("Stage").panel.knobs["tilt_db"], "MIDI learn")
        until(lambda: window.messages.sentence == "Move the controller that is to move Tilt.")
        qtbot.mouseClick(window.messages._close, LEFT)
        for place in (0, 127):  # past where the reverb is: it moves that by itself
            port.send_message([0xB0, 91, place])
        until(lambda: engine.params()["reverb_mix"] == 1.0)
        assert all(one.param != "tilt_db" for one in load_mappings("away:out"))


def test_a_port_that_went_away_is_waited_for_until_its_box_is_cleared(qtbot: QtBot, window: MainWindow) -> None:
    until = partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    window.open_page("Keys")
    ports = window.page("Keys").ports

    def chosen() -> list[str]:
        return sorted(window.session.midi_ports)

    with keys("stays"):
        with keys("goes"):
            for name in ("stays:out", "goes:out"):
                ports.look()
                until(lambda name=name: ("ports", name) in ports.boxes)
                ports.boxes["ports", name].click()
                until(lambda name=name: name in ports.hint.text())
        until(lambda: ports.hint.text() == "Waited for: goes:out.")
        assert ports.boxes["ports", "goes:out"].isChecked()
        ports.boxes["ports", "stays:out"].click()
        until(lambda: not ports.boxes["ports", "stays:out"].isChecked())
        assert chosen() == ["goes:out"]
        ports.boxes["ports", "goes:out"].click()
        until(lambda: ("ports", "goes:out") not in ports.boxes)
        assert chosen() == []


def test_a_knobs_menu_resets_copies_and_takes_a_value(qtbot: QtBot, window: MainWindow) -> None:
    engine = EngineClient.join()
    knob = window.page("Stage").panel.knobs["reverb_mix"]
    choose(knob, "Type a value")
    entry = knob._entry
    assert entry is not None
    entry.clear()
    qtbot.keyClicks(entry, "0,4")
    qtbot.keyClick(entry, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: engine.params()["reverb_mix"] == 0.4, timeout=3000)
    for absurd in ("1e999", "nan", "-3", "loud", "", "0x10", "9" * 500):
        knob.enter_value("")
        qtbot.keyClicks(knob._entry, absurd)
        qtbot.keyClick(knob._entry, Qt.Key.Key_Return)
        assert knob.value == 0.4
        assert knob._entry is None
    assert window.messages.sentence.startswith("Reverb lies between 0 and 1; ")
    choose(knob, "Reset")
    qtbot.waitUntil(lambda: engine.params()["reverb_mix"] == knob.row.default, timeout=3000)
    choose(knob, "Copy")

    assert QGuiApplication.clipboard().text() == "0.05"
