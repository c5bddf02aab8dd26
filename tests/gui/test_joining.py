"""What a silent engine is told to play when the window opens."""

from __future__ import annotations

from typing import Any, cast

import pytest

from jambox.engine.client import EngineClient
from jambox.errors import BadInput
from jambox.gui.joining import start
from jambox.gui.session import Session
from jambox.gui.sounding import Sounding


class _Engine:
    """Takes any sound whose files are there."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        self.missing, self.playing = missing, dict[str, Any]()

    def request(self, do: str, **content: Any) -> dict[str, Any]:
        for file in (content.get("room"), content.get("scale"), content.get("instrument")):
            if file in self.missing:
                raise BadInput(f"{file} does not exist.")
        self.playing = content
        return {}


@pytest.mark.parametrize(
    ("missing", "plays", "reverb_mix", "room", "told"),
    [
        ((), "cello", 0.7, "hall.wav", []),
        (("hall.wav",), "cello", 0.7, "", ["hall.wav does not exist."]),
        (("hall.wav", "cello"), "violin", 0.05, "", ["hall.wav does not exist.", "cello does not exist."]),
    ],
)
def test_a_sound_whose_file_is_gone_is_played_without_it(
    missing: tuple[str, ...], plays: str, reverb_mix: float, room: str, told: list[str]
) -> None:
    kept = Sounding(instrument="cello", room="hall.wav", params={"reverb_mix": 0.7})
    engine = _Engine(missing)
    troubles = start(cast(EngineClient, engine), Session(sounding=kept))
    assert [sentence for sentence, _ in troubles] == told
    assert (engine.playing["instrument"], engine.playing["room"]) == (plays, room)
    assert engine.playing["params"]["reverb_mix"] == pytest.approx(reverb_mix)
