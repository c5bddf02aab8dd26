"""Parts of the pages by themselves, without an engine: the piano, the table of presets, the check of layouts, all pages."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from jambox.control.library import instrument_names
from jambox.dsp.noise import noise_band_centres_hz
from jambox.gui.guide import STEPS
from jambox.gui.harmonics import NoiseCurve
from jambox.gui.history import History
from jambox.gui.instrument_list import InstrumentCard
from jambox.gui.keys_page import KeysPage
from jambox.gui.link import EngineLink
from jambox.gui.message_bar import MessageBar
from jambox.gui.parts import button
from jambox.gui.piano import LOUDEST_VELOCITY, SOFTEST_VELOCITY, TYPED_VELOCITY, Piano
from jambox.gui.portrait import portrait_of
from jambox.gui.presets_table import AUTHOR, INSTRUMENT, FoundPresets, PresetsModel, PresetsTable
from jambox.gui.session import Session
from jambox.gui.shelf import Shelf
from jambox.gui.status_line import StatusLine
from jambox.gui.theme import Theme
from jambox.gui.window import PAGES, MainWindow
from jambox.presets.catalogue import catalogue
from tests.gui.geometry import problems


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path))
    return tmp_path


def test_keys_are_struck_louder_farther_down_and_by_typing(qtbot: QtBot) -> None:
    piano = Piano(Theme())
    qtbot.addWidget(piano)
    piano.resize(800, 120)
    piano.show()
    played: list[tuple[int, int]] = []
    piano.pressed.connect(lambda key, velocity: played.append((key, velocity)))
    piano.released.connect(lambda key: played.append((key, 0)))
    place = piano.place_of(60)
    for height, velocity in ((0.0, SOFTEST_VELOCITY), (0.999, LOUDEST_VELOCITY)):
        # At its left edge no black key lies over the C.
        point = QPoint(round(place.left()) + 3, round(height * place.height()))
        qtbot.mouseClick(piano, Qt.MouseButton.LeftButton, pos=point)
        assert played[-2][0] == 60
        assert abs(played[-2][1] - velocity) <= 1
        assert played[-1] == (60, 0)
    black = piano.place_of(61).center().toPoint()
    qtbot.mousePress(piano, Qt.MouseButton.LeftButton, pos=black)
    assert piano.down == {61}
    qtbot.mouseMove(piano, piano.place_of(64).center().toPoint())
    qtbot.mouseRelease(piano, Qt.MouseButton.LeftButton)
    qtbot.keyPress(piano, Qt.Key.Key_X)
    qtbot.keyPress(piano, Qt.Key.Key_J)
    assert played[-1] == (83, TYPED_VELOCITY)
    piano.let_go()
    assert played[-1] == (83, 0)
    assert not piano.down


def test_which_octave_is_typed_is_told_beside_the_piano(qtbot: QtBot) -> None:
    link = EngineLink(Session())
    page = KeysPage(link, Session(), Theme(), History(link))
    qtbot.addWidget(page)
    played: list[int] = []
    page.piano.pressed.connect(lambda key, velocity: played.append(key))
    assert page.typing.text().endswith("A is C4 now.")
    for typed, name in ((Qt.Key.Key_X, "C5"), (Qt.Key.Key_Z, "C4"), (Qt.Key.Key_Z, "C3")):
        qtbot.keyClick(page.piano, typed)
        qtbot.keyClick(page.piano, Qt.Key.Key_A)
        assert page.typing.text().endswith(f"A is {name} now.")
        assert page.piano.accessibleDescription().endswith(f"A is {name} now.")
    assert played == [72, 60, 48]


def test_no_load_is_told_before_there_is_one(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    link = EngineLink(Session())
    line = StatusLine(link, Theme())
    qtbot.addWidget(line)
    monkeypatch.setattr(EngineLink, "is_joined", True)
    link.status = {"device": "Scarlett"}
    link.meters = {"state": "playing", "sample_rate": 48_000.0, "dropouts": 0} | dict.fromkeys(
        ("latency_device_s", "latency_buffering_s", "latency_analysis_s"), 0.001
    )
    for load, text in ((0.0, ""), (0.123, "CPU 12 %"), (0.8, "▲ CPU 80 %")):
        monkeypatch.setattr(link.shown, "load", lambda load=load: (load, 0))
        line._show()
        assert line._load.text() == text


def test_presets_are_found_by_words_tags_and_instrument_and_sorted_by_any_column(qtbot: QtBot) -> None:
    entries, complaints = catalogue()
    assert not complaints
    entries[0] = replace(entries[0], favourite=True, preset=replace(entries[0].preset, author="Ann"))
    model = PresetsModel()
    model.show(entries)
    found = FoundPresets(model)
    table = PresetsTable(found)
    qtbot.addWidget(table)

    def names() -> list[str]:
        return [found.entry(found.index(row, 0)).name for row in range(found.rowCount())]

    assert names() == sorted(entry.name for entry in entries)
    found.look_for("crescendo TRUMPET")
    assert names() == ["flumpet"]
    found.look_for("ann alto")
    assert names() == [entries[0].name]
    found.look_for(only_favourites=True)
    assert names() == [entries[0].name]
    found.look_for(tags=("keys", "chords"), instrument="clarinet")
    assert set(names()) == {
        e.name for e in entries if {"keys", "chords"} <= set(e.preset.tags) and e.preset.instrument == "clarinet"
    }
    found.look_for()
    table.sortByColumn(INSTRUMENT, Qt.SortOrder.DescendingOrder)
    assert found.entry(found.index(0, 0)).preset.instrument == "violin"
    table.resize(400, 300)
    table.show()
    assert table.isColumnHidden(AUTHOR)
    table.resize(900, 300)
    assert not table.isColumnHidden(AUTHOR)


def test_a_sentence_stays_until_what_it_asks_for_is_done_and_a_newer_one_of_its_kind_takes_its_place(qtbot: QtBot) -> None:
    bar, done = MessageBar(), []
    qtbot.addWidget(bar)
    bar.say("The device went away.", "Open settings", lambda: done.append("settings"))
    bar.say("Something else.")
    bar.say("It went away again.", "Open settings", lambda: done.append("again"))
    assert bar.sentence == "It went away again."
    bar.take_back("Forget it")
    assert bar.sentence == "It went away again."
    bar.take_back("Open settings")
    assert bar.sentence == "Something else."
    bar.say("<b>Names</b> are no markup.")
    assert bar.sentence == "<b>Names</b> are no markup."
    assert done == []


def test_of_a_burst_of_sentences_each_is_seen_and_one_with_a_button_hides_none(qtbot: QtBot) -> None:
    bar, done = MessageBar(), []
    qtbot.addWidget(bar)
    for sentence in ("One.", "Two.", "Three.", "Two."):
        bar.say(sentence)
    assert bar.sentence == "Three."
    assert bar._more.isVisible()
    assert bar._more.text() == "2 more"
    seen = []
    for _ in range(3):
        seen.append(bar.sentence)
        bar._timer.timeout.emit()  # the time of each is over
    assert seen == ["Three.", "One.", "Two."]
    assert bar.isHidden()

    bar.say("The device went away.", "Open settings", lambda: done.append("settings"))
    bar.say("A file is no sound.")
    bar.say("Another one is none.")
    assert bar.sentence == "The device went away."
    assert bar._more.text() == "2 more"
    qtbot.mouseClick(bar._more, Qt.MouseButton.LeftButton)
    assert bar.sentence == "A file is no sound."
    assert bar._button.isHidden()
    qtbot.mouseClick(bar._close, Qt.MouseButton.LeftButton)
    assert bar.sentence == "Another one is none."
    bar.say("The device went away again.", "Open settings", lambda: done.append("again"))
    assert bar.sentence == "The device went away again."  # in the place of the one that was paged away from
    assert bar._more.text() == "1 more"
    qtbot.mouseClick(bar._button, Qt.MouseButton.LeftButton)
    assert done == ["again"]
    assert bar.sentence == "Another one is none."
    assert bar._more.isHidden()
    bar.say("Help it.", "Start it", lambda: done.append("start"))
    bar.take_back("Start it")
    assert bar.sentence == "Another one is none."
    qtbot.mouseClick(bar._close, Qt.MouseButton.LeftButton)
    assert bar.isHidden()


def test_a_question_is_seen_at_once_and_never_lost_among_many_sentences(qtbot: QtBot) -> None:
    bar, done = MessageBar(), []
    qtbot.addWidget(bar)
    bar.say("The device went away.", "Open settings", lambda: done.append("settings"))
    for number in range(20):
        bar.say(f"Sentence {number}.")
    bar.say("A take is being recorded.", "End it", lambda: done.append("end"))
    assert bar.sentence == "A take is being recorded."
    qtbot.mouseClick(bar._button, Qt.MouseButton.LeftButton)
    while bar.sentence != "The device went away.":
        assert bar.sentence != ""
        qtbot.mouseClick(bar._close, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(bar._button, Qt.MouseButton.LeftButton)
    assert done == ["end", "settings"]


def test_a_shortcut_clicks_every_time_and_at_once(qtbot: QtBot) -> None:
    made, clicked = button("Undo", shortcut="Ctrl+Z"), []
    qtbot.addWidget(made)
    made.clicked.connect(lambda: clicked.append(made))
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    for number in range(1, 6):
        qtbot.keyClick(made, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert len(clicked) == number


def test_long_names_and_sentences_push_nothing_out_of_the_window(qtbot: QtBot) -> None:
    session = Session(welcomed=True)
    theme = Theme()
    theme.apply()
    shown = MainWindow(EngineLink(session), session, theme)
    qtbot.addWidget(shown)
    shown.resize(1024, 700)
    shown.show()
    path = "/" + "x" * 2000
    shown.say(f"The folder {path} cannot be made.", "settings")
    shown.shelf.add("y" * 300).finish("5.0 s", [Path(path)])
    shown.guide.begin()
    for name, _ in PAGES:
        shown.open_page(name)
        # Cards of instruments come when they are read.
        qtbot.waitUntil(lambda: [problem for problem in problems(shown) if "cut" not in problem] == [])
    assert shown.size() == QSize(1024, 700)


def test_noise_is_drawn_where_its_frequency_is_written(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    link, theme = EngineLink(Session()), Theme()
    curve = NoiseCurve(link, theme)
    qtbot.addWidget(curve)
    curve.resize(400, 160)
    curve.show()
    centres_hz = noise_band_centres_hz()
    for hz in (300.0, 1000.0, 3000.0, 10_000.0):
        band = int(np.argmin(np.abs(centres_hz - hz)))
        monkeypatch.setattr(link.shown, "noise", lambda band=band: np.where(np.arange(len(centres_hz)) == band, 0.1, 0.0))
        curve._levels = np.zeros(0)
        curve.advance()
        picture, plot = curve.grab().toImage(), curve.plot()
        nothing = theme.pixel("background")
        row = [picture.pixel(x, plot.center().y()) != nothing for x in range(plot.left(), plot.right())]
        drawn = plot.left() + float(np.mean(np.flatnonzero(row)))
        assert abs(drawn - curve.x_of(float(centres_hz[band]))) <= 2.0
        assert abs(drawn - curve.x_of(hz)) <= plot.width() / len(centres_hz)


def test_an_instruments_card_is_chosen_by_the_left_button_alone(qtbot: QtBot) -> None:
    card, chosen = InstrumentCard(portrait_of("cello"), Theme()), []
    qtbot.addWidget(card)
    card.show()
    card.chosen.connect(chosen.append)
    qtbot.mouseClick(card, Qt.MouseButton.RightButton)
    assert chosen == []
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert chosen == ["cello"]


def test_what_is_put_away_from_the_shelf_is_gone_for_good(qtbot: QtBot) -> None:
    shelf = Shelf()
    qtbot.addWidget(shelf)
    # What earlier tests left goes first, and is not counted.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    before = sys.getrefcount(QWidget)
    for number in range(20):
        item = shelf.add(f"take {number}")
        item.finish("5.0 s", [])
        item.give_up()
        item.give_up()
        del item
        assert shelf.items == []
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert shelf.isHidden()
    # Each widget that Python still knew, half gone, would count here, and crash it later.
    gc.collect()
    assert sys.getrefcount(QWidget) == before


def test_the_check_of_layouts_finds_what_is_planted(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    root.resize(200, 100)
    fine, cut, out = QLabel("fine", root), QLabel("a text that is far too long for its place", root), QLabel("out", root)
    fine.setGeometry(QRect(0, 0, 100, 20))
    cut.setGeometry(QRect(0, 30, 60, 20))
    out.setGeometry(QRect(180, 60, 60, 20))
    root.show()
    assert len(problems(root)) == 2
    assert "is cut" in "".join(problems(root))
    assert "sticks out" in "".join(problems(root))
    fine.setGeometry(QRect(30, 25, 100, 20))
    assert any("overlap" in problem for problem in problems(root))


def test_nothing_is_cut_or_overlaps_on_any_page_and_the_first_steps_lead_through_them(qtbot: QtBot) -> None:
    session = Session()
    theme = Theme("light")
    theme.apply()
    shown = MainWindow(EngineLink(session), session, theme)
    qtbot.addWidget(shown)
    shown.show()
    assert shown.guide.isVisible()
    for step in range(len(STEPS)):
        assert shown.guide.step == step
        assert session.page == STEPS[step][2]
        qtbot.mouseClick(shown.guide.forth, Qt.MouseButton.LeftButton)
    assert session.welcomed
    assert not shown.guide.isVisible()
    told = []
    for width, height in ((1024, 700), (1920, 1080)):
        shown.resize(width, height)
        for name, _ in PAGES:
            shown.open_page(name)
            if name == "Sounds":
                qtbot.waitUntil(lambda: len(shown.page("Sounds").cards) == len(instrument_names()))
            for _ in range(3):
                QApplication.processEvents()
            told += [f"{name} {width}: {problem}" for problem in problems(shown)]
    assert not told
