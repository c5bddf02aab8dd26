"""Every kind of change is undone, whichever page it was made on, and done again: the engine has exactly what it had."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from jambox.engine.client import EngineClient
from jambox.gui.sounding import Sounding, sounding_of
from jambox.gui.window import MainWindow

LEFT = Qt.MouseButton.LeftButton
PATIENCE_MS = 20_000
TUNING = "! own.scl\n!\nfive equal steps\n 5\n!\n 240.\n 480.\n 720.\n 960.\n 2/1\n"


def sounds(engine: EngineClient) -> Sounding:
    """What the engine plays: its own word, not the window's."""
    return sounding_of(engine.request("status")["plan"], engine.params())


def test_all_that_is_changed_on_all_pages_is_undone_and_redone(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    engine, until, stack = EngineClient.join(), partial(qtbot.waitUntil, timeout=PATIENCE_MS), window.history.stack
    stage, sounds_page, shape, keys = (_page(window, name) for name in ("Stage", "Sounds", "Shape", "Keys"))
    states = [sounds(engine)]

    def changed(what: str, count: int) -> None:
        """Wait for one more step, and for the engine to be at rest with it."""
        until(lambda: stack.count() == count)
        until(lambda: sounds(engine) == window.link.sounding() and sounds(engine) != states[-1])
        states.append(sounds(engine))
        assert stack.undoText() != "", what

    _page(window, "Stage")
    qtbot.keyClick(stage.panel.knobs["tilt_db"], Qt.Key.Key_Up)
    changed("a knob", 1)
    qtbot.mouseClick(stage.panel.knobs["auto_octave"], LEFT)
    changed("a switch", 2)
    plot = stage.harmonics.plot()
    qtbot.mousePress(stage.harmonics, LEFT, pos=QPoint(plot.left() + 3, plot.top() + 9))
    qtbot.mouseMove(stage.harmonics, QPoint(plot.right() - 3, plot.bottom() - 9))
    qtbot.mouseRelease(stage.harmonics, LEFT)
    changed("a drawing", 3)
    grip = stage.field.box().center().toPoint()
    qtbot.mousePress(stage.field, LEFT, pos=grip)
    qtbot.mouseMove(stage.field, grip + QPoint(0, -stage.field.plot().height() // 10))
    qtbot.mouseRelease(stage.field, LEFT)
    changed("the box", 4)
    _page(window, "Sounds")
    until(lambda: len(sounds_page.cards) > 0)
    cello = next(card for card in sounds_page.cards if card.portrait.name == "cello")
    qtbot.mouseClick(cello, LEFT)
    changed("an instrument", 5)
    sounds_page.choose("hall-oboe")
    sounds_page.table.activated.emit(sounds_page.table.currentIndex())
    changed("a preset", 6)
    _page(window, "Shape")
    shape.morph.second.setCurrentIndex(shape.morph.second.findData("violin"))
    shape.morph.second.activated.emit(0)
    changed("a second instrument", 7)
    until(shape.morph.pad.isEnabled)
    qtbot.mouseClick(shape.morph.pad, LEFT, pos=QPoint(shape.morph.pad.width() // 3, 60))
    changed("the pad", 8)
    qtbot.mouseClick(shape.scale.keys, LEFT, pos=shape.scale.keys.place_of(67).center().toPoint())
    changed("a root", 9)
    (tmp_path / "own.scl").write_text(TUNING)
    window.dropping.take([tmp_path / "own.scl"])
    changed("a tuning", 10)
    _page(window, "Keys")
    voice_mode = keys.findChild(type(shape.morph.second), "voice_mode")
    voice_mode.setCurrentIndex(2)
    voice_mode.activated.emit(2)
    changed("a choice", 11)
    window.history.compare()
    until(lambda: stack.count() == 12 and window.history.slot == "B")

    # As the buttons do it: a step that is asked for while a sound still loads waits for that.
    window.history.undo()
    until(lambda: window.history.slot == "A")
    for state in reversed(states[:-1]):
        window.history.undo()
        until(lambda state=state: sounds(engine) == state)
    assert not stack.canUndo()
    for state in states[1:]:
        window.history.redo()
        until(lambda state=state: sounds(engine) == state)


def test_steps_that_are_asked_for_while_a_sound_loads_are_taken_from_that_sound(qtbot: QtBot, window: MainWindow) -> None:
    engine, until, history = EngineClient.join(), partial(qtbot.waitUntil, timeout=PATIENCE_MS), window.history
    tools = {tool.accessibleName(): tool for tool in window.top_bar.findChildren(QToolButton)}
    first = sounds(engine)

    def rests(instrument: str, slot: str) -> bool:
        return sounds(engine).instrument == instrument and history.slot == slot and sounds(engine) == window.link.sounding()

    history.load(instrument="cello")
    history.compare()
    history.load(instrument="flute")
    until(lambda: rests("flute", "B"))
    # There and back at once.
    swaps = engine.meters()["swaps"]
    for _ in range(2):
        qtbot.mouseClick(tools["Compare"], LEFT)
    until(lambda: engine.meters()["swaps"] > swaps)
    until(lambda: rests("flute", "B"))
    qtbot.mouseClick(tools["Compare"], LEFT)
    until(lambda: rests("cello", "A"))
    history.set({"tilt_db": 3.0})
    history.load(instrument="violin", params={"tilt_db": 0.0})
    until(lambda: rests("violin", "A"))
    # Two steps back at once: through the cello, whose knob comes next.
    swaps = engine.meters()["swaps"]
    for _ in range(2):
        qtbot.mouseClick(tools["Undo"], LEFT)
    until(lambda: engine.meters()["swaps"] > swaps)
    until(lambda: rests("cello", "A") and engine.params()["tilt_db"] == 0.0)
    while history.stack.canUndo():
        qtbot.mouseClick(tools["Undo"], LEFT)
        until(lambda: not history._loading)
    until(lambda: sounds(engine) == first)


def test_who_clicks_through_the_instruments_hears_the_last(qtbot: QtBot, window: MainWindow) -> None:
    engine, history = EngineClient.join(), window.history
    swaps, steps = engine.meters()["swaps"], history.stack.count()
    for name in (*["cello", "flute", "oboe"] * 6, "trumpet"):
        history.load(instrument=name)
    qtbot.waitUntil(lambda: sounds(engine).instrument == "trumpet", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: history.stack.count() == steps + 2 and not history._loading, timeout=PATIENCE_MS)
    assert engine.meters()["swaps"] <= swaps + 2  # the first, which was loading already, and the last


def _page(window: MainWindow, name: str) -> Any:
    window.open_page(name)
    return window.page(name)
