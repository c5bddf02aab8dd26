"""The stage against the real engine: what is turned, drawn or dragged in the window is what the engine plays with."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from jambox.engine.client import EngineClient
from jambox.gui.harmonics import ROWS as HARMONICS
from jambox.gui.knob import Knob
from jambox.gui.row_values import share_of, value_at, value_of
from jambox.gui.session import Session
from jambox.gui.stage_page import StagePage
from jambox.gui.window import MainWindow
from jambox.params import BY_ID, PARAMS
from jambox.presets import load_preset
from tests.cli.command import installed
from tests.engine.singing import RATE, singer
from tests.instrument.sounds import tone

LEFT = Qt.MouseButton.LeftButton


def stage_of(window: MainWindow) -> StagePage:
    page = window.page("Stage")
    assert isinstance(page, StagePage)
    return page


def test_what_is_done_on_the_stage_is_done_in_the_engine_and_undone_again(window: MainWindow, qtbot: QtBot) -> None:
    engine = EngineClient.join()
    stage, undo = stage_of(window), window.history.stack.undo

    def becomes(id: str, value: float) -> None:
        qtbot.waitUntil(lambda: abs(engine.params()[id] - value) < 1e-9, timeout=3000)

    for id, knob in stage.panel.knobs.items():
        before, at_top = engine.params()[id], knob.row.default == knob.row.maximum
        qtbot.keyClick(knob, Qt.Key.Key_Down if at_top else Qt.Key.Key_Up)
        assert knob.value != before, id
        becomes(id, knob.value)
        undo()
        becomes(id, before)
        qtbot.waitUntil(lambda knob=knob, before=before: knob.value == before, timeout=3000)
    assert not window.history.stack.canUndo()

    _drag_a_knob(stage.panel.knobs["reverb_mix"], qtbot, engine)
    undo()
    becomes("reverb_mix", BY_ID["reverb_mix"].default)

    _draw_a_slope(stage, qtbot)
    qtbot.waitUntil(lambda: engine.params()[HARMONICS[-1].id] < -50.0, timeout=3000)
    drawn = np.array([engine.params()[row.id] for row in HARMONICS])
    assert np.all(np.diff(drawn) < 0.0)
    undo()
    becomes(HARMONICS[-1].id, 0.0)
    assert all(engine.params()[row.id] == 0.0 for row in HARMONICS)

    _drag_the_box_up_an_octave(stage, qtbot)
    becomes("pitch_shift_st", 12.0)
    assert 2.0 < engine.params()["loudness_shift_db"] < 15.0
    undo()
    becomes("pitch_shift_st", 0.0)
    becomes("loudness_shift_db", 0.0)

    window.history.begin()
    window.history.set({"tilt_db": 3.0})
    window.history.compare()
    window.history.begin()
    window.history.set({"tilt_db": -3.0})
    window.history.compare()
    becomes("tilt_db", 3.0)
    assert window.history.slot == "A"
    window.history.compare()
    becomes("tilt_db", -3.0)

    engine.request("note", key=69, velocity=100)
    engine.request("note", key=76, velocity=100)
    qtbot.waitUntil(lambda: len(stage.heard.notes) == 2, timeout=3000)
    assert [round(pitch) for pitch, _ in stage.heard.notes] == [69, 76]
    assert np.max(window.link.shown.harmonics()) > 1e-3
    qtbot.waitUntil(lambda: stage.tuner.accessibleName().startswith("Tuner: E5"), timeout=3000)
    engine.request("panic")
    qtbot.waitUntil(lambda: not stage.heard.notes, timeout=3000)

    window.history.load(preset="warm-cello")
    qtbot.waitUntil(lambda: engine.request("status")["plan"]["preset"] == "warm-cello", timeout=10_000)
    qtbot.waitUntil(lambda: window.history.stack.undoText() == "warm-cello", timeout=3000)
    becomes("tilt_db", load_preset("warm-cello").params.get("tilt_db", 0.0))
    undo()
    qtbot.waitUntil(lambda: window.link.status["plan"]["instrument"] == "violin", timeout=10_000)
    becomes("tilt_db", -3.0)

    with qtbot.waitSignal(window.link.healed, timeout=20_000):
        os.kill(engine.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: window.link.meters.get("state") == "playing", timeout=20_000)
    assert window.messages.sentence == "The engine ended and was started again."
    assert window.link.params["tilt_db"] == -3.0
    window.history.begin()
    window.history.set({"reverb_mix": 0.5})
    engine.heal()
    becomes("reverb_mix", 0.5)
    window.close()
    kept = Session.restored().sounding
    assert kept is not None
    assert (kept.instrument, kept.preset, kept.params["reverb_mix"], kept.params["tilt_db"]) == ("violin", None, 0.5, -3.0)


def _drag_a_knob(knob: Knob, qtbot: QtBot, engine: EngineClient) -> None:
    """18 pixels are a tenth of the way; with shift a hundredth."""
    first = knob.value
    qtbot.mousePress(knob, LEFT, pos=QPoint(30, 30))
    qtbot.mouseMove(knob, QPoint(30, 12))
    qtbot.mouseRelease(knob, LEFT, pos=QPoint(30, 12))
    assert knob.value == pytest.approx(first + 0.1)
    qtbot.waitUntil(lambda: engine.params()["reverb_mix"] == knob.value, timeout=3000)


def _draw_a_slope(stage: StagePage, qtbot: QtBot) -> None:
    bars = stage.harmonics
    plot = bars.plot()
    top, foot = QPoint(plot.left() + 3, plot.top() + 4), QPoint(plot.right() - 3, plot.bottom() - 4)
    qtbot.mousePress(bars, LEFT, pos=top)
    qtbot.mouseMove(bars, foot)
    qtbot.mouseRelease(bars, LEFT, pos=foot)


def _drag_the_box_up_an_octave(stage: StagePage, qtbot: QtBot) -> None:
    field = stage.field
    start = field.box().center().toPoint()
    octave = round((field.at(72.0, 0.0) - field.at(60.0, 0.0)).x())
    end = start + QPoint(octave + 2, -field.plot().height() // 10)
    qtbot.mousePress(field, LEFT, pos=start)
    qtbot.mouseMove(field, end)
    qtbot.mouseRelease(field, LEFT, pos=end)


def test_every_parameter_is_in_the_window_and_nothing_else_is(window: MainWindow) -> None:
    shown = [*stage_of(window).panel.knobs, *(row.id for row in HARMONICS)]
    told = json.loads(installed("params", "--json").out)
    assert sorted(shown) == sorted(row["id"] for row in told)
    assert {knob.objectName() for knob in window.findChildren(Knob)} <= set(BY_ID)


@pytest.mark.parametrize("row", PARAMS, ids=lambda row: row.id)
def test_a_knob_goes_from_end_to_end_and_reads_what_it_shows(row: object) -> None:
    assert isinstance(row, type(PARAMS[0]))
    assert value_at(row, 0.0) == pytest.approx(row.minimum)
    assert value_at(row, 1.0) == pytest.approx(row.maximum)
    value = value_at(row, 0.37)
    if not (row.choices or row.whole):
        assert share_of(row, value) == pytest.approx(0.37)
    assert value_of(row, row.text(value)) == pytest.approx(value, rel=6e-3, abs=1e-9)
    smaller = {"s": ("ms", 1e-3), "Hz": ("kHz", 1e3)}.get(row.unit)
    if smaller is not None:
        unit, factor = smaller
        assert value_of(row, f"{value / factor:.6f} {unit}") == pytest.approx(value, rel=1e-3, abs=1e-5)


def test_the_tuner_shows_what_is_played_by_the_a4_that_is_set(window: MainWindow, qtbot: QtBot) -> None:
    tuner = stage_of(window).tuner

    def shows(cents: float) -> bool:
        words = tuner.accessibleName().split()
        return words[-1] == "cents" and abs(int(words[-2]) - cents) <= 3

    with singer(tone(440.0 * 2.0 ** (0.3 / 12.0), 20.0, RATE)):
        qtbot.waitUntil(lambda: shows(30.0), timeout=20_000)
        window.history.set({"scale_amount": 1.0})
        qtbot.waitUntil(lambda: shows(0.0), timeout=5000)
        window.history.set({"scale_amount": 0.0})
        qtbot.waitUntil(lambda: shows(30.0), timeout=5000)
        window.history.set({"a4_hz": 440.0 * 2.0 ** (0.3 / 12.0)})
        qtbot.waitUntil(lambda: shows(0.0), timeout=5000)
        # With a source that leaves the voice silent, no note is played, whatever is sung.
        window.history.set({"source": 2.0})
        qtbot.waitUntil(lambda: tuner.accessibleName() == "Tuner: no note", timeout=5000)
        assert window.link.meters["voiced"]


def test_what_the_engine_finds_for_a_voice_is_shown_while_it_is_used_and_nothing_moves_without_a_stream(
    window: MainWindow, qtbot: QtBot
) -> None:
    stage, link = stage_of(window), window.link
    knob = stage.panel.knobs["pitch_shift_st"]
    with singer(tone(110.0, 20.0, RATE)):
        qtbot.waitUntil(lambda: stage.heard.shift[0] == 24.0 == knob._reached, timeout=20_000)
        qtbot.waitUntil(lambda: stage.tuner.accessibleName().startswith("Tuner: A4"), timeout=5000)
        window.history.set({"auto_octave": 0.0, "auto_level": 0.0})
        qtbot.waitUntil(lambda: stage.tuner.accessibleName().startswith("Tuner: A2"), timeout=5000)
        qtbot.waitUntil(lambda: stage.heard.shift == (0.0, 0.0) and knob._reached == 0.0, timeout=5000)
        qtbot.waitUntil(lambda: link.meters["rms_out"] > 1e-3, timeout=5000)
        EngineClient.join().request("stop")
        qtbot.waitUntil(lambda: link.meters["state"] == "stopped", timeout=5000)
        assert (link.meters["rms_in"], link.meters["rms_out"], link.meters["voiced"]) == (0.0, 0.0, False)
        assert (len(link.shown.scope(0.1)[1]), len(link.shown.harmonics()), len(link.shown.noise())) == (0, 0, 0)
        qtbot.waitUntil(lambda: stage.tuner.accessibleName() == "Tuner: no note", timeout=5000)
        assert stage.heard.played is None


def test_on_no_page_does_a_knob_that_came_with_a_preset_look_as_if_something_had_moved_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.open_page("Keys")
    knobs = {knob.row.id: knob for knob in window.page("Keys").findChildren(Knob)}
    wanted = load_preset("pan-flute").params
    window.history.load(preset="pan-flute")
    qtbot.waitUntil(lambda: window.link.params["attack_s"] == wanted["attack_s"] == knobs["attack_s"].value, timeout=10_000)
    qtbot.waitUntil(lambda: window.history.stack.undoText() == "pan-flute", timeout=5000)
    assert [id for id, knob in knobs.items() if knob._own != knob.value] == []
