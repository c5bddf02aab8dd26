"""A take: a folder in which a run is kept so that it can be played again to the same samples.

`session.json` says what ran (instrument, its hash, rate, seed, parameters at the start), `input.wav` and `output.wav` are
the float32 samples from the first callback on, `side.wav` what left had more than the output and right less, `events.jsonl`
has a line for each change with the sample at which it was applied, `players.jsonl` one for each instrument that took over
while it ran.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from jambox.errors import BadInput

SESSION_FILE = "session.json"
INPUT_FILE = "input.wav"
OUTPUT_FILE = "output.wav"
SIDE_FILE = "side.wav"
EVENTS_FILE = "events.jsonl"
PLAYERS_FILE = "players.jsonl"


class Origin(BaseModel):
    """Where a running instrument came from, so that it can be made again."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    instrument: str
    instrument_hash: str
    runtime: Literal["compiled", "torchscript"]
    seed: int = Field(ge=0)
    params: dict[str, FiniteFloat]
    room: str | None = None
    scale: str | None = None


class Session(Origin):
    """What ran: all that decides the output besides input and events."""

    format: Literal[1, 2] = 2
    sample_rate: int
    fade_in_s: float = Field(ge=0.0, le=60.0)
    complete: bool = True  # False: the log could not keep up, and samples are missing


class Player(Origin):
    """Who took over: it listened from sample `time` on, after `listen_samples` it was faded in over `fade_samples`."""

    time: int = Field(ge=0)
    listen_samples: int = Field(ge=0)
    fade_samples: int = Field(ge=1)


class Event(BaseModel):
    """A change, applied at sample `time` of the run, in the instrument that came `player`-th (0 is the session's)."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    time: int
    kind: int
    index: int
    value: FiniteFloat
    id: str = ""
    player: int = Field(default=0, ge=0)


class TakeWriter:
    """Writes a take while it is being played; what was written up to a crash can be opened."""

    def __init__(self, folder: Path, session: Session) -> None:
        self._folder, self._session = folder, session
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadInput(f"{folder} exists already; name a new folder for the log.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / SESSION_FILE).write_text(session.model_dump_json(indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise BadInput(f"The log folder {folder} cannot be written to: {error.strerror}.") from error
        self._sounds = [
            soundfile.SoundFile(folder / name, "w", session.sample_rate, 1, "FLOAT", format="WAV")
            for name in (INPUT_FILE, OUTPUT_FILE, SIDE_FILE)
        ]
        self._events = (folder / EVENTS_FILE).open("w", encoding="utf-8")
        self._players = (folder / PLAYERS_FILE).open("w", encoding="utf-8")

    def write(
        self,
        x: NDArray[np.float32],
        y: NDArray[np.float32],
        side: NDArray[np.float32],
        events: Sequence[Event],
        players: Sequence[Player] = (),
    ) -> None:
        """Append input, output and side samples (same length), applied events, and who came on stage."""
        for line in players:
            self._players.write(line.model_dump_json() + "\n")
        self._players.flush()
        for sound, samples in zip(self._sounds, (x, y, side), strict=True):
            sound.write(samples)
            sound.flush()
        for event in events:
            self._events.write(event.model_dump_json() + "\n")
        self._events.flush()

    def close(self, complete: bool = True) -> None:
        """Finish the files; a take that is not `complete` says so in its session."""
        for sound in self._sounds:
            sound.close()
        self._events.close()
        self._players.close()
        if not complete:
            text = self._session.model_copy(update={"complete": False}).model_dump_json(indent=2)
            (self._folder / SESSION_FILE).write_text(text + "\n", encoding="utf-8")


class Take:
    """A take read back: `session`, `input`, `output` and `side` (float32, shape [n]), `events` and `players` in order."""

    def __init__(self, folder: Path | str) -> None:
        folder = Path(folder)
        if not (folder / SESSION_FILE).is_file():
            raise BadInput(f"{folder} is not a log of a run: it has no {SESSION_FILE}.")
        try:
            self.session = Session.model_validate_json((folder / SESSION_FILE).read_bytes())
            self.events = [Event.model_validate(fields) for fields in _lines(folder / EVENTS_FILE)]
            players = folder / PLAYERS_FILE
            self.players = [Player.model_validate(fields) for fields in _lines(players)] if players.exists() else []
            self.input, self.output = (
                soundfile.read(folder / name, dtype="float32")[0] for name in (INPUT_FILE, OUTPUT_FILE)
            )
            # Older logs are of mono runs.
            side = folder / SIDE_FILE
            self.side = soundfile.read(side, dtype="float32")[0] if side.exists() else np.zeros_like(self.output)
        except (OSError, ValueError, ValidationError, soundfile.LibsndfileError) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise BadInput(f"{folder} is not a log of a run: {reason}.") from error
        if not self.input.ndim == self.output.ndim == self.side.ndim == 1:
            raise BadInput(f"{folder} is damaged: its input, output and side are not mono.")
        # A full disk or a crash may have cut one of them short: what both hold was played.
        n = min(len(self.input), len(self.output), len(self.side))
        self.input, self.output, self.side = self.input[:n], self.output[:n], self.side[:n]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
