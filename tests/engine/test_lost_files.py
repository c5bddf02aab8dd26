"""Instruments, rooms and tunings whose files are deleted or never were: what plays goes on, what is asked for is refused."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from jambox.control.library import find_instrument
from jambox.engine.client import EngineClient, EngineGone
from jambox.errors import BadInput, BadModel
from tests.engine.engine_process import event, plays_on, started, until
from tests.engine.jack_server import JackServer

Start = Callable[..., JackServer]


def _with_a_deleted_one(tmp_path: Path) -> tuple[EngineClient, Path]:
    """A client of an engine that plays an instrument whose folder is not there any more, and where it was."""
    folder = tmp_path / "mine"
    shutil.copytree(find_instrument("violin"), folder)
    engine = started(instrument=str(folder))
    shutil.rmtree(folder)
    return engine, folder


def test_an_instrument_whose_folder_is_deleted_plays_on(jack_server: Start, tmp_path: Path) -> None:
    jack_server(256, here=False)
    engine, folder = _with_a_deleted_one(tmp_path)
    assert plays_on(engine)
    with pytest.raises(BadModel, match="no instrument"):
        engine.request("load", instrument=str(folder))
    engine.request("load", instrument="cello")
    assert plays_on(engine)


def test_an_engine_that_cannot_play_on_after_it_was_killed_says_why(jack_server: Start, tmp_path: Path) -> None:
    jack_server(256, here=False)
    engine, _ = _with_a_deleted_one(tmp_path)
    os.kill(engine.pid, signal.SIGKILL)
    with pytest.raises(EngineGone):
        engine.poll(10.0)
    engine.heal()
    ended = event(engine, "ended")
    assert "no instrument" in ended["text"]
    assert ended["code"] == BadModel.exit_code
    assert engine.request("status")["state"] == "stopped"


def test_another_device_is_refused_to_an_instrument_that_cannot_be_opened_there_and_the_old_one_plays_on(
    jack_server: Start, tmp_path: Path
) -> None:
    jack_server(256, here=False)
    engine, _ = _with_a_deleted_one(tmp_path)
    restarts = engine.meters()["restarts"]
    with pytest.raises(BadModel, match="no instrument"):
        engine.request("device", block_size=512)
    assert engine.meters()["restarts"] == restarts  # the very same stream
    assert plays_on(engine)
    engine.request("load", instrument="cello")
    assert engine.request("device", block_size=512)["latency_s"]["buffering"] == pytest.approx(512 / 48_000)
    assert plays_on(engine)


def test_what_is_loaded_while_the_device_is_awaited_is_refused_at_once_if_it_is_not_there(
    jack_server: Start, tmp_path: Path
) -> None:
    server = jack_server(256, here=False)
    engine = started(instrument="cello")
    server.kill()
    event(engine, "device_lost")
    with pytest.raises(EngineGone):
        engine.poll(30.0)
    engine.heal()
    with pytest.raises(BadModel, match="nosuch"):
        engine.request("load", instrument="nosuch")
    with pytest.raises(BadInput, match=r"gone\.wav"):
        engine.request("load", room=str(tmp_path / "gone.wav"))
    with pytest.raises(BadInput, match=r"gone\.scl"):
        engine.request("load", scale=str(tmp_path / "gone.scl"))
    engine.request("load", instrument="violin")
    server.begin()
    until(lambda: engine.meters()["state"] == "playing")
    assert engine.request("status")["plan"]["instrument"] == "violin"
    assert plays_on(engine)
