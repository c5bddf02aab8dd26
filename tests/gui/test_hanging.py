"""An engine that hangs but lives: the window says so, goes on, and takes up with it again or starts it anew."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psutil
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jambox.engine.client import EngineClient
from jambox.engine.pulse import ANSWER_WITHIN_S, ASK_EVERY_S, Pulse
from jambox.gui.calibration import MUTED_DB
from jambox.gui.status_line import StatusLine
from jambox.gui.window import MainWindow
from tests.engine.engine_process import has_ended

LEFT = Qt.MouseButton.LeftButton
PATIENCE_MS = 30_000


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """A process that does nothing meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_only_a_question_that_stays_open_is_late() -> None:
    pulse = Pulse()
    assert pulse.is_due(0.0)
    pulse.ask(0.0)
    assert pulse.is_open
    assert not pulse.is_due(100.0)
    assert not pulse.is_late(ANSWER_WITHIN_S)
    assert pulse.is_late(ANSWER_WITHIN_S + 0.1)
    pulse.hear(4.0)
    assert not pulse.is_open
    assert not pulse.is_late(100.0)
    assert not pulse.is_due(4.0 + 0.9 * ASK_EVERY_S)
    assert pulse.is_due(4.0 + ASK_EVERY_S)


def test_an_engine_that_hangs_is_said_to_and_gets_what_was_turned_when_it_goes_on(qtbot: QtBot, window: MainWindow) -> None:
    until, link = partial(qtbot.waitUntil, timeout=PATIENCE_MS), window.link
    line, engine = window.findChild(StatusLine), EngineClient.join()
    knob = window.page("Stage").panel.knobs["tilt_db"]
    refused: list[str] = []
    with standing_still(engine.pid):
        until(lambda: line._device.text() == "The engine does not answer.")
        assert "does not answer" in window.messages.sentence
        assert link.meters["peak_out"] == 0.0
        ticks = []
        link.ticked.connect(lambda: ticks.append(knob.value))
        qtbot.keyClick(knob, Qt.Key.Key_Up)
        turned = knob.value
        until(lambda: len(ticks) > 60)
        assert set(ticks) == {turned} != {knob.row.default}  # whatever the record goes on showing
        link.request("record", failed=refused.append, path="unused.wav")
        assert "does not answer" in refused[0]
        sounding = link.sounding()
        assert sounding is not None
        assert sounding.params["tilt_db"] == turned
    # A device may have gone meanwhile, so that the engine begins again by itself.
    until(lambda: not link.hangs and link.is_joined and link.meters["state"] == "playing")
    until(lambda: window.messages.sentence != "The engine does not answer. What you turn is kept until it does.")
    until(lambda: "kHz" in line._device.text())
    until(lambda: EngineClient.join().params()["tilt_db"] == turned)


def test_an_engine_that_hangs_is_started_anew_by_the_button_under_what_is_said_of_it(
    qtbot: QtBot, window: MainWindow
) -> None:
    until, link = partial(qtbot.waitUntil, timeout=PATIENCE_MS), window.link
    engine = EngineClient.join()
    window.history.set({"tilt_db": 4.0})
    until(lambda: engine.params()["tilt_db"] == 4.0)
    with qtbot.waitSignal(link.healed, timeout=PATIENCE_MS):
        os.kill(engine.pid, signal.SIGSTOP)
        window.history.set({"formant_st": 2.0})  # before it is known to hang
        until(lambda: window.messages._button.text() == "Start it anew" and window.messages.isVisible())
        window.history.set({"reverb_mix": 0.5})
        qtbot.mouseClick(window.messages._button, LEFT)
    again = EngineClient.join()
    assert again.pid != engine.pid
    turned = {"tilt_db": 4.0, "formant_st": 2.0, "reverb_mix": 0.5}
    until(lambda: {id: again.params()[id] for id in turned} == turned)
    until(lambda: link.meters["state"] == "playing" and not link.hangs)


def test_a_calibration_that_is_given_up_while_the_engine_hangs_leaves_it_as_loud_as_before(
    qtbot: QtBot, window: MainWindow
) -> None:
    until, link = partial(qtbot.waitUntil, timeout=PATIENCE_MS), window.link
    engine = EngineClient.join()
    window.open_page("Settings")
    calibration = window.page("Settings").calibration
    gain_db = engine.params()["output_gain_db"]
    qtbot.mouseClick(calibration.button, LEFT)
    until(lambda: engine.params()["output_gain_db"] == MUTED_DB)
    with standing_still(engine.pid):
        until(lambda: link.hangs)
        qtbot.mouseClick(calibration.button, LEFT)
    until(lambda: not link.hangs and link.is_joined and link.meters["state"] == "playing")
    until(lambda: EngineClient.join().params()["output_gain_db"] == gain_db)
    # Nor does it go on recording what nobody asks for any more.
    until(lambda: link.meters["recorded_s"] == 0.0 and not link.listening)


def test_a_window_that_is_closed_does_not_wait_for_an_engine_that_hangs(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = EngineClient.join()
    process = psutil.Process(engine.pid)
    engine.close()
    with standing_still(process.pid):
        qtbot.waitUntil(lambda: window.link.hangs, timeout=PATIENCE_MS)
        awaited: list[str] = []
        monkeypatch.setattr(EngineClient, "_answer", lambda client, number, do, within_s: awaited.append(do))
        window.close()
        window.link.close()
        assert awaited == []
    # Not by joining it: that is a use, for which it would stay.
    qtbot.waitUntil(lambda: has_ended(process), timeout=PATIENCE_MS)
