"""Rough handling: what is closed, killed or missing costs neither the music nor what was recorded of it."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from pytestqt.qtbot import QtBot

from jambox.audiofile import read_sound, write_sound
from jambox.engine.client import EngineClient, EngineGone
from jambox.gui.joining import begin_joining
from jambox.gui.link import EngineLink
from jambox.gui.session import Session
from jambox.gui.theme import Theme
from jambox.gui.window import MainWindow
from tests.instrument.sounds import tone

LEFT = Qt.MouseButton.LeftButton
RATE, PATIENCE_MS = 48_000, 30_000


class ClosedByHand(QCloseEvent):
    """As it comes from the window system, when somebody clicks the cross of the window."""

    def spontaneous(self) -> bool:
        return True


def close_by_hand(window: MainWindow) -> None:
    """Ask the window to close; it is there still when it says no."""
    event = ClosedByHand()
    window.closeEvent(event)
    assert not event.isAccepted()


def gone() -> bool:
    """Whether no engine runs any more."""
    try:
        EngineClient.join().close()
    except EngineGone:
        return True
    return False


def test_a_take_outlives_its_engine_and_its_window(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    engine, until = EngineClient.join(), partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    window.session.takes_folder = str(tmp_path / "takes")

    def recording() -> bool:
        return window.link.meters["state"] == "playing" and window.link.meters["recorded_s"] > 0.5

    qtbot.mouseClick(window.record_button, LEFT)
    until(recording)
    with qtbot.waitSignal(window.link.healed, timeout=PATIENCE_MS):
        os.kill(engine.pid, signal.SIGKILL)
    (item,) = window.shelf.items
    assert item.state == "until the engine ended"
    assert [len(read_sound(file).samples) >= 0.4 * RATE for file in item.files] == [True, True]
    assert not window.record_button.isChecked()

    def ready() -> bool:
        """What the next engine says, and not the last word of the one that was killed."""
        meters = window.link.meters
        return meters["state"] == "playing" and meters["recorded_s"] == 0.0 and window.record_button.isEnabled()

    until(ready)

    qtbot.mouseClick(window.record_button, LEFT)
    until(recording)
    # A window that is closed also gives up what it renders, and leaves nothing half done.
    write_sound(tmp_path / "long.wav", tone(220.0, 60.0, RATE), RATE)
    window.dropping.take([tmp_path / "long.wav"] * 3)
    until(lambda: window.shelf.items[2].share > 0.0)
    window.close()
    window.link.close()
    until(gone)
    takes = sorted((tmp_path / "takes").iterdir())
    assert [take.suffix for take in takes] == [".wav"] * 4
    assert all(len(read_sound(take).samples) >= 0.4 * RATE for take in takes)


def test_who_closes_the_window_during_a_take_is_asked_and_an_engine_that_others_use_does_not_record_unseen(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    other, until = EngineClient.join(), partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    window.session.takes_folder = str(tmp_path / "takes")
    qtbot.mouseClick(window.record_button, LEFT)
    until(lambda: window.link.meters["recorded_s"] > 0.5)
    close_by_hand(window)
    assert window.messages._button.text() == "End it and close"
    # Who ends the take instead is not asked any more.
    qtbot.mouseClick(window.record_button, LEFT)
    until(lambda: len(window.shelf.items) == 1)
    assert window.messages.sentence == ""
    qtbot.mouseClick(window.record_button, LEFT)
    until(lambda: window.link.meters["recorded_s"] > 0.5 and window.record_button.recording)
    close_by_hand(window)
    with qtbot.waitSignal(window.closed, timeout=PATIENCE_MS):
        close_by_hand(window)  # it goes when the take is whole, and its notes were looked for
    assert window.shelf.items[0].state.endswith("no note in it")
    window.link.close()
    until(lambda: other.meters()["recorded_s"] == 0.0)
    takes = sorted((tmp_path / "takes").glob("*.wav"))
    assert len(takes) == 4
    assert all(len(read_sound(take).samples) >= 0.4 * RATE for take in takes)
    other.request("quit")


def test_a_window_that_finds_the_engine_recording_says_so_and_can_end_it(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    until = partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    session = window.session.model_copy(update={"takes_folder": str(tmp_path / "takes")})
    window.session.takes_folder = session.takes_folder
    qtbot.mouseClick(window.record_button, LEFT)
    until(lambda: window.link.meters["recorded_s"] > 0.5)
    link = EngineLink(session)
    next_one = MainWindow(link, session, window.theme)
    qtbot.addWidget(next_one)
    next_one.show()
    with qtbot.waitSignal(link.joined, timeout=PATIENCE_MS):
        link.await_engine(begin_joining(session, lambda sentence: None))
    window.close()  # by a signal, say: nobody can be asked
    window.link.close()
    until(lambda: "recording a take" in next_one.messages.sentence)
    until(lambda: next_one.record_button.recording)
    qtbot.mouseClick(next_one.record_button, LEFT)
    until(lambda: len(next_one.shelf.items) == 1)
    (item,) = next_one.shelf.items
    assert [len(read_sound(file).samples) >= 0.4 * RATE for file in item.files] == [True, True]
    link.request("quit")
    until(gone)
    link.close()


def test_without_a_device_the_window_stands_says_so_and_everything_but_sound_works(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, runtime_folder: Path
) -> None:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    until = partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    session = Session(welcomed=True)
    theme, link = Theme(), EngineLink(session)
    shown = MainWindow(link, session, theme)
    qtbot.addWidget(shown)
    shown.show()
    with qtbot.waitSignal(link.joined, timeout=PATIENCE_MS):
        link.await_engine(begin_joining(session, lambda sentence: None))
    if link.meters["state"] == "playing":
        link.close()
        pytest.skip("this machine has an audio device")
    until(lambda: shown.messages.sentence != "")
    assert "audio device" in shown.messages.sentence
    qtbot.mouseClick(shown.messages._button, LEFT)
    assert session.page == "Settings"
    settings = shown.page("Settings")
    until(lambda: settings.device.now.text() == "Nothing plays now.")
    assert settings.device.play.isVisible()
    assert not settings.device.tone.isVisible()
    shown.history.load(instrument="cello")
    until(lambda: link.status["plan"]["instrument"] == "cello")
    shown.history.set({"tilt_db": 4.0})
    until(lambda: EngineClient.join().params()["tilt_db"] == 4.0)
    shown.history.stack.undo()
    shown.history.stack.undo()
    until(lambda: link.status["plan"]["instrument"] == "violin")
    qtbot.mouseClick(settings.device.play, LEFT)
    until(lambda: "audio device" in shown.messages.sentence)
    qtbot.mouseClick(shown.record_button, LEFT)
    until(lambda: "Nothing plays" in shown.messages.sentence)
    assert not shown.record_button.isChecked()
    link.close()
