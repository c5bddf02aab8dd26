"""What tries a device out: a tone whoever plays, and block sizes, after which the stream plays on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jambox.engine.buffers import SIZES
from jambox.engine.client import EngineClient
from jambox.engine.jack import Patchbay
from jambox.errors import BadInput
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
