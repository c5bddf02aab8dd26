"""An engine that is ended, dies or finds no device: what the window says of it, and what it keeps of the sound."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jambox.audiofile import read_sound
from jambox.engine.client import EngineClient
from jambox.engine.record import SharedRecord
from jambox.gui.joining import begin_joining
from jambox.gui.link import EngineLink
from jambox.gui.session import Session
from jambox.gui.sounding import Sounding
from jambox.gui.status_line import StatusLine
from jambox.gui.theme import Theme
from jambox.gui.window import MainWindow
from tests.engine.engine_process import until as engine_does
from tests.gui.test_rough import gone

LEFT = Qt.MouseButton.LeftButton
RATE, PATIENCE_MS = 48_000, 30_000


def test_an_engine_that_was_ended_is_said_to_be_and_comes_back_with_the_sound_that_it_had(
    qtbot: QtBot, window: MainWindow
) -> None:
    until = partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    window.open_page("Settings")
    device, line = window.page("Settings").device, window.findChild(StatusLine)
    until(lambda: device.now.text().startswith("Plays on"))
    window.history.set({"tilt_db": 4.0})
    other = EngineClient.join()
    until(lambda: other.params()["tilt_db"] == 4.0)
    other.request("note", key=69)
    until(lambda: window.link.meters["peak_out"] > 1e-3)
    other.request("quit")
    other.close()
    until(lambda: not window.link.is_joined)
    until(lambda: line._device.text() == "No engine runs.")
    assert device.now.text() == "Nothing plays now."
    assert device.play.isVisible()
    assert (window.link.meters["peak_out"], window.link.meters["notes"]) == (0.0, 0)
    # The sentence is put away, a knob is turned, the button is clicked by somebody impatient.
    qtbot.mouseClick(window.messages._close, LEFT)
    window.history.set({"reverb_mix": 0.5})
    qtbot.mouseClick(device.play, LEFT)
    qtbot.mouseClick(device.play, LEFT)
    assert line._device.text() == "No engine runs."
    until(lambda: line._device.text() == "The engine is starting.")
    until(lambda: window.link.is_joined and window.link.meters["state"] == "playing")
    again = EngineClient.join()
    until(lambda: (again.params()["tilt_db"], again.params()["reverb_mix"]) == (4.0, 0.5))
    again.close()
    # One client was enough: none is left behind for whose sake the engine would go on.
    window.close()
    window.link.close()
    until(gone)


def test_a_knob_that_is_turned_while_the_engine_is_away_is_turned_in_the_next_one(qtbot: QtBot, window: MainWindow) -> None:
    until = partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    engine = EngineClient.join()
    knob = window.page("Stage").panel.knobs["tilt_db"]
    with qtbot.waitSignal(window.link.healed, timeout=PATIENCE_MS):
        with qtbot.waitSignal(window.link.gone, timeout=PATIENCE_MS):
            os.kill(engine.pid, signal.SIGKILL)
        qtbot.keyClick(knob, Qt.Key.Key_Up)
        turned = knob.value
    engine.heal()
    until(lambda: engine.params()["tilt_db"] == turned)
    until(lambda: window.link.meters["state"] == "playing")
    assert turned != knob.row.default
    assert knob.value == turned
    window.history.undo()
    until(lambda: engine.params()["tilt_db"] == knob.row.default)


def test_the_load_is_told_again_however_late_the_window_finds_the_next_engine(qtbot: QtBot, window: MainWindow) -> None:
    engine, link = EngineClient.join(), window.link
    qtbot.waitUntil(lambda: link.shown.load()[0] > 0.0, timeout=PATIENCE_MS)
    with qtbot.waitSignal(link.gone, timeout=PATIENCE_MS):
        os.kill(engine.pid, signal.SIGKILL)
    # The window stands still until the next engine plays.
    engine_does(lambda: not gone())
    engine.heal()
    engine_does(lambda: engine.meters()["state"] == "playing" and engine.meters()["position"] > 4800)
    assert not link.is_joined
    qtbot.waitUntil(lambda: link.is_joined and link.shown.load()[0] > 0.0, timeout=PATIENCE_MS)


def test_a_window_that_is_closed_while_its_engine_is_started_again_leaves_none_behind(
    qtbot: QtBot, window: MainWindow, runtime_folder: Path
) -> None:
    engine = EngineClient.join()
    with qtbot.waitSignal(window.link.gone, timeout=PATIENCE_MS):
        os.kill(engine.pid, signal.SIGKILL)
    window.close()
    window.link.close()
    record = SharedRecord(runtime_folder)
    qtbot.waitUntil(lambda: int(record.fields["pid"]) != engine.pid and gone(), timeout=PATIENCE_MS)


def test_a_take_that_ends_with_its_stream_lies_on_the_shelf(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    until = partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    window.session.takes_folder = str(tmp_path / "takes")
    qtbot.mouseClick(window.record_button, LEFT)
    until(lambda: window.link.meters["recorded_s"] > 0.5)
    window.link.request("device", channel_in=1)
    until(lambda: window.shelf.items != [] and "note" in window.shelf.items[0].state)
    assert not window.record_button.isChecked()
    (item,) = window.shelf.items
    assert [len(read_sound(file).samples) >= 0.4 * RATE for file in item.files] == [True, True]
    # The next one is ended by a click, and is one.
    until(lambda: window.link.meters["state"] == "playing")
    qtbot.mouseClick(window.record_button, LEFT)
    until(lambda: window.link.meters["recorded_s"] > 0.5)
    qtbot.mouseClick(window.record_button, LEFT)
    until(lambda: len(window.shelf.items) == 2 and "note" in window.shelf.items[0].state)
    # With a stream that is ended by somebody else nothing is shown to be recorded.
    qtbot.mouseClick(window.record_button, LEFT)
    until(lambda: window.link.meters["recorded_s"] > 0.5)
    EngineClient.join().request("stop")
    until(lambda: len(window.shelf.items) == 3 and not window.record_button.isChecked())
    assert window.record_button.text() == "● Rec"


def test_a_sound_that_found_no_device_is_kept_and_played_when_there_is_one(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, runtime_folder: Path
) -> None:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    Session(welcomed=True, sounding=Sounding(instrument="cello", params={"tilt_db": 3.0})).save()
    session = Session.restored()
    link = EngineLink(session)
    shown = MainWindow(link, session, Theme())
    qtbot.addWidget(shown)
    with qtbot.waitSignal(link.joined, timeout=PATIENCE_MS):
        link.await_engine(begin_joining(session, lambda sentence: None))
    if link.meters["state"] == "playing":
        link.close()
        pytest.skip("this machine has an audio device")
    qtbot.waitUntil(lambda: "audio device" in shown.messages.sentence, timeout=PATIENCE_MS)
    assert link.status["plan"]["instrument"] == "cello"
    assert EngineClient.join().params()["tilt_db"] == 3.0
    shown.close()
    link.close()
    kept = Session.restored().sounding
    assert kept is not None
    assert (kept.instrument, kept.params["tilt_db"]) == ("cello", 3.0)
