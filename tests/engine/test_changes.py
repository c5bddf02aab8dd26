"""Changes that come while others are being made, and the log of a run in which instruments change."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from jambox.engine.changes import Changes
from jambox.engine.client import EngineClient
from jambox.errors import BadInput, JamboxError
from jambox.render import replay_take
from jambox.take import PLAYERS_FILE, Take
from tests.engine.engine_process import started, until
from tests.engine.jack_server import JackServer
from tests.engine.singing import singer

Start = Callable[..., JackServer]
WIDE = {"stereo_width": 1.0}


def test_a_change_begins_when_the_one_before_is_done() -> None:
    changes, said = Changes(), []
    begun: list[Callable[[Any], None]] = []
    for number in range(3):
        changes.ask(begun.append, lambda result, number=number: said.append((number, result)))
    assert len(begun) == 1
    begun[0]({"a": 1})
    assert (len(begun), said, changes.under_way) == (2, [(0, {"a": 1})], True)
    refusal = JamboxError("no")
    begun[1](refusal)
    begun[2]({})
    assert said == [(0, {"a": 1}), (1, refusal), (2, {})]
    assert not changes.under_way


def test_what_two_clients_change_at_once_is_all_kept(jack_server: Start, tmp_path: Path) -> None:
    room = tmp_path / "room.wav"
    soundfile.write(room, np.exp(-np.arange(4800) / 1200.0), 48_000)
    jack_server(256, here=False)
    engine = started(instrument="violin")
    changes: list[tuple[str, dict[str, Any]]] = [
        ("load", {"preset": "octave-violin"}),
        ("load", {"room": str(room)}),
        ("device", {"block_size": 512}),
        ("load", {"params": {"reverb_mix": 0.9}}),
        ("device", {"channel_in": 1}),
    ]
    clients = [EngineClient.join() for _ in changes]
    with ThreadPoolExecutor(len(changes)) as all_at_once:
        list(all_at_once.map(lambda client, change: client.request(change[0], **change[1]), clients, changes))
    status = engine.request("status")
    plan = status["plan"]
    assert plan["room"] == str(room)
    assert (plan["block_size"], plan["channel_in"]) == (512, 1)
    assert status["params"]["reverb_mix"] in (0.9, 0.25)  # the preset, which has one too, may have come last
    assert plan["preset"] == "octave-violin"
    assert status["params"]["pitch_shift_st"] == 12.0
    position = engine.meters()["position"]
    until(lambda: engine.meters()["position"] > position + 4800)
    assert engine.meters()["restarts"] == 2


def test_what_is_turned_while_a_device_opens_is_kept(jack_server: Start) -> None:
    jack_server(256, here=False)
    engine, other = started(instrument="violin"), EngineClient.join()
    with ThreadPoolExecutor(1) as beside:
        opening = beside.submit(engine.request, "device", block_size=512)
        until(lambda: other.meters()["state"] == "starting")
        other.request("set", values={"reverb_mix": 0.9})
        opening.result()
    until(lambda: other.meters()["state"] == "playing")
    assert other.meters()["restarts"] == 1
    until(lambda: other.params()["reverb_mix"] == 0.9)
    assert other.request("status")["plan"]["block_size"] == 512


def test_a_logged_run_in_which_instruments_change_replays_to_the_same_samples(
    jack_server: Start, voice: NDArray[np.float32], tmp_path: Path
) -> None:
    jack_server(128, here=False)
    folder = tmp_path / "take"
    tuning = tmp_path / "just.scl"
    tuning.write_text("just\n3\n5/4\n3/2\n2/1\n", encoding="utf-8")
    with singer(voice):
        engine = started(instrument="violin", params={**WIDE, "pitch_shift_st": 12.0}, log=str(folder), fade_in_s=0.2)
        until(lambda: engine.meters()["voiced"])
        for number, sound in enumerate(
            (
                {"instrument": "cello+flute", "scale": str(tuning)},
                {"preset": "octave-violin"},
                {"params": {**WIDE, "gate_db": -80.0}},
            )
        ):
            engine.request("load", **sound)
            engine.set(reverb_mix=0.1 + 0.2 * number)
            until(lambda number=number: engine.meters()["swaps"] == number + 1)
            engine.set(pitch_shift_st=float(number))
        with pytest.raises(BadInput, match="logged"):
            engine.request("device", block_size=512)
        until(lambda: engine.meters()["voiced"])
        assert engine.request("quit")["log_problem"] is None
    take = Take(folder)
    assert [player.instrument for player in take.players] == ["cello+flute", "violin", "violin"]
    assert [player.scale for player in take.players] == [str(tuning)] * 3
    assert all(one.time < next.time for one, next in zip(take.players, take.players[1:], strict=False))
    assert {event.player for event in take.events} == {0, 1, 2, 3}
    last = take.players[-1].time
    assert np.max(np.abs(take.output[last:])) > 0.01
    again = replay_take(folder)
    assert np.max(np.abs(again.samples - take.output)) == 0.0
    assert np.max(np.abs(take.side)) > 0.001
    assert np.max(np.abs(again.side - take.side)) == 0.0
    (folder / PLAYERS_FILE).write_text("{}\n", encoding="utf-8")
    with pytest.raises(BadInput, match="not a log"):
        Take(folder)
