"""Calibration in the window: ten seconds of real singing, looped in, become a profile and settings, and no more."""

from __future__ import annotations

import os
import signal
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jambox.control.kinds import load_instrument
from jambox.control.library import find_instrument
from jambox.engine.client import EngineClient
from jambox.gui.calibration import MUTED_DB
from jambox.gui.fitting import PROFILE, fitting
from jambox.gui.window import MainWindow
from jambox.profile import InputProfile, load_profile, measure_profile, save_profile
from tests.engine.singing import RATE, singer

LEFT = Qt.MouseButton.LeftButton
PATIENCE_MS = 60_000
GAIN_DB = -6.0


def test_a_real_voice_is_measured_and_the_instrument_set_to_it(
    qtbot: QtBot, window: MainWindow, voice: NDArray[np.float32]
) -> None:
    engine, until = EngineClient.join(), partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    window.open_page("Settings")
    calibration = window.page("Settings").calibration
    window.history.set({"output_gain_db": GAIN_DB})
    before = engine.params() | {"output_gain_db": GAIN_DB}
    # Of a phrase in a rest and a phrase: the room is heard in the rest, whenever it begins.
    sung = np.concatenate([0.5 * voice, np.zeros(RATE, dtype=np.float32)])
    with singer(sung):
        until(lambda: window.link.meters["rms_in"] > 1e-3)
        qtbot.mouseClick(calibration.button, LEFT)
        until(lambda: "Be silent" in calibration.prompt.text() and engine.params()["output_gain_db"] == MUTED_DB)
        # What is kept meanwhile, or named, has the gain that is meant.
        assert window.link.sounding().params["output_gain_db"] == GAIN_DB
        until(lambda: "Sing or play" in calibration.prompt.text())
        until(lambda: calibration.told.text().startswith("You sing from"))
    profile = load_profile(PROFILE)
    offline = measure_profile(sung, RATE, "offline")
    assert profile.middle_hz == pytest.approx(offline.middle_hz, rel=0.03)
    assert profile.middle_db == pytest.approx(offline.middle_db, abs=2.0)
    fitting = profile.settings_for(load_instrument(find_instrument("violin")).card)
    until(lambda: engine.params() == before | fitting)
    assert window.history.stack.undoText() == "Calibration"
    window.history.stack.undo()
    until(lambda: engine.params() == before)


def test_what_is_given_up_or_dies_meanwhile_leaves_everything_as_it_was(qtbot: QtBot, window: MainWindow) -> None:
    engine, until = EngineClient.join(), partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    window.open_page("Settings")
    calibration = window.page("Settings").calibration
    before = engine.params()
    qtbot.mouseClick(calibration.button, LEFT)
    until(lambda: engine.params()["output_gain_db"] == MUTED_DB)
    # What it records is no take, and cannot be ended as one.
    until(lambda: window.link.meters["recorded_s"] > 0.3)
    assert (window.record_button.text(), window.record_button.isEnabled()) == ("● Rec", False)
    picture, red = window.record_button.grab().toImage(), window.theme.colour("bad")
    assert all(picture.pixelColor(x, y) != red for x in range(picture.width()) for y in range(picture.height()))
    qtbot.mouseClick(calibration.button, LEFT)
    until(lambda: engine.params() == before and calibration.told.text() == "Nothing was changed.")
    until(window.record_button.isEnabled)
    until(lambda: window.link.meters["recorded_s"] == 0.0)
    qtbot.mouseClick(calibration.button, LEFT)
    until(lambda: engine.params()["output_gain_db"] == MUTED_DB)
    with qtbot.waitSignal(window.link.healed, timeout=PATIENCE_MS):
        os.kill(engine.pid, signal.SIGKILL)
    engine.heal()
    until(lambda: engine.params() == before)
    assert not calibration.running
    until(lambda: window.link.meters["state"] == "playing")
    assert engine.params() == before
    qtbot.mouseClick(calibration.button, LEFT)
    until(lambda: engine.params()["output_gain_db"] == MUTED_DB)
    window.close()
    print(
        {k: (v, before[k]) for k, v in engine.params().items() if v != before[k]},
        calibration.running,
        window.link.is_joined,
        window.link.params["output_gain_db"],
    )
    until(lambda: engine.params() == before)
    assert window.session.restored().sounding.params["output_gain_db"] == before["output_gain_db"]


def test_a_voice_that_was_measured_is_fitted_to_every_instrument(qtbot: QtBot, window: MainWindow) -> None:
    engine, until = EngineClient.join(), partial(qtbot.waitUntil, timeout=PATIENCE_MS)
    levels = {"noise_db": -70.0, "softest_db": -44.0, "middle_db": -36.0, "loudest_db": -30.0}
    bass = {"lowest_hz": 80.0, "middle_hz": 110.0, "highest_hz": 220.0}
    profile = InputProfile(name=PROFILE, sung_s=6.0, **levels, **bass)
    save_profile(profile)
    fits = {name: fitting(profile, name) for name in ("violin", "cello", "flute")}
    assert len({fit["pitch_shift_st"] for fit in fits.values()}) == 3
    before = engine.params()

    def plays(instrument: str, settings: dict[str, float]) -> None:
        until(lambda: window.link.status["plan"]["instrument"] == instrument)
        until(lambda: engine.params() == before | settings)

    window.history.set(fits["violin"], "Calibration")
    for name in ("cello", "flute"):
        window.history.load(instrument=name)
        plays(name, fits[name])
    window.history.undo()
    plays("cello", fits["cello"])
    # What was turned since stays as it was turned; who is not calibrated any more is not fitted.
    window.history.set({"loudness_shift_db": 1.0})
    window.history.load(instrument="violin")
    plays("violin", fits["violin"] | {"loudness_shift_db": 1.0})
    window.history.set({"auto_octave": 1.0})
    window.history.load(instrument="flute")
    plays("flute", fits["violin"] | {"loudness_shift_db": 1.0, "auto_octave": 1.0})
