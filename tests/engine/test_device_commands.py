"""What tries a device out: a tone whoever plays, and block sizes, after which the stream plays on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jambox.engine.buffers import SIZES
from jambox.engine.client import EngineClient, EngineGone
from jambox.engine.jack import Patchbay
from jambox.errors import BadInput, DeviceError
from tests.engine.engine_process import plays_on, started, until
from tests.engine.jack_server import JackServer


def test_a_tone_is_heard_whoever_plays_and_the_smallest_block_is_found_and_put_back(
    jack_server: Callable[..., JackServer],
) -> None:
    jack_server(256, here=False)
    silent = EngineClient.join_or_start()
    with pytest.raises(BadInput, match="Nothing plays"):
        silent.request("test_tone")
    silent.close()
    engine = started(params={"source": 1.0, "reverb_mix": 0.0, "release_s": 0.003})
    engine.request("test_tone", seconds=0.3)
    until(lambda: engine.meters()["notes"] == 1)
    assert engine.meters()["peak_in"] == 0.0
    until(lambda: engine.meters()["notes"] == 0)
    until(lambda: engine.params()["source"] == 1.0)

    restarts = engine.meters()["restarts"]
    answer = engine.request("find_buffer", seconds=0.2)
    tried = [event for event in engine.poll() if event["event"] == "trial"]
    assert [event["block_size"] for event in tried] == list(SIZES[: len(tried)])
    assert answer["best"]["block_size"] in [event["block_size"] for event in tried]
    assert answer["jack"]
    assert engine.meters()["restarts"] == restarts + 1
    assert plays_on(engine)
    assert engine.params()["release_s"] == 0.003
    with Patchbay() as bay:
        assert bay.period == 256


def test_a_search_of_the_engine_whose_server_dies_is_refused_and_playing_resumes_when_it_returns(
    jack_server: Callable[..., JackServer],
) -> None:
    server = jack_server(256, here=False)
    engine = started(params={"reverb_mix": 0.25})
    number = engine.ask("find_buffer", seconds=1.0)

    def looked_for() -> bool:
        try:
            with Patchbay() as bay:
                return bay.period == 32
        except DeviceError:  # it takes no client in the middle of a change
            return False

    until(looked_for)
    server.kill()
    told: list[dict[str, Any]] = []

    def answered() -> bool:
        told.extend(engine.messages())
        return any(message.get("id") == number for message in told)

    until(answered)
    answer = next(message for message in told if message.get("id") == number)
    assert (answer["ok"], answer["code"]) == (False, DeviceError.exit_code)
    assert answer["error"] == "system (JACK Audio Connection Kit) went away."
    server.begin()
    with pytest.raises(EngineGone):
        engine.poll(30.0)
    assert not engine.heal()
    until(lambda: engine.meters()["state"] == "playing")
    assert plays_on(engine)
    assert engine.params()["reverb_mix"] == 0.25
